// Zeroth: two evaluations with noise added to and taken from the trained tensors; the difference of their losses says
// how the loss changes along that noise. Nothing is changed and restored: kernels add the noise where they read a
// tensor.
#include "compiler/ad/gradient.h"

const struct gradient gradient_zeroth = {
    .name = "zeroth",
    .about = "estimate along noise from two evaluations (MeZO): the memory of an evaluation, a poor direction",
    .trains = true,
    .estimate = perturb};
