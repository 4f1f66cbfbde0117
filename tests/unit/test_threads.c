// Threads: two threads run a job of two tasks at the same time; work is divided into tasks where there is enough.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_tasks_run_on_two_threads),
        cmocka_unit_test(work_is_cut_where_it_is_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
