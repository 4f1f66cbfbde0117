/* What the files of a model share: model_init.c its beginning, model.c its steps, model_walk.c the slices of a step,
 * model_state.c its state, model_estimate.c its scalars and what becomes of them, model_shards.c who trains which
 * tensors. */
#ifndef LRT_MODEL_INTERNAL_H
#define LRT_MODEL_INTERNAL_H
#include <lorac/lrt.h>

/* ---- model_state.c ---- */
/* Aborts the step at work; a later advance or finish returns LRT_ERR_STATE. */
void lrt_model_drop(struct lrt_model *m);
/* The learning rate of the next update. */
double lrt_model_rate(const struct lrt_model *m);
/* The double at an offset of the arena. */
double lrt_model_double(const struct lrt_model *m, size_t offset);

/* ---- model_walk.c ---- */
/* Goes to the first iteration that runs. */
void lrt_walk_start(struct lrt_model *m, const struct lrt_slices *of);
/* Runs the current iteration and goes to the next; 1 when that was the last. again: the slices run once more then. */
int lrt_walk_next(struct lrt_model *m, const struct lrt_slices *of, int again);
/* Runs all iterations. */
void lrt_walk_all(struct lrt_model *m, const struct lrt_slices *of);
/* Runs `update` with the gradient that is there, unless no token counted (of_nothing), and counts the step. out may be
 * null. */
void lrt_model_update(struct lrt_model *m, int of_nothing, struct lrt_step *out);

/* ---- estimates ---- */
/* Clears the scalars for a new step and sets the noise of its first pass. */
void lrt_estimate_begin(struct lrt_model *m);
/* Call after each run of `gradient`. Returns 1 if it must run again on the same micro-batch; else adds the
 * micro-batch's loss and returns 0. */
int lrt_estimate_pass(struct lrt_model *m);
/* Turns the sums of all micro-batches into the terms of the step's own update. */
void lrt_estimate_complete(struct lrt_model *m);
/* For eval and logits: tensors without noise. */
void lrt_estimate_none(struct lrt_model *m);

/* ---- shards ---- */
/* 1 <= shard <= shards <= pairs of tensors, and the shard has one; or 0, 0. Else LRT_ERR_ARGUMENT with the reason. */
int lrt_check_shard(struct lrt_model *m, const struct lrt_plan_info *info, const char *call, int32_t shard,
                    int32_t shards);
/* How many iterations of the loop come before the first trained tensor of the shard. */
int64_t lrt_bound_value(const struct lrt_model *m, const struct lrt_bound *s);
/* The number of instance k as noise. */
uint32_t lrt_param_noise(const struct lrt_param_info *p, int64_t k);
/* Elements of one instance. */
int64_t lrt_param_floats(const struct lrt_param_info *p);
#endif
