// Place file: an instance from outside goes the way of our own plans: greedy orders, then the exact search, until the
// time is over or an interrupt comes. Whatever ends it, the best placement so far is printed and written.
#include "compiler/cli/place_file.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <lorac/lrt_files.h>
#include "compiler/base/bytes.h"
#include "compiler/base/diag.h"
#include "compiler/base/source.h"
#include "compiler/base/text.h"
#include "compiler/plan/instance.h"
#include "compiler/plan/minimise.h"

enum { EFFORT = 20000 }; // search nodes at the bound, at first

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

// Ends the search. An interrupt is held back while it runs and looked for: no handler, nothing global.
struct deadline {
    double at;
    sigset_t interrupts, before;
    bool reached;
};

static bool is_reached(void *context) {
    struct deadline *d = context;
    sigset_t pending;
    if (d->reached) return true;
    d->reached = seconds() >= d->at;
    if (sigpending(&pending) == 0)
        d->reached = d->reached || sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1;
    return d->reached;
}

static void deadline_start(struct deadline *d, int64_t limit) {
    *d = (struct deadline){.at = seconds() + (double)limit};
    sigemptyset(&d->interrupts);
    sigaddset(&d->interrupts, SIGINT);
    sigaddset(&d->interrupts, SIGTERM);
    sigprocmask(SIG_BLOCK, &d->interrupts, &d->before);
}

// Takes the interrupts that have come: what follows is short and must be done.
static void deadline_end(struct deadline *d) {
    sigset_t pending;
    int number;
    while (sigpending(&pending) == 0 && (sigismember(&pending, SIGINT) == 1 || sigismember(&pending, SIGTERM) == 1))
        if (sigwait(&d->interrupts, &number) != 0) break;
    sigprocmask(SIG_SETMASK, &d->before, NULL);
}

static void print_placement(const struct placement *p, double time, FILE *to) {
    long long milliseconds = (long long)(time * 1000 + 0.5);
    double gap = p->bound ? 100.0 * (double)(p->peak - p->bound) / (double)p->bound : 0;
    fprintf(to, "peak %lld\nbound %lld\ngap %.2f %%\n", (long long)p->peak, (long long)p->bound, gap);
    fprintf(to, "time %lld.%03lld s\nmethod %s", milliseconds / 1000, milliseconds % 1000, p->method);
    if (p->proven)
        fputs(", no placement is lower", to);
    else if (p->least > p->bound)
        fprintf(to, ", no placement is below %lld", (long long)p->least);
    fputs("\n", to);
}

// Why an instance does not stand in its capacity.
static void report_misfit(const struct options *o, int64_t capacity, bool impossible, const struct placement *p,
                          struct diagnostics *d) {
    const char *what = impossible ? "cannot be placed" : "was not placed";
    const char *why = !impossible           ? " before the search ended; not proven impossible; the bound is"
                      : p->bound > capacity ? "; alive at once are"
                                            : "; all placements were tried; the bound is";
    diag_report(d, DIAG_E0403, (struct span){0}, "%s %s in %lld%s %lld, %lld is enough", o->place, what,
                (long long)capacity, why, (long long)p->bound, (long long)p->peak);
}

static void write_solution(const struct options *o, const struct instance *in, struct diagnostics *d) {
    struct text out = {0};
    instance_write(in, &out);
    if (!text_write(&out, o->output))
        diag_report(d, DIAG_E0004, (struct span){0}, "cannot write %s: %s", o->output, strerror(errno));
    text_free(&out);
}

// False after a report.
static bool read_instance(const struct options *o, struct arena *a, struct sources *sources, struct diagnostics *d,
                          struct instance *in) {
    const char *why;
    uint32_t number = source_read(sources, o->place, &why), line;
    if (!number) {
        diag_report(d, DIAG_E0001, (struct span){0}, "%s cannot be read: %s", o->place, why);
        return false;
    }
    const struct source *file = source_get(sources, number);
    struct text problem = {0};
    if (instance_read(in, a, file->bytes, file->length, &problem, &line)) return true;
    struct span at = {.source = number};
    if (line <= file->n_lines) at.first = at.last = file->lines[line - 1];
    diag_report(d, DIAG_E0005, at, "%s", problem.bytes);
    text_free(&problem);
    return false;
}

void place_file(const struct options *o, struct arena *a, struct sources *sources, struct diagnostics *d) {
    struct instance in;
    int64_t capacity = instance_capacity(o->place);
    uint64_t memory;
    if (o->memory && !bytes_read(o->memory, &memory)) {
        diag_report(d, DIAG_E0011, (struct span){0},
                    "--memory: '%s' is no size; write bytes, or a number and B KiB MiB GiB kB MB GB", o->memory);
        return;
    }
    if (o->memory) capacity = (int64_t)memory;
    if (o->output && lrt_same_file(o->output, o->place)) {
        diag_report(d, DIAG_E0004, (struct span){0}, "cannot write %s: --place reads it", o->output);
        return;
    }
    if (!read_instance(o, a, sources, d, &in)) return;
    struct deadline deadline;
    struct place_stop stop = {is_reached, &deadline};
    struct placement p = {0};
    enum exact_result result = EXACT_PLACED;
    double start = seconds();
    deadline_start(&deadline, o->seconds);
    if (capacity >= 0)
        result = place_within(a, in.buffers, in.n, capacity, &stop, &p);
    else
        p = place_minimise(a, in.buffers, in.n, 1, EFFORT, &stop);
    deadline_end(&deadline);
    print_placement(&p, seconds() - start, o->output && strcmp(o->output, "-") == 0 ? stderr : stdout);
    if (result != EXACT_PLACED) report_misfit(o, capacity, result == EXACT_IMPOSSIBLE, &p, d);
    if (o->output && result != EXACT_IMPOSSIBLE) write_solution(o, &in, d);
}
