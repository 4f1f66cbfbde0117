// None: no gradient at all; the program evaluates and gives logits.
#include "compiler/ad/gradient.h"

const struct gradient gradient_none = {.name = "none", .about = "evaluation and logits only", .trains = false};
