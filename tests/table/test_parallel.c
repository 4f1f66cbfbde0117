// Parallel: every kernel cuts a large call into one task a thread, another thread takes each task, and each task does
// its part of the work. Bits cannot tell, since a single thread computes the same. The linker puts this program's
// lrt_parallel before the runtime's (--wrap).
#include "tests/unit/kernel_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "runtime/core/threads.h"
#include "tests/table/kernel_case.h"

enum { THREADS = 2, SECONDS = 60, PLACES = OP_ARGS_MAX + OP_RESULTS_MAX + 1, NUMBERS = 40000, CHUNK = 128 };

// Those move rows, or compute a few numbers once.
static const char *const serial[] = {"rope_table",  "fill",       "copy",         "counted_rows",
                                     "gather_rows", "gather_ids", "scatter_rows", "clear_other_rows",
                                     "clip"};

struct place { // what a task may write
    unsigned char *bytes, *before;
    size_t count;
};

struct seen { // what the jobs of a call did, task by task
    struct place places[PLACES];
    pthread_mutex_t turn;
    pthread_t thread[THREADS];
    atomic_int started;
    int jobs, tasks;
    size_t work[THREADS]; // bytes that changed
};

struct watched {
    lrt_job *fn;
    void *arg;
    struct seen *seen;
};

static _Thread_local struct seen *current; // of the caller

static size_t changed(const struct place *p) {
    size_t n = 0;
    for (size_t i = 0; i < p->count; i++) n += p->bytes[i] != p->before[i];
    return n;
}

// Waits until both tasks have started, so that no thread takes both. Then one task runs after the other.
static void watch(void *arg, int task, int tasks) {
    struct watched *w = arg;
    struct seen *s = w->seen;
    const time_t until = time(NULL) + SECONDS;
    atomic_fetch_add(&s->started, 1);
    while (atomic_load(&s->started) < tasks)
        if (time(NULL) > until) return; // alone: what the task should have written is missing
    pthread_mutex_lock(&s->turn);
    s->thread[task] = pthread_self();
    for (int i = 0; i < PLACES; i++)
        if (s->places[i].count) memcpy(s->places[i].before, s->places[i].bytes, s->places[i].count);
    w->fn(w->arg, task, tasks);
    for (int i = 0; i < PLACES; i++) s->work[task] += changed(&s->places[i]);
    pthread_mutex_unlock(&s->turn);
}

void __real_lrt_parallel(struct lrt *c, int tasks, lrt_job *fn, void *arg);
void __wrap_lrt_parallel(struct lrt *c, int tasks, lrt_job *fn, void *arg);

void __wrap_lrt_parallel(struct lrt *c, int tasks, lrt_job *fn, void *arg) {
    struct seen *s = current;
    if (!s || tasks != THREADS) {
        __real_lrt_parallel(c, tasks, fn, arg);
        return;
    }
    struct watched w = {fn, arg, s};
    s->jobs++;
    s->tasks = tasks;
    atomic_store(&s->started, 0);
    __real_lrt_parallel(c, tasks, watch, &w);
}

static struct place place_of(void *bytes, size_t count) {
    return (struct place){.bytes = bytes, .before = count ? malloc(count) : NULL, .count = bytes ? count : 0};
}

static void run_watched(const struct kernel_case *k, struct fixture *f, struct seen *s) {
    struct kernel_operands o = kernel_operands_new(k);
    int n = 0;
    for (int a = 0; a < k->op->max_args; a++)
        s->places[n++] = place_of(o.arg[a], (size_t)kernel_case_count(k, false, a) * kernel_case_bytes(k, false, a));
    for (int r = 0; r < k->op->n_results; r++)
        s->places[n++] = place_of(o.result[r], (size_t)kernel_case_count(k, true, r) * kernel_case_bytes(k, true, r));
    s->places[n++] = place_of(f->scratch, FIXTURE_SCRATCH);
    pthread_mutex_init(&s->turn, NULL);
    current = s;
    kernel_case_run(k, &f->run, &o, 0, k->rows);
    current = NULL;
    pthread_mutex_destroy(&s->turn);
    for (int i = 0; i < n; i++) free(s->places[i].before);
    kernel_operands_free(&o);
}

static bool is_serial(const struct op *op) {
    for (size_t i = 0; i < sizeof serial / sizeof *serial; i++)
        if (strcmp(op->kernel.name, serial[i]) == 0) return true;
    return false;
}

// Tasks of attention take items by turns: one that runs first takes all.
static bool takes_turns(const struct op *op) { return strncmp(op->kernel.name, "attention", 9) == 0; }

static void check(const struct op *op, struct fixture *f) {
    uint32_t random = 7;
    struct kernel_case k;
    struct seen s = {.jobs = 0};
    struct op_sample sample = op->samples[0];
    for (size_t i = 0; i < sample.n_attrs; i++)
        if (strcmp(sample.attrs[i].name, "chunk") == 0) sample.attrs[i].number = CHUNK;
    const int64_t scale = kernel_case_scale_of(NUMBERS, &sample);
    kernel_case_new(&k, op, &sample, (struct kernel_scale){scale, scale}, &random);
    run_watched(&k, f, &s);
    kernel_case_free(&k);
    if (is_serial(op)) {
        if (s.jobs) fail_msg("%s: runs on threads, and this test says that it does not", op->name);
        return;
    }
    if (!s.jobs) fail_msg("%s: no call ran on %d threads", op->name, THREADS);
    if (pthread_equal(s.thread[0], s.thread[1])) fail_msg("%s: one thread ran both tasks", op->name);
    if (takes_turns(op)) return;
    const size_t least = s.work[0] < s.work[1] ? s.work[0] : s.work[1];
    if (least * 3 < s.work[0] + s.work[1] - least)
        fail_msg("%s: the tasks wrote %zu and %zu bytes", op->name, s.work[0], s.work[1]);
}

static void every_kernel_shares_its_work_between_two_threads(void **state) {
    (void)state;
    struct fixture *f = fixture_start(NULL, THREADS);
    for (size_t i = 0; i < op_count; i++)
        if (strcmp(op_table[i]->kernel.name, "clear_other_rows") != 0) check(op_table[i], f); // its rows must ascend
    fixture_stop(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_kernel_shares_its_work_between_two_threads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
