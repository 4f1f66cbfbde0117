/* Attention over threads. Forward and tangent: an item is a tile of queries of one kv head. Backward: an item is a
 * whole kv head, since its dk and dv are summed in row order. The last kv heads, when too few for all threads, are
 * split further: first dk and dv by ranges of keys, then dq by tiles of queries. That takes 7 products instead of 5;
 * the bits are the same. */
#include <stdatomic.h>

#include "runtime/kernels/attention_tile.h"
#include "runtime/kernels/kernel_set.h"
#include "runtime/kernels/operand.h"
#include <lorac/lrt_scratch.h>
#include "runtime/core/threads.h"

enum { SPLIT_KEYS = 64 };

struct attention_job {
    struct lrt *c;
    struct lrt_attention_call call;
    int64_t row_end;             /* the token after the last row: rows are tokens call.first_row .. row_end-1 */
    int64_t sequence, sequences; /* the first sequence with rows of the call, and their number */
    int64_t tile;                /* queries of a tile; tiles begin at multiples of it in each sequence */
    int64_t first_tile, tiles;   /* the tiles that have rows of the call */
    int64_t first_head;          /* as sequence * kv_heads + kv_head */
    int64_t heads;               /* how many, from first_head on */
    int64_t items;
    size_t scratch;    /* bytes per thread */
    atomic_llong next; /* a free thread takes the next item; which thread runs an item changes no bits */
    void (*item)(const struct attention_job *job, int64_t item, float *scratch);
};

static void work_off(void *arg, int task, int tasks) {
    (void)tasks;
    struct attention_job *job = arg;
    float *scratch = lrt_scratch_of(job->c, job->scratch, task);
    for (;;) {
        const int64_t item = atomic_fetch_add_explicit(&job->next, 1, memory_order_relaxed);
        if (item >= job->items) return;
        job->item(job, item, scratch);
    }
}
static void run(struct attention_job *job, int64_t items) {
    const struct lrt_attention_call *a = &job->call;
    const double rows = (double)(job->row_end - a->first_row) / (double)job->sequences;
    const double work = (double)job->heads * rows * (double)(a->heads / a->kv_heads * a->seq) * (double)a->head;
    job->items = items;
    atomic_store(&job->next, 0);
    lrt_parallel(job->c, lrt_tasks(job->c, items, work), work_off, job);
}
/* The arguments as pointers, for all three passes; head and kv_heads come from the widths. */
static struct lrt_attention_call call_of(const struct lrt_attention_args *a) {
    const int64_t head = a->q->columns / a->heads;
    return (struct lrt_attention_call){.o = lrt_out(a->o),
                                       .lse = lrt_out(a->lse),
                                       .q = lrt_in(a->q),
                                       .k = lrt_in(a->k),
                                       .v = lrt_in(a->v),
                                       .dout = lrt_in(a->dout),
                                       .dq = lrt_out(a->dq),
                                       .dk = lrt_out(a->dk),
                                       .dv = lrt_out(a->dv),
                                       .o_dot = lrt_out(a->o_dot),
                                       .q_dot = lrt_in(a->q_dot),
                                       .k_dot = lrt_in(a->k_dot),
                                       .v_dot = lrt_in(a->v_dot),
                                       .first_row = a->first_row,
                                       .seq = a->seq,
                                       .heads = a->heads,
                                       .kv_heads = a->k->columns / head,
                                       .head = head,
                                       .causal = a->causal,
                                       .window = a->window,
                                       .scale = a->scale,
                                       .softcap = a->softcap};
}
static struct attention_job prepare(struct lrt *c, const struct lrt_attention_args *a) {
    const struct lrt_attention_call call = call_of(a);
    struct attention_job job = {.c = c, .call = call, .row_end = call.first_row + a->q->rows};
    job.sequence = call.first_row / call.seq;
    job.sequences = (job.row_end - 1) / call.seq - job.sequence + 1;
    job.tile = lrt_attention_tile_queries(call.head, call.heads, call.kv_heads);
    job.tiles = (call.seq + job.tile - 1) / job.tile;
    if (job.sequences == 1) {
        job.first_tile = call.first_row % call.seq / job.tile;
        job.tiles = (job.row_end - 1) % call.seq / job.tile - job.first_tile + 1;
    }
    return job;
}
/* The rows of the call in a tile; none (end <= first) where the sequence has rows only in other tiles. */
static struct lrt_attention_tile tile_of(const struct attention_job *job, int64_t head, int64_t tile) {
    struct lrt_attention_tile queries = {.key_end = job->call.seq};
    queries.sequence = job->sequence + (job->first_head + head) / job->call.kv_heads;
    queries.kv_head = (job->first_head + head) % job->call.kv_heads;
    const int64_t start = queries.sequence * job->call.seq, low = job->call.first_row - start;
    const int64_t high = job->row_end - start < job->call.seq ? job->row_end - start : job->call.seq;
    queries.first = (job->first_tile + tile) * job->tile;
    queries.end = queries.first + job->tile < high ? queries.first + job->tile : high;
    if (queries.first < low) queries.first = low;
    return queries;
}

/* Late tiles first: with a causal mask they have the most keys. */
static void forward_item(const struct attention_job *job, int64_t item, float *scratch) {
    const struct lrt_attention_tile queries = tile_of(job, item % job->heads, job->tiles - 1 - item / job->heads);
    if (queries.first < queries.end) job->c->kernels->attention(&job->call, &queries, scratch);
}
void lrt_attention(struct lrt *c, const struct lrt_attention_args *a) {
    struct attention_job job = prepare(c, a);
    const struct lrt_attention_call *call = &job.call;
    job.heads = job.sequences * call->kv_heads;
    job.scratch = (size_t)lrt_attention_scratch(call->seq, call->head, call->heads, call->kv_heads, 1);
    job.item = forward_item;
    run(&job, job.heads * job.tiles);
}

static void tangent_item(const struct attention_job *job, int64_t item, float *scratch) {
    const struct lrt_attention_tile queries = tile_of(job, item % job->heads, job->tiles - 1 - item / job->heads);
    if (queries.first < queries.end) job->c->kernels->attention_tangent(&job->call, &queries, scratch);
}
void lrt_attention_tangent(struct lrt *c, const struct lrt_attention_args *a) {
    struct attention_job job = prepare(c, a);
    const struct lrt_attention_call *call = &job.call;
    job.heads = job.sequences * call->kv_heads;
    job.scratch = (size_t)lrt_attention_tangent_scratch(call->seq, call->head, call->heads, call->kv_heads, 1);
    job.item = tangent_item;
    run(&job, job.heads * job.tiles);
}

static void whole_head_item(const struct attention_job *job, int64_t item, float *scratch) {
    for (int64_t tile = 0; tile < job->tiles; tile++) {
        const struct lrt_attention_tile queries = tile_of(job, item, tile);
        if (queries.first < queries.end) job->c->kernels->attention_backward(&job->call, &queries, scratch);
    }
}
static void keys_item(const struct attention_job *job, int64_t item, float *scratch) {
    struct lrt_attention_tile keys = tile_of(job, item % job->heads, 0);
    keys.key_first = item / job->heads * SPLIT_KEYS;
    if (keys.key_first + SPLIT_KEYS < keys.key_end) keys.key_end = keys.key_first + SPLIT_KEYS;
    struct lrt_attention_call call = job->call;
    call.dq = NULL;
    for (int64_t tile = 0; tile < job->tiles; tile++) {
        struct lrt_attention_tile queries = tile_of(job, item % job->heads, tile);
        queries.key_first = keys.key_first;
        queries.key_end = keys.key_end;
        if (queries.first < queries.end) job->c->kernels->attention_backward(&call, &queries, scratch);
    }
}
static void queries_item(const struct attention_job *job, int64_t item, float *scratch) {
    struct lrt_attention_call call = job->call;
    call.dk = call.dv = NULL;
    const struct lrt_attention_tile queries = tile_of(job, item % job->heads, job->tiles - 1 - item / job->heads);
    if (queries.first < queries.end) job->c->kernels->attention_backward(&call, &queries, scratch);
}

void lrt_attention_backward(struct lrt *c, const struct lrt_attention_args *a) {
    struct attention_job job = prepare(c, a);
    const struct lrt_attention_call *call = &job.call;
    job.scratch = (size_t)lrt_attention_backward_scratch(call->seq, call->head, call->heads, call->kv_heads, 1);
    const int64_t all = job.sequences * call->kv_heads, left_over = all % c->threads;
    const int64_t split = 7 * left_over < 5 * c->threads
                              ? left_over
                              : 0; /* the cost in products: 7 split over all threads, or 5 on some threads */
    job.heads = all - split;
    job.item = whole_head_item;
    if (job.heads > 0) run(&job, job.heads);
    if (split == 0) return;
    job.first_head = all - split;
    job.heads = split;
    job.item = keys_item;
    run(&job, split * ((call->seq + SPLIT_KEYS - 1) / SPLIT_KEYS));
    job.item = queries_item; /* comes last: dq may overwrite q or dout */
    run(&job, split * job.tiles);
}
