// None: no gradient; the program evaluates the loss and returns logits.
#include "compiler/ad/gradient.h"

const struct gradient gradient_none = {.name = "none", .about = "evaluation and logits only", .trains = false};
