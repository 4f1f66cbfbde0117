// Compare table: the alternatives of a report as tables for people.
#pragma once
#include "compiler/report/report.h"

// Bytes of all pools that are memory.
int64_t pools_sum(const struct pool_size pools[PROGRAM_POOLS]);

// What each takes and works, as planned; with time and memory where they were measured.
void put_planned_table(const struct report *r, struct text *out);
// What each pool took, where that was measured.
void put_measured_table(const struct report *r, struct text *out);
// Gradients beside the exact one, and the loss after equal time; nothing without data.
void put_quality_table(const struct report *r, struct arena *a, struct text *out);

// Parts of these.
void put_size(struct text *out, int width, int64_t bytes, int64_t unit); // two decimals
void put_number(struct text *out, int width, int decimals, double value);
