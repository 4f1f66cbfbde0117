/* What the files of a model share: model_init.c its beginning, model.c its steps, model_estimate.c scalars and what
 * becomes of them, model_shards.c who trains which tensors. */
#ifndef LRT_MODEL_PARTS_H
#define LRT_MODEL_PARTS_H
#include <lorac/lrt.h>

/* Forgets the step at work. */
void lrt_model_drop(struct lrt_model *m);
/* The rate of the update that comes next. */
double lrt_model_rate(const struct lrt_model *m);
/* Runs `update` with the gradient that is there, unless that is of nothing; counts a step. out may be null. */
void lrt_model_update(struct lrt_model *m, int of_nothing, struct lrt_step *out);
/* The double at an offset of the arena. */
double lrt_model_double(const struct lrt_model *m, size_t offset);

/* ---- estimates ---- */
/* Scalars of the step that begins are zero; its noise is that of the first pass. */
void lrt_estimate_begin(struct lrt_model *m);
/* After `gradient` has run once: 1 when it must run again on the same micro-batch, else the micro-batch's loss is
 * added. */
int lrt_estimate_pass(struct lrt_model *m);
/* The sums of all micro-batches become the terms of the step's own update. */
void lrt_estimate_complete(struct lrt_model *m);
/* eval and logits: tensors as they are. */
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
