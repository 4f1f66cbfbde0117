// adapter_note: remarks about an adapter that was read and may still surprise.
#pragma once
#include "runtime/adapter/adapter_entries.h"

// Appends a sentence to the report, after a semicolon if it is not the first.
void lrt_note(struct lrt_report *report, const char *format, ...) __attribute__((format(printf, 2, 3)));
// Whether the adapter was trained on another base than the program's, judged by their names. base NULL: unknown.
void lrt_note_base(const char *path, const char *base, const struct lrt_plan_info *plan, struct lrt_report *report);
// Whether lora_b was multiplied: scale [e->n] other than 1.
void lrt_note_scale(const char *path, const struct adapter_entries *e, const double *scale, struct lrt_report *report);
