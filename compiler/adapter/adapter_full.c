// Full: the tensor itself is trained, from the value that the weights file has; every op sees the parameter.
#include "compiler/adapter/adapter.h"

static struct adapted declare(const struct adapter_site *s) {
    struct shape shape = {.rank = s->weight->rank};
    for (int i = 0; i < shape.rank; i++) shape.dim[i] = s->weight->shape[i];
    return (struct adapted){.weight = adapter_add_param(s, "full", "full", shape)};
}

const struct adapter adapter_full = {.name = "full", .declare = declare};
