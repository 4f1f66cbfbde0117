// Stochastic gradient descent, PyTorch's: a buffer of state only with momentum.
#include "compiler/op/op.h"
#include "compiler/optim/optim.h"

static int n_states(const struct model_train *t) { return model_optimizer_option(t, "momentum", 0) != 0 ? 1 : 0; }

static void update(const struct optim_tensor *t) {
    const struct attr attrs[] = {
        {"momentum", model_optimizer_option(t->train, "momentum", 0), NULL},
        {"weight_decay", model_optimizer_option(t->train, "weight_decay", 0), NULL},
    };
    value_id args[] = {t->param, t->gradient, t->state[0]};
    op_emit(t->graph, &op_sgd, args, 3, attrs, 2, NULL, t->train->optimizer_span);
}

const struct optim optim_sgd = {.name = "sgd", .n_states = n_states, .update = update};
