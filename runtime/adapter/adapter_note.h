// adapter_note: what is worth knowing of an adapter that was read all the same.
#pragma once
#include "runtime/adapter/adapter_entries.h"

// Appends a sentence to the report, behind a semicolon if it is not the first.
void lrt_note(struct lrt_report *report, const char *format, ...) __attribute__((format(printf, 2, 3)));
// Whether the adapter was trained on another base than the program's, by the names. base NULL: it does not say.
void lrt_note_base(const char *path, const char *base, const struct lrt_plan_info *plan, struct lrt_report *report);
// Whether lora_b was multiplied: scale [e->n] other than 1.
void lrt_note_scale(const char *path, const struct adapter_entries *e, const double *scale, struct lrt_report *report);
