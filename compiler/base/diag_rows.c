// Rows of diag.def: the name, severity, title and explanation of every diagnostic.
#include <string.h>

#include "compiler/base/diag_list.h"
#include "compiler/base/text.h"

static const struct diag_row rows[] = {
#define DIAG(id, severity, title, explanation) {#id, SEVERITY_##severity, title, explanation},
#include "compiler/base/diag.def"
#undef DIAG
};

const struct diag_row *diag_row(enum diag_id id) { return &rows[id]; }
const char *diag_name(enum diag_id id) { return rows[id].name; }
const char *diag_title(enum diag_id id) { return rows[id].title; }
const char *diag_severity_name(enum diag_severity s) { return s == SEVERITY_ERROR ? "error" : "warning"; }

bool diag_explain(const char *id, struct text *t) {
    bool all = strcmp(id, "all") == 0, found = false;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!all && strcmp(rows[i].name, id) != 0) continue;
        text_print(t, "%s%s: %s\n\n%s\n", found ? "\n" : "", rows[i].name, rows[i].title, rows[i].explanation);
        found = true;
    }
    return found;
}
