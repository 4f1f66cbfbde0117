// Checkpoint: keeps only the input of every layer. The layer's backward pass recomputes its values as it needs them.
#include "compiler/ad/gradient.h"

const struct gradient gradient_checkpoint = {
    .name = "checkpoint", .about = "exact; keeps the input of every layer and computes the rest again", .trains = true};
