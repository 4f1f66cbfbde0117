// Checkpoint: keeps only the input of every layer and computes the layer again, value by value, when its backward pass
// needs it.
#include "compiler/ad/gradient.h"

const struct gradient gradient_checkpoint = {
    .name = "checkpoint", .about = "exact; keeps the input of every layer and computes the rest again", .trains = true};
