// Structured: keeps only the input of every layer, as checkpoint does, and runs the forward and backward pass of a
// layer in tiles of rows: what is computed again is used at once and is never more than a few rows high.
#include "compiler/ad/gradient.h"

const struct gradient gradient_structured = {
    .name = "structured",
    .about = "exact; keeps the input of every layer and computes the rest again a few rows at a time: least memory",
    .trains = true,
    .tiles = true};
