// Reverse: keeps the minimal set of values that the backward pass needs; what is cheap (norms, elementwise, rank-r
// products) is computed again from those.
#include "compiler/ad/gradient.h"
#include "compiler/op/op.h"

static bool keep(const struct graph *g, const struct node *n) {
    (void)g;
    return !n->op->cheap;
}

const struct gradient gradient_reverse = {.name = "reverse",
                                          .about = "exact; keeps what the backward pass needs of every layer: fastest",
                                          .trains = true,
                                          .keep = keep};
