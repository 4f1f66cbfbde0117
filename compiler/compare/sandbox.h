// Sandbox: a temporary folder in which programs are built and run. From sandbox_open to sandbox_close an interrupt
// waits, so that nothing is left behind.
#pragma once
#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

struct arena;
struct diagnostics;

struct sandbox {
    struct arena *arena;
    struct diagnostics *diagnostics;
    char *folder;
    sigset_t waiting, before; // signals that wait, and the mask to go back to
    const char *subject;      // what the progress line begins with: "3 of 10, checkpoint"
    const char *doing;        // .. and ends with
    double seconds;           // that it is going to take; 0: not known
    bool terminal;            // there is a progress line
};

// Makes the folder, in TMPDIR. NULL after a report.
struct sandbox *sandbox_open(struct arena *a, struct diagnostics *d);
// Removes the folder with all that is in it; an interrupt that came meanwhile takes its course.
void sandbox_close(struct sandbox *w);

const char *sandbox_path(const struct sandbox *w, const char *name); // of a file in the folder
bool sandbox_interrupted(const struct sandbox *w);
// Reports what cannot be done (E0501); false.
bool sandbox_fail(struct sandbox *w, const char *what);
bool sandbox_fail_system(struct sandbox *w, const char *what, int error); // with the system's reason, an errno
bool sandbox_fail_shown(struct sandbox *w, const char *what);             // with what the last command printed

// The progress line until the next call; seconds > 0: counted down while a command runs.
void sandbox_report(struct sandbox *w, const char *doing, double seconds);
void sandbox_report_nothing(struct sandbox *w);

// The word as one word of a shell command.
const char *sandbox_quoted(struct arena *a, const char *word);
// Runs a command by the shell, in a process group of its own, which an interrupt kills. Its exit status; -1 after a
// message: it could not be started or was interrupted. What it prints is in the file "out".
int sandbox_status(struct sandbox *w, const char *command);
// The same for a command that has to succeed: else what it printed is shown behind the message `what`, and false.
bool sandbox_run(struct sandbox *w, const char *what, const char *command);
