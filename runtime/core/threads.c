/* Threads: a fixed pool in memory of the caller, stacks included. A new generation number announces a job. Every thread
 * that is awake takes tasks one by one, so a worker that the system does not schedule delays nobody. Workers spin
 * briefly for the next job and then sleep, and so does the caller for the last task. With one thread none of this is
 * called. */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "runtime/core/float_environment.h"
#include "runtime/core/threads.h"

#if !defined(__has_feature)
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
enum { OWN_STACKS = 0 }; /* the sanitizer keeps megabytes of its own there: stacks are the system's */
#else
enum { OWN_STACKS = 1 };
#endif
enum {
    STACK_BYTES = 128 * 1024, /* glibc's least for AArch64; kernels need a few KiB */
    STACK_ALIGNMENT = 16384,  /* the largest page size of the systems we run on */
    SPINS = 3000,             /* some 50-100 microseconds: twice what a sleeper takes to run again */
    LEAST_WORK = 1 << 15      /* numbers touched, about 5 microseconds: with less, no worker gains anything */
};

struct worker {
    pthread_t thread;
    struct lrt_pool *pool;
    int index;
};

struct lrt_pool {
    atomic_uint_fast64_t claim; /* the job's generation << 32 | its next task that nobody has taken */
    atomic_int pending;         /* tasks not finished */
    _Atomic(lrt_job *) fn;      /* NULL: leave */
    _Atomic(void *) arg;
    atomic_int tasks;
    int n_workers;
    pthread_mutex_t mutex; /* guards the two sleeps */
    pthread_cond_t work, done;
    struct worker workers[LRT_MAX_THREADS - 1];
};

size_t lrt_pool_bytes(int threads) {
    if (threads <= 1) return 0;
    size_t head = (sizeof(struct lrt_pool) + LRT_ALIGNMENT - 1) / LRT_ALIGNMENT * LRT_ALIGNMENT;
    return head + STACK_ALIGNMENT + (size_t)(threads - 1) * STACK_BYTES;
}

static void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* A task number that no job has. */
#define CLOSED UINT32_MAX

static uint32_t generation_of(struct lrt_pool *p) { return (uint32_t)(atomic_load(&p->claim) >> 32); }

static uint32_t await_generation(struct lrt_pool *p, uint32_t seen) {
    for (int i = 0; i < SPINS; i++) {
        uint32_t now = generation_of(p);
        if (now != seen) return now;
        relax();
    }
    pthread_mutex_lock(&p->mutex);
    uint32_t now;
    while ((now = generation_of(p)) == seen) pthread_cond_wait(&p->work, &p->mutex);
    pthread_mutex_unlock(&p->mutex);
    return now;
}

/* Takes and runs tasks of the job until none is left. What was read of the job is valid only if the claim succeeds.
 * Then the generation is still the same, and a job does not change before all its tasks are finished. */
static void run_tasks(struct lrt_pool *p, uint32_t generation) {
    for (;;) {
        uint_fast64_t claim = atomic_load(&p->claim);
        lrt_job *fn = atomic_load(&p->fn);
        void *arg = atomic_load(&p->arg);
        int tasks = atomic_load(&p->tasks);
        uint32_t task = (uint32_t)claim;
        if ((uint32_t)(claim >> 32) != generation || task >= (uint32_t)tasks) return;
        if (!atomic_compare_exchange_weak(&p->claim, &claim, claim + 1)) continue;
        fn(arg, (int)task, tasks);
        if (atomic_fetch_sub(&p->pending, 1) != 1) continue;
        pthread_mutex_lock(&p->mutex);
        pthread_cond_signal(&p->done);
        pthread_mutex_unlock(&p->mutex);
    }
}

static void *work(void *arg) {
    struct worker *w = arg;
    uint32_t seen = 0;
    (void)lrt_float_enter(); /* for good: the thread is ours */
    for (;;) {
        seen = await_generation(w->pool, seen);
        if (atomic_load(&w->pool->fn) == NULL) return NULL;
        run_tasks(w->pool, seen);
    }
}

/* While the job changes, its claim is closed under a generation of its own, so that a late worker's claim to the old
 * job fails. The mutex keeps a worker from falling asleep between its look at the generation and the broadcast. */
static uint32_t announce(struct lrt_pool *p, lrt_job *fn, void *arg, int tasks) {
    uint32_t generation = generation_of(p) + 2;
    atomic_store(&p->claim, (uint_fast64_t)(generation - 1) << 32 | CLOSED);
    atomic_store(&p->fn, fn);
    atomic_store(&p->arg, arg);
    atomic_store(&p->tasks, tasks);
    atomic_store(&p->pending, tasks);
    pthread_mutex_lock(&p->mutex);
    atomic_store(&p->claim, (uint_fast64_t)generation << 32);
    pthread_cond_broadcast(&p->work);
    pthread_mutex_unlock(&p->mutex);
    return generation;
}

static void await_tasks(struct lrt_pool *p) {
    for (int i = 0; i < SPINS; i++) {
        if (atomic_load(&p->pending) == 0) return;
        relax();
    }
    pthread_mutex_lock(&p->mutex);
    while (atomic_load(&p->pending) != 0) pthread_cond_wait(&p->done, &p->mutex);
    pthread_mutex_unlock(&p->mutex);
}

static int start_worker(struct lrt_pool *p, int index, char *stack) {
    struct worker *w = &p->workers[index - 1];
    w->pool = p;
    w->index = index;
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) return 1;
    int failed = OWN_STACKS ? pthread_attr_setstack(&attributes, stack, STACK_BYTES) : 0;
    if (!failed) failed = pthread_create(&w->thread, &attributes, work, w);
    pthread_attr_destroy(&attributes);
    return failed;
}

int lrt_pool_start(struct lrt *c, void *pool_memory) {
    struct lrt_pool *p = pool_memory;
    memset(p, 0, sizeof *p);
    pthread_mutex_init(&p->mutex, NULL);
    pthread_cond_init(&p->work, NULL);
    pthread_cond_init(&p->done, NULL);
    size_t misaligned = (uintptr_t)(p + 1) % STACK_ALIGNMENT;
    char *stacks = (char *)(p + 1) + (misaligned != 0 ? STACK_ALIGNMENT - misaligned : 0);
    for (int i = 1; i < c->threads; i++) {
        if (start_worker(p, i, stacks + (size_t)(i - 1) * STACK_BYTES) != 0) {
            lrt_pool_stop(p);
            return lrt_fail(c, LRT_ERR_SYSTEM, "thread %d of %d could not be started", i + 1, c->threads);
        }
        p->n_workers = i;
    }
    c->pool = p;
    return LRT_OK;
}

void lrt_pool_stop(struct lrt_pool *p) {
    announce(p, NULL, NULL, 0);
    for (int i = 0; i < p->n_workers; i++) pthread_join(p->workers[i].thread, NULL);
    pthread_cond_destroy(&p->done);
    pthread_cond_destroy(&p->work);
    pthread_mutex_destroy(&p->mutex);
}

void lrt_parallel(struct lrt *c, int tasks, lrt_job *fn, void *arg) {
    struct lrt_pool *p = c->pool;
    if (p == NULL || tasks <= 1) {
        for (int i = 0; i < tasks; i++) fn(arg, i, tasks);
        return;
    }
    run_tasks(p, announce(p, fn, arg, tasks));
    await_tasks(p);
}

int lrt_tasks(const struct lrt *c, int64_t items, double work_done) {
    if (c->threads <= 1 || work_done < LEAST_WORK) return 1;
    return items < c->threads ? (items < 1 ? 1 : (int)items) : c->threads;
}
