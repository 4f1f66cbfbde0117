// Compare: --compare, a table of all variants to stdout.
#pragma once
#include "compiler/compare/variants.h"

struct comparison {
    struct variants variants;
    struct report_comparison told; // what they were measured on
};

// What can be told before anything is measured; false after a report.
bool compare_prepare(struct compilation *c, struct comparison *out);
// Measures, where that is asked for, and prints. False after a report. That none of them fits the budget is reported
// too (E0402); that measured bits differ is an internal error.
bool compare_variants(struct compilation *c, struct comparison *out);
