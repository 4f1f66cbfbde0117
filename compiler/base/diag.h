// Diagnostics: errors, warnings, notes and hints in gcc form (or JSON), collected in order, printed at the end of a
// stage.
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

enum diag_severity { SEVERITY_ERROR, SEVERITY_WARNING };
enum diag_format { DIAG_TEXT, DIAG_JSON, DIAG_SARIF };

struct diagnostics;
struct text;

struct diagnostics *diag_new(struct arena *a, const struct sources *s);
// diag_report(d, DIAG_E0203, span, "linear: input has %d columns ...", n): the severity is the row's.
void diag_report(struct diagnostics *d, enum diag_id id, struct span at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
// Both belong to the last report.
void diag_note(struct diagnostics *d, struct span at, const char *format, ...) __attribute__((format(printf, 3, 4)));
void diag_hint(struct diagnostics *d, const char *format, ...) __attribute__((format(printf, 2, 3)));
// "--memory", where the place is in the value of an option of the command line; NULL elsewhere.
const char *diag_option_at(const struct diagnostics *d, struct span at);
bool diag_failed(const struct diagnostics *d); // an error was reported
// One of these ids was reported, in the order of diag.def.
bool diag_reported(const struct diagnostics *d, enum diag_id first, enum diag_id last);

// What was reported so far, in order. TEXT: gcc form with the source line; `color` adds terminal colours to it.
// JSON: one array of {file, line, column, end {line, column}, id, severity, message, notes, hint}; file is absent when
// there is no place. SARIF: a log of version 2.1.0. JSON and SARIF are complete documents also when nothing was
// reported.
void diag_write(const struct diagnostics *d, struct text *t, enum diag_format format, bool color);
void diag_print(const struct diagnostics *d, FILE *stream, enum diag_format format, bool color);

// Title, cause and cure of an id ("E0203"), or of "all" in the order of the table; false when there is no such id.
bool diag_explain(const char *id, struct text *t);
const char *diag_name(enum diag_id id); // "E0203"
const char *diag_title(enum diag_id id);
