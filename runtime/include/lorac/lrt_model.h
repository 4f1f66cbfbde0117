/* lrt_model: what a generated model is at run time. Generated code gives the plan as constants (struct lrt_program) and
 * the steps as functions (struct lrt_slice); everything a training step needs around them is here, once for all models.
 *
 * The generated struct M begins with a struct lrt_model; M_init, M_step ... call the functions below. */
#ifndef LRT_MODEL_H
#define LRT_MODEL_H
#include <lorac/lrt.h>
#include <lorac/lrt_scratch.h>
#ifdef __cplusplus
extern "C" {
#endif

enum lrt_phase { LRT_PHASE_STOPPED = 0, LRT_PHASE_IDLE, LRT_PHASE_GRADIENT, LRT_PHASE_COMPLETE };

struct lrt_program;
struct lrt_model {
    struct lrt run;
    const struct lrt_program *program;
    /* the pools, all in the memory given to M_init */
    unsigned char *arena;
    float *adapters, *gradients, *optimizer;
    const struct lrt_tensor *weights;
    lrt_residency *residency; /* NULL: none */
    void *residency_context;
    const struct lrt_pager *pager;
    int page_status; /* of this step's paging: LRT_OK, or what the pager said */
    /* the micro-batch at work */
    const int32_t *tokens, *targets; /* [batch, seq] */
    const int32_t *rows;             /* M_logits: [n_rows] */
    int32_t n_rows;                  /* M_logits: 1..logits_rows */
    float *logits;                   /* M_logits: [n_rows, vocab] */
    float loss_weight;               /* 1 / counted tokens of the whole step */
    double learning_rate;            /* of this step's update */
    double grad_norm;                /* of the step's gradient */
    double grad_scale;               /* what the update multiplies gradients with: clipping */
    /* the step at work */
    int phase;   /* enum lrt_phase */
    int changed; /* 1: the step has changed parameters before its update phase */
    int64_t micro_batches, micro_batch;
    size_t slice;
    int64_t iteration;
    int64_t counted; /* tokens of the step */
    double loss_sum;
    double base_rate;
    struct lrt_rate_schedule schedule;
    /* programs that estimate their gradient */
    int pass;                     /* at work on the micro-batch, from 0 */
    double pass_loss;             /* of the micro-batch's first pass */
    double *sums;                 /* [tangents] of what the micro-batches gave, before they become scalars */
    struct lrt_noise_term *terms; /* [tangents] of the step at work */
};

/* A mapped weight that a slice reads. */
struct lrt_slice_weight {
    uint32_t weight; /* index in lrt_plan_info.weights */
    uint32_t each;   /* iteration t reads instance t / each; 0: every instance in every iteration */
    int whole;       /* 0: only rows that ids choose */
};

/* A bound of loops that is known when the program runs: the first iteration of a loop over layers that has tangents
 * (forward mode), which is where the client's shard first has a tensor: iteration 0 when one was read before the loop.
 */
struct lrt_bound_param {
    size_t param;   /* an entry of info->params, read by the loop or before it */
    int64_t before; /* iterations of the loop before the first use of its instance 0; negative: it was read before */
    int64_t each;   /* and from one instance to the next; 0: any instance may have been read before */
};
struct lrt_bound {
    int64_t most; /* iterations of the loop */
    const struct lrt_bound_param *params;
    size_t n_params;
};

/* A piece of a step that runs without interruption: straight code (iterations 1), or the body of a top-level loop. */
struct lrt_slice {
    void (*run)(struct lrt_model *m, int64_t iteration);
    int64_t first, stride, iterations;      /* iterations first, first + stride, ... */
    const struct lrt_slice_weight *weights; /* [n_weights] */
    size_t n_weights;
    const struct lrt_bound *from, *to; /* of the iterations not those before, not those from this one on; NULL: all */
};

/* All slices of a gradient, an update, an evaluation or logits, in order. */
struct lrt_slices {
    const struct lrt_slice *slices;
    size_t count;
};

struct lrt_program {
    const struct lrt_plan_info *info;
    size_t memory_bytes;                           /* of everything below, with the compiled number of threads */
    size_t arena_bytes, scratch_bytes, page_bytes; /* page: of the pager's file */
    size_t param_floats, gradient_floats; /* of one pool; gradients fewer with update fused, 0 without a step */
    size_t state_floats;                  /* param_floats times the optimizer's slots */
    int64_t tokens, targets;              /* of a micro-batch */
    struct lrt_slices gradient, update, eval, logits; /* count 0: the model has none */
    size_t loss_offset, counted_offset;               /* in the arena, after `gradient` */
    size_t eval_loss_offset, eval_counted_offset;     /* after `eval` */
    int passes; /* times that `gradient` runs on a micro-batch: zeroth 2 (noise.scale eps, then -eps), else 0 or 1 */
    /* forward: [info->tangents] where in the arena, after `gradient`, the double d loss sum along each tangent is; NULL
     * with zeroth: the scalar comes from the two losses */
    const size_t *tangent_offsets;
};

#define LRT_MODEL_ALIGN(bytes) (((size_t)(bytes) + 63u) / 64u * 64u)

int lrt_model_init(struct lrt_model *m, const struct lrt_program *p, void *memory, size_t bytes,
                   const struct lrt_weights *w, const struct lrt_options *o);
void lrt_model_stop(struct lrt_model *m);
int lrt_model_begin(struct lrt_model *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches);
int lrt_model_advance(struct lrt_model *m);
int lrt_model_finish(struct lrt_model *m, struct lrt_step *out);
int lrt_model_step(struct lrt_model *m, const int32_t *tokens, const int32_t *targets, int64_t micro_batches,
                   struct lrt_step *out);
int lrt_model_eval(struct lrt_model *m, const int32_t *tokens, const int32_t *targets, double *loss_sum,
                   int64_t *counted);
int lrt_model_logits(struct lrt_model *m, const int32_t *tokens, const int32_t *rows, int64_t n_rows, float *out);
float *lrt_model_adapter(struct lrt_model *m, size_t *floats);
float *lrt_model_gradient(struct lrt_model *m, size_t *floats);
float *lrt_model_state(struct lrt_model *m, size_t *floats);
int lrt_model_scalars(struct lrt_model *m, float *out);
int lrt_model_apply(struct lrt_model *m, const struct lrt_noise_term *terms, size_t n, struct lrt_step *out);
int lrt_model_estimate(struct lrt_model *m, float *out);
int lrt_model_shard_get(struct lrt_model *m, int32_t shard, int32_t shards, float *out, size_t *floats);
int lrt_model_shard_set(struct lrt_model *m, int32_t shard, int32_t shards, const float *in, size_t floats);

/* y = x, n floats: a value's copy to where the plan wants it. */
void lrt_copy_floats(float *y, const float *x, int64_t n);

/* Write a block's input through m->pager, and read it back. ahead: the bytes before it are read next. After a failure
 * they do nothing, and the step ends with its status. */
void lrt_page_out(struct lrt_model *m, const float *data, int64_t bytes, int64_t offset);
void lrt_page_in(struct lrt_model *m, float *data, int64_t bytes, int64_t offset, int ahead);

/* One run of a slice. slice NULL: there is none. */
struct lrt_iteration {
    const struct lrt_slice *slice;
    int64_t iteration;
};
/* Tell m->residency what changes between `now` and `next`, the next iteration that reads weights. They do nothing
 * without a residency. */
void lrt_residency_before(const struct lrt_model *m, const struct lrt_iteration *now, const struct lrt_iteration *next);
void lrt_residency_after(const struct lrt_model *m, const struct lrt_iteration *now, const struct lrt_iteration *next);

/* The learning rate of update `step` (from 1) as a fraction of the base rate. steps 0: constant after the warm-up. */
double lrt_schedule(const struct lrt_rate_schedule *s, int64_t step);

/* Fills bytes with signalling NaNs: generated code of `--arena poisoned` calls it where values are born and die. */
void lrt_debug_poison(void *place, size_t bytes);

#ifdef __cplusplus
}
#endif
#endif
