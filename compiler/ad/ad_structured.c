// Structured: keeps only the input of every layer, as checkpoint does, and runs a layer's forward and backward pass in
// tiles of rows. A recomputed value is used at once and is only a few rows high.
#include "compiler/ad/gradient.h"

const struct gradient gradient_structured = {
    .name = "structured",
    .about = "exact; keeps the input of every layer and computes the rest again a few rows at a time: least memory",
    .trains = true,
    .tiles = true};
