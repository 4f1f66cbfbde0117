/* lrt: the runtime of programs that lorac generates. This header is its manual.
 *
 * The caller owns every byte: nothing here allocates, keeps global state, prints, exits or aborts. Functions that can
 * fail return a status; lrt_error(run) says in words what happened.
 * Numbers that overflow are no failure: after a step, look whether loss and grad_norm are finite.
 *
 * A model belongs to one thread at a time: calls on it may come from several threads, but never two at once. Models are
 * independent of each other. lrt_plan_info and all functions without a context may be used from any thread. The workers
 * of a context run kernels only; residency and pager are called on the caller's thread.
 *
 * Parts: this file (the run-time context, threads, weights table, a model's interface), lrt_kernels.h (what generated
 * code calls), and the optional lrt_files.h, lrt_text.h, lrt_trainer.h (weight files, adapters, tokenizer, data,
 * trainer). */
#ifndef LRT_H
#define LRT_H
#include <stddef.h>
#include <stdint.h>
#include <lorac/lrt_adapter.h>
#ifdef __cplusplus
extern "C" {
#endif

enum lrt_status {
    LRT_OK = 0,
    LRT_MORE = 1,         /* M_advance: call again */
    LRT_ERR_ARGUMENT = 2, /* a null pointer, a size too small, threads above the compiled bound */
    LRT_ERR_STATE = 3,    /* calls out of order */
    LRT_ERR_FILE = 4,     /* a file is missing, corrupt or does not match */
    LRT_ERR_MEMORY = 5,   /* optional parts only: the callers' memory is too small, or malloc failed */
    LRT_ERR_SYSTEM = 6    /* threads could not be started, a write failed */
};

enum { LRT_MAX_THREADS = 64, LRT_ERROR_BYTES = 512, LRT_ALIGNMENT = 64 };

/* Element types of tensors, numbered as in GGUF. */
enum lrt_type {
    LRT_F32 = 0,
    LRT_F16 = 1,
    LRT_Q4_0 = 2,
    LRT_Q4_1 = 3,
    LRT_Q5_0 = 6,
    LRT_Q5_1 = 7,
    LRT_Q8_0 = 8,
    LRT_Q2_K = 10,
    LRT_Q3_K = 11,
    LRT_Q4_K = 12,
    LRT_Q5_K = 13,
    LRT_Q6_K = 14,
    LRT_IQ4_NL = 20,
    LRT_IQ4_XS = 23,
    LRT_BF16 = 30,
    LRT_TQ2_0 = 35,
    LRT_MXFP4 = 39,
    LRT_I32 = 26, /* ids and counts; of operands of kernels, never of weights */
    LRT_F64 = 28  /* sums; the same */
};

/* Tensors that are generated where they are read, not stored: kinds beside those of files. z is what the noise of the
 * context says (struct lrt_noise) of the tensor of number `noise`. Kernels read them wherever they read weights. */
enum lrt_generated {
    LRT_PERTURBED = 0x10000, /* data (floats) + scale * z of tangent 0 */
    LRT_ESTIMATE = 0x10001,  /* the sum over the noise's terms of scalar * z of the term: a gradient; data NULL */
    LRT_TANGENT = 0x20000    /* + k: z of tangent k; data NULL */
};

/* One matrix: row-major; a row's bytes are given by its type and length (lrt_row_bytes). A vector is one row. Where the
 * sizes are known elsewhere (slots of weights, tensors of files) they are 0. */
struct lrt_tensor {
    const void *data; /* kernels write to the tensors that their struct calls "out" */
    uint32_t type;    /* enum lrt_type, or lrt_generated */
    uint32_t noise;   /* generated ones: the number of the trained tensor whose noise it is; else 0 */
    int64_t rows, columns;
    int64_t stride; /* elements from one row to the next: kernels take contiguous rows, stride == columns */
};
static inline struct lrt_tensor lrt_matrix(const void *data, uint32_t type, int64_t rows, int64_t columns) {
    struct lrt_tensor t;
    t.data = data;
    t.type = type;
    t.noise = 0;
    t.rows = rows;
    t.columns = columns;
    t.stride = columns;
    return t;
}
static inline struct lrt_tensor lrt_f32(const void *data, int64_t rows, int64_t columns) {
    return lrt_matrix(data, LRT_F32, rows, columns);
}
static inline struct lrt_tensor lrt_i32(const void *data, int64_t rows, int64_t columns) {
    return lrt_matrix(data, LRT_I32, rows, columns);
}
static inline struct lrt_tensor lrt_f64(const void *data, int64_t rows, int64_t columns) {
    return lrt_matrix(data, LRT_F64, rows, columns);
}
/* Floats whose sizes are known elsewhere. */
static inline struct lrt_tensor lrt_floats(const float *data) { return lrt_matrix(data, LRT_F32, 0, 0); }
/* A weight's slot, with the sizes that the program knows. */
static inline struct lrt_tensor lrt_weight(const struct lrt_tensor *slot, int64_t rows, int64_t columns) {
    return lrt_matrix(slot->data, slot->type, rows, columns);
}
/* Generated ones, by number: of a parameter with noise on it, of a gradient, of a direction. */
static inline struct lrt_tensor lrt_generated(const float *data, uint32_t type, int64_t number, int64_t rows,
                                              int64_t columns) {
    struct lrt_tensor t = lrt_matrix(data, type, rows, columns);
    t.noise = (uint32_t)number;
    return t;
}
static inline struct lrt_tensor lrt_perturbed(const float *data, int64_t number, int64_t rows, int64_t columns) {
    return lrt_generated(data, LRT_PERTURBED, number, rows, columns);
}
static inline struct lrt_tensor lrt_estimated(int64_t number, int64_t rows, int64_t columns) {
    return lrt_generated(NULL, LRT_ESTIMATE, number, rows, columns);
}
static inline struct lrt_tensor lrt_tangent(uint32_t k, int64_t number, int64_t rows, int64_t columns) {
    return lrt_generated(NULL, LRT_TANGENT + k, number, rows, columns);
}
/* Bytes of a row of n elements; 0 when the type is unknown or n does not fill whole blocks. */
size_t lrt_row_bytes(uint32_t type, size_t n);
const char *lrt_type_name(uint32_t type);             /* "q4_0"; NULL when unknown */
const char *lrt_type_names(void);                     /* of all types of weights: "f32, f16, ..." */
int lrt_type_named(const char *name, uint32_t *type); /* 1: known */

/* The mapped weights of a model: one entry per tensor instance, in the order of lrt_plan_info (see there). */
struct lrt_weights {
    const struct lrt_tensor *slots;
    size_t count;
    int rope_interleaved; /* 1: q and k rows are in llama GGUF order: rope pairs neighbours */
};

/* Learns which mapped weights a step reads, so that memory need not hold all of them. An iteration is a layer, or the
 * code between layers. Before it, a call with needed = 1 names each tensor that the next iteration reads whole and this
 * one does not. After it, a call with needed = 0 names each tensor that the next one does not read. The order is that
 * of the run: backwards, repeated, or with jumps. Called on the caller's thread, between kernels. lrt_weights_stream of
 * lrt_files.h is one. */
typedef void lrt_residency(void *context, const void *data, size_t bytes, int needed);

/* Stores the inputs of blocks for a program compiled with `page on`. Offsets lie below lrt_plan_info's pool "file".
 * Every byte is written once and read once a micro-batch. It may be a file or whatever the platform has; lrt_page_file
 * of lrt_files.h is one. Called on the caller's thread, between kernels. */
struct lrt;
struct lrt_pager {
    void *context;
    /* All bytes, or lrt_fail(c, ...) with the reason: the step is then dropped (see lrt_interface.begin). */
    int (*write)(void *context, struct lrt *c, uint64_t offset, const void *data, size_t bytes);
    int (*read)(void *context, struct lrt *c, uint64_t offset, void *data, size_t bytes);
    void (*ahead)(void *context, uint64_t offset, size_t bytes); /* these are read next; NULL: not wanted */
};

/* ---- noise: random directions that are drawn again wherever they are needed, and never stored ----
 * Forward mode and zeroth order estimate a gradient from scalars along random directions z. Element i of the direction
 * of tangent k in trained tensor t at a step is a standard normal number, a function of (seed, step, k, t, i) alone:
 * the same bits on every machine, whatever the kernels and threads. So whoever has the seed and a step's scalars has
 * its update.
 *
 * t = lrt_param_info.first_noise + instance * noise_stride = 2 * pair + (1 for a second tensor, LoRA's B). Shard s of S
 * has the pairs with pair % S == s - 1; the others' tensors are not perturbed, their tangents are zero, and they have
 * no part in the term. A tensor in which no term of an update has a part stays as it is: no decay, no momentum.
 */
struct lrt_noise_term { /* one direction of an update, and how far to go along it */
    uint64_t seed;
    int64_t step;          /* from 1 */
    int32_t tangent;       /* from 0 */
    int32_t shard, shards; /* 1..shards; 0, 0: all tensors */
    float scalar;
};
/* The bits of a scalar that is none, a NaN that no arithmetic makes: its step counted no tokens. Such a term is left
 * out; an update of no terms changes nothing and counts a step, as that step does where it is finished. */
enum { LRT_NO_SCALAR = 0x7fe0a5a5 };
struct lrt_noise {
    uint64_t seed;
    int64_t step;                       /* the step at work, from 1 */
    int32_t shard, shards;              /* 1..shards; 0, 0: all tensors */
    float scale;                        /* of LRT_PERTURBED: +eps, -eps; 0: the tensor as it is */
    const struct lrt_noise_term *terms; /* of LRT_ESTIMATE; added up in this order */
    size_t n_terms;
};

/* How the learning rate goes. Update s of S steps in all, after a warm-up of W, has the rate times f(s - 1), as in
 * transformers: f(n) is n / W before the warm-up ends; then 1 (constant), or what falls from 1 to `floor` along a line
 * or half a cosine, by (n - W) / (S - W). So a warm-up's first update has rate 0, and the last update is one step short
 * of the floor. */
enum lrt_schedule_kind { LRT_SCHEDULE_COMPILED = 0, LRT_SCHEDULE_CONSTANT, LRT_SCHEDULE_LINEAR, LRT_SCHEDULE_COSINE };
struct lrt_rate_schedule {
    int kind; /* enum lrt_schedule_kind */
    int64_t warmup;
    int64_t steps; /* in all; 0: those of the run */
    double floor;  /* a fraction of the rate */
};

struct lrt_options {
    int threads;   /* 0: 1 */
    uint64_t seed; /* of the adapters' initial values: per weight, layer and role the same in any program of a model */
    int random_init;      /* 1: trained weights start at random although the weights file has them (adapt with full) */
    double learning_rate; /* 0: the compiled one; negative or not finite: refused */
    int64_t schedule_steps; /* total steps of the schedule; 0: the compiled number, else run_steps */
    int64_t run_steps;      /* steps of the run: the length of a schedule that states none; 0: constant after warm-up */
    const struct lrt_rate_schedule *schedule; /* instead of the compiled one; NULL: that */
    double clip;              /* the most that the gradient's norm may be; 0: the compiled one; negative: any */
    lrt_residency *residency; /* NULL: nobody wants to know */
    void *residency_context;
    const struct lrt_pager *pager; /* must outlive the model; needed by programs compiled with `page on` alone */
    int32_t shard, shards; /* estimated gradients: this client trains shard 1..shards of the tensors; 0, 0: all */
};

/* ---- the run-time context: inside every generated struct; also usable alone (tests, benchmarks) ---- */
struct lrt_pool;
struct lrt_kernel_set;
struct lrt {
    const struct lrt_kernel_set *kernels; /* the fastest the processor has */
    struct lrt_pool *pool;                /* NULL with one thread */
    int threads;
    int rope_interleaved;
    void *scratch; /* kernel scratch, aligned to LRT_ALIGNMENT */
    size_t scratch_bytes;
    uint64_t seed;
    int64_t step;           /* steps finished */
    double clip;            /* as in lrt_options */
    int64_t torn_steps;     /* steps dropped after their backward pass had changed adapters: only with update fused */
    struct lrt_noise noise; /* the source of generated tensors */
    char error[LRT_ERROR_BYTES];
};

/* Bytes of memory for the thread pool. */
size_t lrt_pool_bytes(int threads);
/* Starts threads-1 threads (none for 1: then no pthread call is ever made). pool_memory: lrt_pool_bytes(threads),
 * aligned. */
int lrt_start(struct lrt *c, int threads, void *pool_memory, void *scratch, size_t scratch_bytes);
void lrt_stop(struct lrt *c); /* joins the threads; safe to call twice, and on a zeroed context */
const char *lrt_error(const struct lrt *c);
int lrt_fail(struct lrt *c, int status, const char *format, ...); /* sets the text, returns the status */

/* Runs fn(arg, task, tasks) for task 0..tasks-1, tasks <= threads, and waits. `task` is also the index of the task's
 * scratch. */
typedef void lrt_job(void *arg, int task, int tasks);
void lrt_parallel(struct lrt *c, int tasks, lrt_job *fn, void *arg);

/* Names of kernel sets: "reference", "portable", "avx2", "avx512", "neon". Tests choose; NULL: the best. Status. */
int lrt_choose_kernels(struct lrt *c, const char *name);
const char *lrt_kernels_name(const struct lrt *c);

/* ---- a model's plan, as constants in the generated code ---- */
struct lrt_dim_info {
    const char *name;
    int64_t value;
};

struct lrt_const_info { /* a number that is not a size: "rope_theta", "norm_eps" */
    const char *name;
    double value;
};

struct lrt_op_info { /* the forward pass has such an op; or one whose attribute has this value: "rope", "theta", 1e4 */
    const char *op, *attribute; /* "": the op itself */
    double value;
};

struct lrt_weight_info {   /* a mapped weight; its slots are first_slot + instance * slot_stride */
    const char *name;      /* "layer.wq" */
    const char *gguf, *hf; /* name patterns with "{i}", NULL when none */
    int rank;
    int64_t shape[4];         /* [out, in] */
    int64_t first, instances; /* {i} runs over first .. first+instances-1 */
    uint32_t first_slot, slot_stride;
    int64_t rope_head;        /* rows feed a rope with heads of this size; 0: none */
    enum lrt_initial initial; /* its first value where no file gives one */
};

/* A trained tensor, an entry per name; instance k is at offset + k * stride floats of each pool. */
struct lrt_param_info {
    const char *name;   /* "layer.wq.lora_a" */
    enum lrt_role role; /* LRT_ROLE_LORA_A [rank, in], LORA_B [out, rank], FULL as the weight, ...: lrt_role_info */
    uint32_t weight;    /* index of the weight it adapts, in weights */
    int rank;
    int64_t shape[4];
    int64_t first, instances;           /* layers first .. first+instances-1 */
    int64_t offset, stride;             /* in floats */
    double alpha;                       /* of LoRA, which scales by alpha / rank; 0 of others */
    uint32_t first_noise, noise_stride; /* the number of instance k as noise: first_noise + k * noise_stride */
};

struct lrt_pool_info {
    const char *name; /* "arena", "adapters", "gradients", "optimizer", "scratch", "context", "file" */
    size_t bytes;     /* scratch: with the compiled number of threads, and what they take */
};

struct lrt_plan_info {
    const char *model;   /* prefix */
    const char *version; /* of lorac */
    const char *options; /* of lorac, in words: "checkpoint, adamw, ..." */
    const char *gradient, *optimizer;
    const struct lrt_dim_info *dims;
    size_t n_dims;
    const struct lrt_const_info *consts;
    size_t n_consts;
    const struct lrt_weight_info *weights;
    size_t n_weights;
    size_t n_slots;
    const struct lrt_param_info *params;
    size_t n_params;
    const struct lrt_pool_info *pools;
    size_t n_pools;
    size_t arena_peak;   /* bytes; equals the arena's size */
    size_t arena_bound;  /* the liveness lower bound */
    const char *peak_at; /* source line and op that hold the peak */
    int64_t batch, seq, vocab;
    int64_t ignore;     /* target id that does not count; INT64_MIN: none */
    int64_t accumulate; /* compiled micro-batches a step */
    int max_threads;
    int n_states; /* optimizer state floats per parameter */
    double learning_rate;
    int64_t logits_rows; /* the most rows that M_logits gives at once */
    int schedule_of_run; /* 1: the rate falls over lrt_options.run_steps: the schedule states no length */
    int fused;           /* 1: the backward pass updates layers: no gradient is whole, one micro-batch a step */
    int tangents;        /* scalars a step: forward K, zeroth 1; 0: the gradient is exact */
    double perturbation; /* eps of zeroth; 0: none */
    const struct lrt_op_info *ops; /* what the model computes; none where it has neither loss nor logits */
    size_t n_ops;
    const char *update; /* how parameters change, in words: "exact, adamw(betas: 0.9 0.999, ...)" */
    struct lrt_rate_schedule schedule;
    double clip; /* 0: none */
    /* SHA-256 in hexadecimal; NULL: not said */
    const char *model_hash; /* of what the model computes, the same for all of its plans */
    const char *plan_hash;  /* of the plans of this program */
};

struct lrt_step {
    double loss;      /* mean over counted tokens, before the update; zeroth: of the losses to both sides */
    int64_t counted;  /* tokens counted */
    double grad_norm; /* of the mean's gradient, before clipping */
    double learning_rate;
};

/* What a program needs to drive any generated model: the generated M_interface() returns it. `m` is a struct M. */
struct lrt_interface {
    size_t context_bytes; /* sizeof(struct M) */
    size_t memory_bytes;  /* for M_init's arena, with the compiled number of threads */
    const struct lrt_plan_info *(*plan)(void);
    int (*init)(void *m, void *memory, size_t bytes, const struct lrt_weights *w, const struct lrt_options *o);
    void (*stop)(void *m);
    /* A step that has begun may be dropped: by another begin, by eval or logits, by a pager that fails. It leaves no
     * trace, unless the program is compiled with update fused (info.fused). Then advance changes adapters and optimizer
     * state layer by layer, and a step that is dropped after the first change counts in run(m)->torn_steps. Such a
     * program takes one micro-batch a step. */
    int (*begin)(void *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches);
    int (*advance)(void *m);                      /* LRT_MORE until the gradient is complete */
    int (*finish)(void *m, struct lrt_step *out); /* update */
    int (*step)(void *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches, struct lrt_step *out);
    /* eval and logits abort the current step, because they use its memory */
    int (*eval)(void *m, const int32_t *tokens, const int32_t *targets, double *loss_sum, int64_t *counted);
    int (*logits)(void *m, const int32_t *tokens, const int32_t *rows, int64_t n_rows, float *out);
    float *(*adapter)(void *m, size_t *floats);  /* flat views of the pools, in the order of params */
    float *(*gradient)(void *m, size_t *floats); /* info.fused: what is left of the last layer, not in that order */
    float *(*state)(void *m, size_t *floats);
    /* ---- training together; of programs that estimate their gradient (info.tangents), LRT_ERR_STATE in others ----
     * All run the same program and begin with the same adapter. A client has its own data, and its own seed
     * (options.seed, later run(m)->seed) or its own shard of the tensors (options.shard of shards), or both. The seed
     * also draws the first adapter: after init copy one member's into all others (`adapter` is a view to copy from and
     * to). Who joins or comes back later takes `adapter`, `state` and run(m)->step from another.
     *
     * A few bytes a step. The client: begin, advance, scalars; it sends them, 4 bytes each. The server makes a term of
     * each, of the client's seed and shard, leaves out LRT_NO_SCALAR, and calls apply; so does every client with the
     * same terms. A term's scalar is the client's, divided by the number of clients that train the same shard, or
     * weighted. So it is divided by all clients if each trains all tensors, and by 1 if each has its own shard.
     * Afterwards all have the same bits again, and the adapter never travels. A step, i the interface, every client c
     * with all tensors:
     *
     *     i->begin(m, tokens, targets, 1);                        // a client
     *     while ((status = i->advance(m)) == LRT_MORE) {}
     *     i->scalars(m, own);                                     // sent, and came[c] at the server
     *
     *     for (n = c = 0; c < clients; c++)                       // the server; sent: how many are not LRT_NO_SCALAR
     *         for (k = 0; k < i->plan()->tangents; k++) {
     *             struct lrt_noise_term term = {seeds[c], i->run(m)->step + 1, k, 0, 0, came[c][k] / sent};
     *             memcpy(&bits, &came[c][k], 4);
     *             if (bits != LRT_NO_SCALAR) terms[n++] = term;
     *         }
     *
     *     i->apply(m, terms, n, &done);                           // the server and all clients
     *
     * An adapter a round. The client trains its shard with step; then shard_get, and it sends the floats. The server
     * calls shard_set for each shard (of the mean, where several trained the same) and sends the floats of all (shards
     * 0, 0). Optimizer states stay where they are. */
    /* After the gradient is complete and before finish or apply: out [info.tangents]. */
    int (*scalars)(void *m, float *out);
    /* One update with the gradient sum of scalar * z over terms [n]; what finish does with the step's own scalars, bit
     * for bit. Counts a step, drops the one at work. out: grad_norm and learning_rate. LRT_ERR_ARGUMENT, with nothing
     * changed, for a term whose scalar is not finite, whose tangent the program does not have, whose step is below 1 or
     * whose shard does not exist. */
    int (*apply)(void *m, const struct lrt_noise_term *terms, size_t n, struct lrt_step *out);
    /* The gradient of the step at work, after it is complete and before finish: floats in the adapter pool's layout.
     * Exact methods copy theirs; LRT_ERR_STATE where updates are fused: no gradient is whole. */
    int (*estimate)(void *m, float *out);
    /* The trained tensors of shard 1..shards (0, 0: all) one after the other, in the order of params, instance by
     * instance, without gaps; of any program. out NULL: only how many floats. set: just as many; drops a step at work.
     */
    int (*shard_get)(void *m, int32_t shard, int32_t shards, float *out, size_t *floats);
    int (*shard_set)(void *m, int32_t shard, int32_t shards, const float *in, size_t floats);
    struct lrt *(*run)(void *m);
};

#ifdef __cplusplus
}
#endif
#include <lorac/lrt_kernels.h>
#include <lorac/lrt_model.h>
#endif
