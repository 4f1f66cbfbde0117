// LoRA (arXiv 2106.09685): the frozen W stays, and y = x W^T + bias + scale (x A^T) B^T with A [rank, in], B [out,
// rank], scale = alpha / rank. It is the two nodes h = low_rank(x, A) and y = linear(x, W, bias, h, B).
#include "compiler/adapter/adapter.h"

#include "compiler/base/arena.h"
#include "compiler/op/op.h"

enum { A, B };

static void declare(const struct adapter_site *s, struct adapted *a) {
    const int64_t rank = (int64_t)adapter_option(s->adaptation, "rank");
    a->tensors[A] = adapter_add_tensor(s, LRT_ROLE_LORA_A, (struct shape){2, {rank, s->weight->shape[1]}});
    a->tensors[B] = adapter_add_tensor(s, LRT_ROLE_LORA_B, (struct shape){2, {s->weight->shape[0], rank}});
}

static bool rewrite(const struct adapted *a, struct expand *call) {
    if (!adapter_input_fits(call)) return expand_append(call, &op_linear, call->args, call->n_args);
    const char *name = call->name;
    value_id low[] = {call->args[0], a->tensors[A]};
    call->name = arena_print(call->graph->arena, "low_%s", graph_value(call->graph, call->args[1])->name);
    if (!expand_append(call, &op_low_rank, low, 2)) return false;
    call->name = name;
    const double scale = adapter_option(a->adaptation, "alpha") / adapter_option(a->adaptation, "rank");
    call->attrs[call->n_attrs++] = (struct attr){.name = "scale", .number = scale};
    const value_id bias = call->n_args > 2 ? call->args[2] : (value_id){0};
    value_id args[] = {call->args[0], call->args[1], bias, call->result, a->tensors[B]};
    return expand_append(call, &op_linear, args, 5);
}

const struct adapter adapter_lora = {.declare = declare, .rewrite = rewrite};
