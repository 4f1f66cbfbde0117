// Trainer pools: prints the plan's figures beside what the kernel counted. The resident pages of a pool are counted
// now; no page is given back before the end, so this is the peak. The process's total comes from the samples of the
// training loop.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "runtime/trainer/trainer.h"
#include "runtime/trainer/trainer_line.h"

enum { POOLS_MAX = 16 };

struct pool {
    const char *name;
    const void *start; // NULL: the rest of the model's memory
    uint64_t planned, measured;
};

static void place(struct pool *p, const void *start) {
    p->start = start;
    p->measured = lrt_trainer_memory_resident(start, (size_t)p->planned);
}

// Finds where a pool of the plan lies; the arena is what is left of the mapping when the others are taken away.
static void measure(struct trainer *t, struct pool *p) {
    size_t floats = 0;
    if (strcmp(p->name, "adapters") == 0)
        place(p, t->model->adapter(t->context, &floats));
    else if (strcmp(p->name, "gradients") == 0)
        place(p, t->model->gradient(t->context, &floats));
    else if (strcmp(p->name, "optimizer") == 0)
        place(p, t->model->state(t->context, &floats));
    else if (strcmp(p->name, "scratch") == 0)
        place(p, t->model->run(t->context)->scratch);
    else if (strcmp(p->name, "context") == 0)
        place(p, t->context);
}

// The trainer knows the size of staging itself, because it depends on --accumulate. Weights and files are mapped, and
// come at the end of the line.
static bool told_apart(const char *name) {
    return strcmp(name, "staging") == 0 || strcmp(name, "weights") == 0 || strcmp(name, "file") == 0;
}

static size_t collect(struct trainer *t, struct pool pools[POOLS_MAX]) {
    size_t n = 0, arena = POOLS_MAX;
    uint64_t others = 0, all = lrt_trainer_memory_resident(t->mapping, t->mapping_bytes);
    for (size_t i = 0; i < t->plan->n_pools && n + 1 < POOLS_MAX; i++) {
        if (told_apart(t->plan->pools[i].name)) continue;
        pools[n] = (struct pool){.name = t->plan->pools[i].name, .planned = t->plan->pools[i].bytes};
        if (strcmp(pools[n].name, "arena") == 0)
            arena = n;
        else
            measure(t, &pools[n]);
        others += pools[n].measured;
        n++;
    }
    pools[n] = (struct pool){.name = "staging", .planned = t->staging_bytes};
    place(&pools[n], t->tokens);
    others += pools[n++].measured;
    if (arena < POOLS_MAX) pools[arena].measured = all > others ? all - others : 0;
    return n;
}

static void add_pair(struct trainer_line *l, const char *name, uint64_t planned, uint64_t measured) {
    lrt_line_text(l, name);
    lrt_line_text(l, " ");
    lrt_line_digits(l, (double)planned / 1048576, 2);
    lrt_line_text(l, "/");
    lrt_line_digits(l, (double)measured / 1048576, 2);
}

static void add_figure(struct trainer_line *l, const char *words, uint64_t bytes) {
    lrt_line_text(l, words);
    lrt_line_digits(l, (double)bytes / 1048576, 2);
}

static void print(struct trainer *t, const struct pool *pools, size_t n) {
    struct trainer_line l = {.length = 0};
    uint64_t planned = 0, measured = 0;
    lrt_line_text(&l, "memory in MiB, planned/measured peak: ");
    for (size_t i = 0; i < n; i++) {
        add_pair(&l, pools[i].name, pools[i].planned, pools[i].measured);
        lrt_line_text(&l, ", ");
        planned += pools[i].planned;
        measured += pools[i].measured;
    }
    add_pair(&l, "together", planned, measured);
    const struct trainer_beyond beyond = lrt_trainer_memory_beyond(measured);
    add_figure(&l, "; process ", t->peak.anonymous);
    add_figure(&l, ", of which outside the plan: heap ", beyond.heap);
    add_figure(&l, ", data of program and libraries ", beyond.data);
    add_figure(&l, ", stacks and threads ", beyond.rest);
    add_figure(&l, "; weights' file ", lrt_weight_file_bytes(t->weight_file));
    add_figure(&l, ", resident of it, of the program and of libraries ", t->peak.file);
    add_figure(&l, "; at one time at most ", t->peak.most);
    lrt_line_text(&l, "\n");
    lrt_trainer_progress_put(&t->progress, &l);
}

static void add_bytes(struct trainer_line *l, const char *words, uint64_t bytes) {
    lrt_line_text(l, words);
    lrt_line_integer(l, (int64_t)bytes);
}

static int write_file(struct trainer *t, const struct pool *pools, size_t n) {
    const int file = open(t->options.pools, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    struct trainer_line l = {.length = 0};
    lrt_line_text(&l, "{\"pools\":{");
    for (size_t i = 0; i < n; i++) {
        lrt_line_text(&l, i ? ",\"" : "\"");
        lrt_line_text(&l, pools[i].name);
        add_bytes(&l, "\":{\"planned\":", pools[i].planned);
        add_bytes(&l, ",\"measured\":", pools[i].measured);
        lrt_line_text(&l, "}");
    }
    add_bytes(&l, "},\"rss_anon\":", t->peak.anonymous);
    lrt_line_text(&l, "}\n");
    const bool written = file >= 0 && lrt_line_write(&l, file);
    if ((file < 0 || close(file) == 0) && written) return LRT_EXIT_OK;
    return lrt_trainer_fail(t, LRT_EXIT_INPUT, "--pools: cannot write %s: %s", t->options.pools, strerror(errno));
}

int lrt_trainer_print_pools(struct trainer *t) {
    struct pool pools[POOLS_MAX];
    if (t->options.quiet && !t->options.pools) return LRT_EXIT_OK;
    const size_t n = collect(t, pools);
    if (!t->options.quiet) print(t, pools, n);
    return t->options.pools ? write_file(t, pools, n) : LRT_EXIT_OK;
}
