// Sandbox: a temporary folder where programs are built and run. Interrupts wait from sandbox_open to sandbox_close, so
// that nothing is left behind.
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
    sigset_t waiting, before; // blocked signals, and the mask to restore
    const char *subject;      // start of the progress line: "3 of 10, checkpoint"
    const char *doing;        // its end
    double seconds;           // expected duration; 0: unknown
    bool terminal;            // a progress line is shown
};

// Makes the folder, in TMPDIR. Returns NULL after a report.
struct sandbox *sandbox_open(struct arena *a, struct diagnostics *d);
// Removes the folder and its contents; a pending interrupt is then delivered.
void sandbox_close(struct sandbox *w);

const char *sandbox_path(const struct sandbox *w, const char *name); // path of a file in the folder
bool sandbox_interrupted(const struct sandbox *w);
// Reports a failure (E0501) and returns false.
bool sandbox_fail(struct sandbox *w, const char *what);
bool sandbox_fail_system(struct sandbox *w, const char *what, int error); // with the system's reason, an errno
bool sandbox_fail_shown(struct sandbox *w, const char *what);             // with the last command's output

// Sets the progress line until the next call; seconds > 0: counts down while a command runs.
void sandbox_report(struct sandbox *w, const char *doing, double seconds);
void sandbox_report_nothing(struct sandbox *w);

// The word, quoted as one word of a shell command.
const char *sandbox_quoted(struct arena *a, const char *word);
// Runs a shell command in its own process group, which an interrupt kills. Returns its exit status. Returns -1 after a
// message when it could not start or was interrupted. Its output goes to the file "out".
int sandbox_status(struct sandbox *w, const char *command);
// Runs a command that must succeed. Otherwise shows its output after the message `what` and returns false.
bool sandbox_run(struct sandbox *w, const char *what, const char *command);
