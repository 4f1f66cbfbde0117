// IA3 (arXiv 2205.05638): the frozen W stays, and a trained vector l scales what linear gives, (x W^T + bias) * l with
// l [out], or, with `scale: inputs`, what it takes, (x * l) W^T + bias with l [in].
#include "compiler/adapter/adapter.h"

#include "compiler/base/arena.h"
#include "compiler/op/op.h"

static bool scales_inputs(const struct model_adaptation *a) { return adapter_option(a, "scale") > 0; }

static void declare(const struct adapter_site *s, struct adapted *a) {
    const bool inputs = scales_inputs(s->adaptation);
    struct shape l = {1, {s->weight->shape[inputs ? 1 : 0]}};
    a->tensors[0] = adapter_add_tensor(s, inputs ? LRT_ROLE_IA3_INPUTS : LRT_ROLE_IA3_OUTPUTS, l);
}

static bool scale(const struct adapted *a, struct expand *call, value_id x) {
    value_id args[] = {x, a->tensors[0]};
    return expand_append(call, &op_mul_vector, args, 2);
}

static bool rewrite(const struct adapted *a, struct expand *call) {
    if (!adapter_input_fits(call)) return expand_append(call, &op_linear, call->args, call->n_args);
    const char *name = call->name, *weight = graph_value(call->graph, call->args[1])->name;
    if (scales_inputs(a->adaptation)) {
        call->name = arena_print(call->graph->arena, "scaled_%s", weight);
        if (!scale(a, call, call->args[0])) return false;
        call->name = name;
        call->args[0] = call->result;
        return expand_append(call, &op_linear, call->args, call->n_args);
    }
    call->name = arena_print(call->graph->arena, "unscaled_%s", weight);
    if (!expand_append(call, &op_linear, call->args, call->n_args)) return false;
    call->name = name;
    return scale(a, call, call->result);
}

const struct adapter adapter_ia3 = {.declare = declare, .rewrite = rewrite};
