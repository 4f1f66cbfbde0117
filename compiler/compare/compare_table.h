// Compare table: the alternatives of a report as text tables.
#pragma once
#include "compiler/report/report.h"

// Bytes of all pools that are in memory.
int64_t pools_sum(const struct pool_size pools[PROGRAM_POOLS]);

// Planned memory and work of each alternative, with measured time and memory where available.
void print_planned_table(const struct report *r, struct text *out);
// Measured memory of each pool, where available.
void print_measured_table(const struct report *r, struct text *out);
// Gradients compared with the exact one, and the loss after equal time; empty without data.
void print_quality_table(const struct report *r, struct arena *a, struct text *out);
