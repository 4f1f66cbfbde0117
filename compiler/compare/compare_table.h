// Compare table: the alternatives of a report as text tables.
#pragma once
#include "compiler/report/report.h"

// Bytes of all pools that are in memory.
int64_t pools_sum(const struct pool_size pools[PROGRAM_POOLS]);

// Planned memory and work of each alternative, with measured time and memory where available.
void put_planned_table(const struct report *r, struct text *out);
// Measured memory of each pool, where available.
void put_measured_table(const struct report *r, struct text *out);
// Gradients compared with the exact one, and the loss after equal time; empty without data.
void put_quality_table(const struct report *r, struct arena *a, struct text *out);

// Helpers of these tables.
void put_size(struct text *out, int width, int64_t bytes, int64_t unit); // two decimals
void put_number(struct text *out, int width, int decimals, double value);
