// Full: the tensor itself is trained, from the value that the weights file has; every op sees the parameter.
#include "compiler/adapter/adapter.h"

static void declare(const struct adapter_site *s, struct adapted *a) {
    struct shape shape = {.rank = s->weight->rank};
    for (int i = 0; i < shape.rank; i++) shape.dim[i] = s->weight->shape[i];
    a->tensors[0] = adapter_add_tensor(s, LRT_ROLE_FULL, shape);
}

const struct adapter adapter_full = {.declare = declare};
