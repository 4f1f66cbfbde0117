// files_plan: the plan of a small llama with any dims, for the tests of weight files.
#pragma once
#include <lorac/lrt_files.h>

enum { PLAN_WEIGHTS = 11, PLAN_PARAMS_MAX = 16 };

struct small_dims {
    int64_t vocab, width, depth, heads, kv_heads, head, ff;
};

struct small_plan {
    struct lrt_dim_info dims[7];
    struct lrt_weight_info weights[PLAN_WEIGHTS];
    struct lrt_param_info params[PLAN_PARAMS_MAX];
    struct lrt_plan_info plan;
};

extern const struct small_dims stories_dims; // of stories260K

void plan_build(struct small_plan *p, struct small_dims d);

// LoRA on layers first..first+count-1 of one weight; returns the offset after it.
int64_t plan_lora(struct small_plan *p, uint32_t weight, const char *name_a, const char *name_b, int64_t first,
                  int64_t count, int64_t rank, double alpha, int64_t offset);

int64_t plan_full(struct small_plan *p, uint32_t weight, const char *name, int64_t first, int64_t count,
                  int64_t offset);
