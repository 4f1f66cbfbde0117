// Zeroth: two evaluations, with noise added to and subtracted from the trained tensors. The difference of their losses
// gives the derivative along that noise. No tensor is changed: kernels add the noise as they read.
#include "compiler/ad/gradient.h"

const struct gradient gradient_zeroth = {
    .name = "zeroth",
    .about = "estimate along noise from two evaluations (MeZO): the memory of an evaluation, a poor direction",
    .trains = true,
    .estimate = perturb};
