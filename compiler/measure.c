// Measure: a variant's program becomes C, the C compiler's program, a few steps on random tokens, and what its log
// says.
#include "compiler/measure.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "compiler/questions.h"
#include "compiler/random_weights.h"

enum { STEPS = 4, LOG_SHOWN = 2000 };

struct measuring {
    struct compilation *c;
    char *folder;
    const char *weights;
    sigset_t waiting, before; // signals that wait, and the mask to go back to
    double losses[STEPS], norms[STEPS];
    const char *gradients; // the file of the first that wrote one
    bool first_done;
    int count;
};

static const char *path_in(const struct measuring *m, const char *name) {
    return arena_print(m->c->arena, "%s/%s", m->folder, name);
}

static bool fail(struct measuring *m, const char *what) {
    fprintf(stderr, "lorac: error: --measure: %s\n", what);
    if (m->c->status == EXIT_GOOD) m->c->status = EXIT_INPUT;
    return false;
}

// What cannot be done, and why the system says so.
static bool fail_system(struct measuring *m, const char *what, int error) {
    return fail(m, arena_print(m->c->arena, "%s: %s", what, strerror(error)));
}

static bool interrupted(const struct measuring *m) {
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    sigset_t pending;
    sigpending(&pending);
    for (int i = 0; i < 3; i++)
        if (sigismember(&m->waiting, signals[i]) && sigismember(&pending, signals[i])) return true;
    return false;
}

// ---- commands ----
static const char *quoted(struct arena *a, const char *word) {
    struct text out = {0};
    text_puts(&out, "'");
    for (; *word; word++) {
        if (*word == '\'')
            text_puts(&out, "'\\''");
        else
            text_add(&out, word, 1);
    }
    text_puts(&out, "'");
    const char *kept = arena_copy(a, out.bytes, out.length);
    text_free(&out);
    return kept;
}

static void show_log(const struct measuring *m) {
    char line[512];
    size_t shown = 0;
    FILE *log = fopen(path_in(m, "out"), "r");
    while (log && shown < LOG_SHOWN && fgets(line, sizeof line, log)) shown += (size_t)fprintf(stderr, "  %s", line);
    if (log && getc(log) != EOF) fputs("  ... and more\n", stderr);
    if (log) fclose(log);
}

// By the shell, what it prints goes to a file; the child takes signals as usual.
static bool run(struct measuring *m, const char *what, const char *command) {
    extern char **environ;
    char *words[] = {(char[]){"sh"}, (char[]){"-c"}, arena_print(m->c->arena, "%s", command), NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    pid_t child;
    int status = -1;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, path_in(m, "out"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
    posix_spawnattr_init(&how);
    posix_spawnattr_setsigmask(&how, &m->before);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK);
    int wrong = posix_spawn(&child, "/bin/sh", &files, &how, words, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&how);
    if (wrong) return fail_system(m, "/bin/sh cannot be started", wrong);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    if (interrupted(m)) return fail(m, "interrupted");
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
    fail(m, what);
    show_log(m);
    return false;
}

// ---- what is needed before ----
// Ids of all steps, never the same twice in a row, the same for every variant.
static bool write_tokens(struct measuring *m) {
    const struct model_input *tokens = &m->c->model->inputs[0];
    int64_t count = 1;
    uint64_t state = m->c->options->seed + 1;
    for (int d = 0; d < tokens->rank; d++) count *= tokens->shape[d];
    count = count * STEPS * m->c->model->train.accumulate + 1;
    FILE *file = fopen(path_in(m, "data.tok"), "wb");
    for (int64_t i = 0; file && i < count; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        int32_t id = (int32_t)((state >> 33) % (uint64_t)tokens->vocab);
        if (fwrite(&id, sizeof id, 1, file) != 1) break;
    }
    bool good = file && !ferror(file);
    return (!file || fclose(file) == 0) && good ? true : fail_system(m, path_in(m, "data.tok"), errno);
}

static bool make_folder(struct measuring *m) {
    const char *base = getenv("TMPDIR");
    m->folder = arena_print(m->c->arena, "%s/lorac-XXXXXX", base && *base ? base : "/tmp");
    if (mkdtemp(m->folder)) return true;
    int error = errno;
    const char *what = arena_print(m->c->arena, "no folder %s can be made; TMPDIR tells where", m->folder);
    m->folder = NULL;
    return fail_system(m, what, error);
}

struct measuring *measure_begin(struct compilation *c) {
    struct measuring *m = ARENA_NEW(c->arena, struct measuring);
    m->c = c;
    sigemptyset(&m->waiting);
    sigaddset(&m->waiting, SIGINT);
    sigaddset(&m->waiting, SIGTERM);
    sigaddset(&m->waiting, SIGHUP);
    sigprocmask(SIG_BLOCK, &m->waiting, &m->before);
    bool good = make_folder(m) && write_tokens(m);
    m->weights = c->options->weights;
    if (good && !m->weights) {
        m->weights = path_in(m, "weights.gguf");
        good = write_random_weights(c, m->weights, c->options->dtype ? c->options->dtype : "q4_0");
    }
    if (good && !interrupted(m)) return m;
    measure_end(m);
    return NULL;
}

void measure_end(struct measuring *m) {
    DIR *folder = m->folder ? opendir(m->folder) : NULL;
    for (struct dirent *e = folder ? readdir(folder) : NULL; e; e = readdir(folder))
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) unlink(path_in(m, e->d_name));
    if (folder) closedir(folder);
    if (m->folder) rmdir(m->folder);
    sigprocmask(SIG_SETMASK, &m->before, NULL);
}

// ---- one variant ----
static bool build(struct measuring *m, struct variant *v) {
    struct arena *a = m->c->arena;
    struct options *o = ARENA_NEW(a, struct options);
    *o = *v->compilation->options;
    o->output = path_in(m, "train.c");
    o->header = NULL;
    o->stop_after = "c";
    v->compilation->options = o;
    v->compilation->program->options.main = true;
    run_stages(v->compilation, "c");
    if (!text_write(&v->compilation->source, o->output) ||
        !text_write(&v->compilation->header, v->compilation->header_path))
        return fail_system(m, o->output, errno);
    text_free(&v->compilation->source);
    text_free(&v->compilation->header);
    struct text flags = {0};
    tell_flags(true, true, &flags);
    for (char *c = flags.bytes; *c; c++)
        if (*c == '\n') *c = ' ';
    const char *cc = getenv("CC");
    const char *command = arena_print(a, "%s -O2 %s %s -o %s", cc && *cc ? cc : "cc", quoted(a, o->output), flags.bytes,
                                      quoted(a, path_in(m, "train")));
    text_free(&flags);
    return run(m, arena_print(a, "%s: the C compiler failed: %s", v->name, command), command);
}

static bool train(struct measuring *m, const struct variant *v, const char *gradients) {
    struct arena *a = m->c->arena;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    int64_t threads = m->c->options->threads;
    if (processors >= 1 && threads > processors) threads = processors;
    const char *command = arena_print(
        a, "%s --weights %s --data %s --no-shuffle --quiet --steps %d --seed %llu --threads %lld --log %s%s%s",
        quoted(a, path_in(m, "train")), quoted(a, m->weights), quoted(a, path_in(m, "data.tok")), STEPS,
        (unsigned long long)m->c->options->seed, (long long)threads, quoted(a, path_in(m, "log")),
        gradients ? " --dump-grads " : "", gradients ? quoted(a, gradients) : "");
    unlink(path_in(m, "log"));
    return run(m, arena_print(a, "%s: the program failed", v->name), command);
}

// The first step warms up; of the others the fastest is the least disturbed.
static bool read_log(struct measuring *m, struct report_measured *out, double losses[STEPS], double norms[STEPS]) {
    char line[1024];
    int n = 0;
    FILE *log = fopen(path_in(m, "log"), "r");
    for (; log && n < STEPS && fgets(line, sizeof line, log); n++) {
        json_t *step = json_loads(line, 0, NULL);
        double ms = json_number_value(json_object_get(step, "ms"));
        if (n == 1 || (n > 1 && ms < out->ms)) out->ms = ms;
        losses[n] = json_number_value(json_object_get(step, "loss"));
        norms[n] = json_number_value(json_object_get(step, "grad_norm"));
        int64_t memory = json_integer_value(json_object_get(step, "rss_anon"));
        out->memory = memory > out->memory ? memory : out->memory;
        json_decref(step);
    }
    if (log) fclose(log);
    return n == STEPS || fail(m, "the program's log is too short");
}

static bool same_file(const char *x, const char *y) {
    FILE *a = fopen(x, "rb"), *b = fopen(y, "rb");
    bool same = a && b;
    for (int c = 0; same && c != EOF;) {
        c = getc(a);
        same = c == getc(b);
    }
    if (a) fclose(a);
    if (b) fclose(b);
    return same;
}

bool measure_variant(struct measuring *m, struct variant *v, const char *progress) {
    bool terminal = isatty(STDERR_FILENO);
    const char *gradients = v->compilation->program->fused ? NULL : path_in(m, m->gradients ? "gradients" : "first");
    double losses[STEPS], norms[STEPS];
    if (terminal) fprintf(stderr, "\r\033[K%s: building", progress);
    bool good = build(m, v);
    if (good && terminal) fprintf(stderr, "\r\033[K%s: %d steps", progress, STEPS);
    good = good && train(m, v, gradients) && read_log(m, &v->measured, losses, norms);
    if (terminal) fputs("\r\033[K", stderr);
    if (!good) return false;
    v->measured.done = v->measured.same = true;
    if (!m->first_done) {
        memcpy(m->losses, losses, sizeof losses);
        memcpy(m->norms, norms, sizeof norms);
    }
    m->first_done = true;
    v->measured.same = memcmp(losses, m->losses, sizeof losses) == 0 && memcmp(norms, m->norms, sizeof norms) == 0 &&
                       (!gradients || !m->gradients || same_file(gradients, m->gradients));
    if (gradients && !m->gradients) m->gradients = gradients;
    return true;
}
