// Compare: --compare, a table of all variants to stdout.
#pragma once
#include "compiler/compare/variants.h"

struct comparison {
    struct variants variants;
    struct report_comparison setup; // the setup of the measurements
};

// Checks all that can be checked before measuring; returns false after a report.
bool compare_prepare(struct compilation *c, struct comparison *out);
// Measures if asked to, and prints the table. Returns false after a report. If no variant fits the budget, that is
// reported too (E0402). Differing bits are an internal error.
bool compare_variants(struct compilation *c, struct comparison *out);
