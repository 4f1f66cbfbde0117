// Compare: --compare, a table of all variants to stdout, and the reports asked for. Sets c->status: EXIT_BUDGET when a
// budget is given that none of them fits, EXIT_INTERNAL when measured bits differ.
#pragma once
#include "compiler/compilation.h"

void compare_variants(struct compilation *c);
