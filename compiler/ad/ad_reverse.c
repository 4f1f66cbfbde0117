// Reverse: keeps the minimal set of values for the backward pass. Cheap ones (norms, elementwise, rank-r products) are
// recomputed from those.
#include "compiler/ad/gradient.h"

const struct gradient gradient_reverse = {.name = "reverse",
                                          .about = "exact; keeps what the backward pass needs of every layer: fastest",
                                          .trains = true,
                                          .kept = KEPT_ALL};
