// Forward: one pass that computes every value and its derivative along noise. It keeps nothing, whatever the depth.
#include "compiler/ad/gradient.h"

const struct gradient gradient_forward = {
    .name = "forward",
    .about =
        "estimate along noise from exact derivatives in one forward pass (SPRY): about twice an evaluation's memory",
    .trains = true,
    .estimate = push_forward};
