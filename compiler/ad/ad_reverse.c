// Reverse: keeps the minimal set of values that the backward pass needs; what is cheap (norms, elementwise, rank-r
// products) is computed again from those.
#include "compiler/ad/gradient.h"

const struct gradient gradient_reverse = {.name = "reverse",
                                          .about = "exact; keeps what the backward pass needs of every layer: fastest",
                                          .trains = true,
                                          .kept = KEPT_ALL};
