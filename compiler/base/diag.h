// Diagnostics: errors, warnings, notes and hints in gcc form (or JSON), collected in order, printed at the end of a stage.
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "compiler/base/source.h"

// DIAG(id, severity, title, explanation): one row of diag.def per stable id; --explain prints title and explanation.
enum diag_id {
#define DIAG(id, severity, title, explanation) DIAG_##id,
#include "compiler/base/diag.def"
#undef DIAG
    DIAG_COUNT
};

struct diagnostics;

struct diagnostics *diag_new(struct arena *a, const struct sources *s);
// diag_error(d, DIAG_E0203, span, "linear: input has %d columns ...", n): the severity is the row's.
void diag_report(struct diagnostics *d, enum diag_id id, struct span at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
// Both belong to the last report.
void diag_note(struct diagnostics *d, struct span at, const char *format, ...) __attribute__((format(printf, 3, 4)));
void diag_hint(struct diagnostics *d, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool diag_failed(const struct diagnostics *d);  // an error was reported
