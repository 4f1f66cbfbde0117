// Learning rates: --lr METHOD=X.
#pragma once
#include <stdbool.h>

#include "compiler/compare/variants.h"

// True when every --lr is well formed and names a row of `all` or a gradient method of one; false after a report.
bool rates_are_good(const struct compilation *c, const struct variants *all);
// This row's rate: the last one given. The default is 1e-4 for an estimated gradient. For an exact one it is 0: the
// compiled rate.
double rate_of(const struct options *o, const struct variant *v);
