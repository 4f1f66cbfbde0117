// LoRA (arXiv 2106.09685): the frozen W stays, linear adds scale (x A^T) B^T with A [rank, in], B [out, rank], scale =
// alpha/rank.
#include "compiler/adapter/adapter.h"

static struct adapted declare(const struct adapter_site *s) {
    const struct model_adaptation *a = s->adaptation;
    struct shape down = {2, {a->rank, s->weight->shape[1]}}, up = {2, {s->weight->shape[0], a->rank}};
    struct adapted result = {.linear_only = true, .lora_scale = a->alpha / (double)a->rank};
    result.lora_a = adapter_add_param(s, "lora", "lora_a", down);
    result.lora_b = adapter_add_param(s, "lora", "lora_b", up);
    return result;
}

const struct adapter adapter_lora = {.name = "lora", .declare = declare};
