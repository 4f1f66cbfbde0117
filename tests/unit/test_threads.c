// Threads: two threads run a job of two tasks at the same time; work is divided into tasks where there is enough.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fenv.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "runtime/core/threads.h"

enum { THREADS = 2, SECONDS = 60, SCRATCH = 1 << 16 };

struct meeting {
    pthread_t seen[THREADS];
    atomic_int there;
    atomic_bool alone; // a task waited for the other one in vain
};

// Every task waits until all have started. A single thread would wait for ever, so it gives up.
static void meet(void *arg, int task, int tasks) {
    struct meeting *m = arg;
    const time_t until = time(NULL) + SECONDS;
    m->seen[task] = pthread_self();
    atomic_fetch_add(&m->there, 1);
    while (atomic_load(&m->there) < tasks && !atomic_load(&m->alone))
        if (time(NULL) > until) atomic_store(&m->alone, true);
}

struct pool {
    struct lrt run;
    void *memory, *scratch;
};

static struct pool start(void) {
    const size_t bytes = lrt_pool_bytes(THREADS) / LRT_ALIGNMENT * LRT_ALIGNMENT + LRT_ALIGNMENT;
    struct pool p = {.memory = aligned_alloc(LRT_ALIGNMENT, bytes), .scratch = aligned_alloc(LRT_ALIGNMENT, SCRATCH)};
    assert_int_equal(lrt_start(&p.run, THREADS, p.memory, p.scratch, SCRATCH), LRT_OK);
    return p;
}

static void stop(struct pool *p) {
    lrt_stop(&p->run);
    free(p->memory);
    free(p->scratch);
}

static void two_tasks_run_on_two_threads(void **state) {
    (void)state;
    struct pool p = start();
    for (int again = 0; again < 10; again++) {
        struct meeting m = {.there = 0};
        lrt_parallel(&p.run, THREADS, meet, &m);
        assert_false(atomic_load(&m.alone));
        assert_false(pthread_equal(m.seen[0], m.seen[1]));
    }
    stop(&p);
}

static void work_is_cut_where_it_is_enough(void **state) {
    (void)state;
    struct pool p = start();
    assert_int_equal(lrt_tasks(&p.run, 100, 1e9), THREADS);
    assert_int_equal(lrt_tasks(&p.run, THREADS, 1e9), THREADS);
    assert_int_equal(lrt_tasks(&p.run, 1, 1e9), 1);
    assert_int_equal(lrt_tasks(&p.run, 100, 10), 1);
    stop(&p);
}

// A third, rounded as the thread rounds: to the nearest it is above, towards zero below.
static bool rounds_to_nearest(void) {
    volatile float one = 1, three = 3, third = one / three; // stored: divided here, not behind a call
    return (double)third > 1.0 / 3.0;
}

struct rounding {
    struct meeting meeting;
    bool nearest[THREADS];
};

static void meet_and_round(void *arg, int task, int tasks) {
    struct rounding *r = arg;
    meet(&r->meeting, task, tasks);
    r->nearest[task] = rounds_to_nearest();
}

// Also where the thread that made the worker rounds otherwise.
static void workers_round_to_nearest(void **state) {
    (void)state;
    struct rounding r = {.nearest = {false, false}};
    assert_true(rounds_to_nearest());
    assert_int_equal(fesetround(FE_TOWARDZERO), 0);
    struct pool p = start();
    lrt_parallel(&p.run, THREADS, meet_and_round, &r);
    stop(&p);
    const bool kept = !rounds_to_nearest();
    assert_int_equal(fesetround(FE_TONEAREST), 0);
    assert_true(kept);
    assert_int_equal(r.nearest[0] + r.nearest[1], 1); // the worker, not the caller
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_tasks_run_on_two_threads),
        cmocka_unit_test(work_is_cut_where_it_is_enough),
        cmocka_unit_test(workers_round_to_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
