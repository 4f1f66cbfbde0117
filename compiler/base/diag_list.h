// Diagnostics as the printers see them; everybody else includes diag.h.
#pragma once
#include "compiler/base/diag.h"

struct diag_note {
    struct span at;
    const char *message;
};

struct diagnostic {
    enum diag_id id;
    struct span at;
    const char *message;
    const char *hint; // NULL: none
    struct diag_note *notes;
    size_t n_notes, notes_capacity;
};

struct diagnostics {
    struct arena *arena;
    const struct sources *sources;
    struct diagnostic *list;
    size_t count, capacity;
    bool failed;
};

struct diag_row {
    const char *name;
    enum diag_severity severity;
    const char *title, *explanation;
};
const struct diag_row *diag_row(enum diag_id id);
const char *diag_severity_name(enum diag_severity s);

void diag_write_text(const struct diagnostics *d, struct text *t, bool color);
void diag_write_json(const struct diagnostics *d, struct text *t);
void diag_write_sarif(const struct diagnostics *d, struct text *t);
