// Random directions: two counts become moments of a beta distribution.
#include "compiler/compare/random_directions.h"

#include <math.h>

static double deviation(double mean_square, double mean) {
    return mean_square > mean * mean ? sqrt(mean_square - mean * mean) : 0;
}

struct expectation expect_directions(double d, double k) {
    struct expectation e = {
        .cosine = exp(lgamma((k + 1) / 2) - lgamma(k / 2) + lgamma((d + k - 1) / 2) - lgamma((d + k) / 2))};
    e.cosine_deviation = deviation(k / (d + k - 1), e.cosine);
    e.norm = (d + k - 1) / k * e.cosine;
    e.norm_deviation = deviation((d + k + 1) / k, e.norm);
    return e;
}
