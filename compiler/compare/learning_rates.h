// Learning rates: --lr METHOD=X.
#pragma once
#include <stdbool.h>

#include "compiler/compare/variants.h"

// Whether every --lr is of the form and names a row of `all` or a gradient method of one; false after a report.
bool rates_are_good(const struct compilation *c, const struct variants *all);
// The one for this row, the last that was given; else 1e-4 for an estimated gradient, and for an exact one 0: the rate
// that it was compiled with.
double rate_of(const struct options *o, const struct variant *v);
