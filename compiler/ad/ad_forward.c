// Forward: one pass with the derivative along noise beside every value: nothing is kept, whatever the depth.
#include "compiler/ad/gradient.h"

const struct gradient gradient_forward = {
    .name = "forward",
    .about =
        "estimate along noise from exact derivatives in one forward pass (SPRY): about twice an evaluation's memory",
    .trains = true,
    .estimate = push_forward};
