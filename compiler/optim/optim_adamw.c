// AdamW (arXiv 1711.05101), PyTorch's: two moments of state.
#include "compiler/op/op.h"
#include "compiler/optim/optim.h"

static int n_states(const struct model_train *t) {
    (void)t;
    return 2;
}

static void update(const struct optim_tensor *t) {
    const struct attr attrs[] = {
        {"beta1", model_optimizer_option(t->train, "betas", 0), NULL},
        {"beta2", model_optimizer_option(t->train, "betas", 1), NULL},
        {"eps", model_optimizer_option(t->train, "eps", 0), NULL},
        {"weight_decay", model_optimizer_option(t->train, "weight_decay", 0), NULL},
    };
    value_id args[] = {t->param, t->gradient, t->state[0], t->state[1]};
    op_emit(t->graph, &op_adamw, args, 4, attrs, 4, NULL, t->train->optimizer_span);
}

const struct optim optim_adamw = {.name = "adamw", .n_states = n_states, .update = update};
