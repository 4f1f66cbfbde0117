// Sandbox: commands become processes whose output is kept. The folder is always removed, whatever happened.
#include "compiler/compare/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "compiler/base/arena.h"
#include "compiler/base/diag.h"
#include "compiler/base/text.h"

enum { LOG_SHOWN = 2000, FOLDERS_OPEN = 16 };

const char *sandbox_path(const struct sandbox *w, const char *name) {
    return arena_print(w->arena, "%s/%s", w->folder, name);
}

// ---- messages and progress ----
void sandbox_report_nothing(struct sandbox *w) {
    if (w->terminal) fputs("\r\033[K", stderr);
}

static void draw(const struct sandbox *w, double spent) {
    if (!w->terminal) return;
    fprintf(stderr, "\r\033[K%s%s%s", w->subject ? w->subject : "", w->subject ? ": " : "", w->doing);
    if (w->seconds > spent) fprintf(stderr, ", %.0f s left", w->seconds - spent);
}

void sandbox_report(struct sandbox *w, const char *doing, double seconds) {
    w->doing = doing;
    w->seconds = seconds;
    draw(w, 0);
}

bool sandbox_fail(struct sandbox *w, const char *what) {
    sandbox_report_nothing(w);
    diag_report(w->diagnostics, DIAG_E0501, (struct span){0}, "--compare: %s", what);
    return false;
}

bool sandbox_fail_system(struct sandbox *w, const char *what, int error) {
    return sandbox_fail(w, arena_print(w->arena, "%s: %s", what, strerror(error)));
}

// ---- the folder ----
static bool make_folder(struct sandbox *w) {
    const char *base = getenv("TMPDIR");
    w->folder = arena_print(w->arena, "%s/lorac-XXXXXX", base && *base ? base : "/tmp");
    if (mkdtemp(w->folder)) return true;
    int error = errno;
    const char *what = arena_print(w->arena, "no folder %s can be made; TMPDIR says where", w->folder);
    w->folder = NULL;
    return sandbox_fail_system(w, what, error);
}

// Makes this process adopt a command's orphaned processes, so that it can wait for them after killing them. On systems
// without this they end a little later.
static void adopt_orphans(bool adopt) {
#ifdef __linux__
    prctl(PR_SET_CHILD_SUBREAPER, adopt ? 1UL : 0UL, 0UL, 0UL, 0UL);
#else
    (void)adopt;
#endif
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place) {
    (void)status;
    (void)kind;
    (void)place;
    remove(path);
    return 0;
}

struct sandbox *sandbox_open(struct arena *a, struct diagnostics *d) {
    struct sandbox *w = ARENA_NEW(a, struct sandbox);
    w->arena = a;
    w->diagnostics = d;
    w->terminal = isatty(STDERR_FILENO) != 0;
    sigemptyset(&w->waiting);
    sigaddset(&w->waiting, SIGINT);
    sigaddset(&w->waiting, SIGTERM);
    sigaddset(&w->waiting, SIGHUP);
    sigset_t blocked = w->waiting;
    sigaddset(&blocked, SIGCHLD); // interrupts the wait for a command
    sigprocmask(SIG_BLOCK, &blocked, &w->before);
    adopt_orphans(true);
    if (make_folder(w)) return w;
    sandbox_close(w);
    return NULL;
}

void sandbox_close(struct sandbox *w) {
    sandbox_report_nothing(w);
    if (w->folder) nftw(w->folder, remove_one, FOLDERS_OPEN, FTW_DEPTH | FTW_PHYS);
    adopt_orphans(false);
    if (sandbox_interrupted(w)) fputs("lorac: interrupted\n", stderr); // no time for a diagnostic
    sigprocmask(SIG_SETMASK, &w->before, NULL);
}

bool sandbox_interrupted(const struct sandbox *w) {
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    sigset_t pending;
    sigpending(&pending);
    for (int i = 0; i < 3; i++)
        if (sigismember(&w->waiting, signals[i]) && sigismember(&pending, signals[i])) return true;
    return false;
}

// ---- commands ----
const char *sandbox_quoted(struct arena *a, const char *word) {
    struct text out = {0};
    text_shell_word(&out, word);
    const char *kept = arena_copy(a, out.bytes, out.length);
    text_free(&out);
    return kept;
}

bool sandbox_fail_shown(struct sandbox *w, const char *what) {
    char line[512];
    size_t shown = 0;
    sandbox_fail(w, what);
    FILE *log = fopen(sandbox_path(w, "out"), "r");
    while (log && shown < LOG_SHOWN && fgets(line, sizeof line, log)) {
        line[strcspn(line, "\n")] = '\0';
        shown += strlen(line);
        diag_note(w->diagnostics, (struct span){0}, "%s", line);
    }
    if (log && getc(log) != EOF) diag_note(w->diagnostics, (struct span){0}, "... and more");
    if (log) fclose(log);
    return false;
}

// Temporary files of a command go into the folder too: a killed C compiler leaves its own behind.
static char **environment_of(struct sandbox *w) {
    extern char **environ;
    size_t n = 0, kept = 0;
    while (environ[n]) n++;
    char **out = ARENA_ARRAY(w->arena, char *, n + 2);
    for (size_t i = 0; i < n; i++)
        if (strncmp(environ[i], "TMPDIR=", strlen("TMPDIR=")) != 0) out[kept++] = environ[i];
    out[kept++] = arena_print(w->arena, "TMPDIR=%s", w->folder);
    out[kept] = NULL;
    return out;
}

// Starts a shell command. Its output goes to a file, and it handles signals normally. Returns 0, or the errno of a
// failure to start.
static int start(struct sandbox *w, const char *command, pid_t *child) {
    char *words[] = {(char[]){"sh"}, (char[]){"-c"}, arena_print(w->arena, "%s", command), NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, sandbox_path(w, "out"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
    posix_spawnattr_init(&how);
    posix_spawnattr_setsigmask(&how, &w->before);
    posix_spawnattr_setpgroup(&how, 0);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    int wrong = posix_spawn(child, "/bin/sh", &files, &how, words, environment_of(w));
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&how);
    return wrong;
}

static double seconds_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

// Kills all processes of the group and waits for them. They get no time to end by themselves: an interrupted trainer
// would save into the folder that is about to be removed.
static void kill_group(pid_t group) {
    kill(-group, SIGKILL);
    while (waitpid(-group, NULL, 0) > 0 || errno == EINTR) {
    }
}

// Waits for a command. Returns its waitpid status, or -1 when an interrupt ended it.
static int wait_for(struct sandbox *w, pid_t child) {
    const struct timespec tick = {.tv_sec = 0, .tv_nsec = 200000000};
    const double began = seconds_now();
    int status = -1;
    sigset_t children;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    while (waitpid(child, &status, WNOHANG) == 0) {
        if (sandbox_interrupted(w)) {
            kill_group(child);
            return -1;
        }
        sigtimedwait(&children, NULL, &tick);
        if (w->seconds > 0) draw(w, seconds_now() - began);
    }
    return status;
}

int sandbox_status(struct sandbox *w, const char *command) {
    pid_t child;
    int wrong = start(w, command, &child), status;
    if (wrong) {
        sandbox_fail_system(w, "/bin/sh cannot be started", wrong);
        return -1;
    }
    status = wait_for(w, child);
    if (sandbox_interrupted(w)) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool sandbox_run(struct sandbox *w, const char *what, const char *command) {
    int status = sandbox_status(w, command);
    if (status == 0) return true;
    if (status < 0) return false;
    return sandbox_fail_shown(w, what);
}
