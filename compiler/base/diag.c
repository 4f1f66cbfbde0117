// Diagnostics: a list that grows while a stage runs, and its printing in the form asked for.
#include "compiler/base/diag.h"

#include <stdarg.h>
#include <string.h>

#include "compiler/base/arena.h"
#include "compiler/base/diag_list.h"
#include "compiler/base/text.h"

struct diagnostics *diag_new(struct arena *a, const struct sources *s) {
    struct diagnostics *d = ARENA_NEW(a, struct diagnostics);
    d->arena = a;
    d->sources = s;
    return d;
}

static const char *format_message(struct arena *a, const char *format, va_list args) {
    struct text t = {0};
    text_vprint(&t, format, args);
    const char *message = arena_copy(a, t.bytes, t.length);
    text_free(&t);
    return message;
}

void diag_report(struct diagnostics *d, enum diag_id id, struct span at, const char *format, ...) {
    va_list args;
    va_start(args, format);
    d->list = arena_grow(d->arena, d->list, d->count, &d->capacity, sizeof *d->list);
    d->list[d->count++] = (struct diagnostic){.id = id, .at = at, .message = format_message(d->arena, format, args)};
    va_end(args);
    if (diag_row(id)->severity == SEVERITY_ERROR) d->failed = true;
}

void diag_note(struct diagnostics *d, struct span at, const char *format, ...) {
    if (d->count == 0) return;
    struct diagnostic *last = &d->list[d->count - 1];
    va_list args;
    va_start(args, format);
    last->notes = arena_grow(d->arena, last->notes, last->n_notes, &last->notes_capacity, sizeof *last->notes);
    last->notes[last->n_notes++] = (struct diag_note){at, format_message(d->arena, format, args)};
    va_end(args);
}

void diag_hint(struct diagnostics *d, const char *format, ...) {
    if (d->count == 0) return;
    va_list args;
    va_start(args, format);
    d->list[d->count - 1].hint = format_message(d->arena, format, args);
    va_end(args);
}

const char *diag_option_at(const struct diagnostics *d, struct span at) {
    const struct source *file = source_get(d->sources, at.source);
    const size_t n = file ? strlen(file->path) : 0;
    if (n < 3 || file->path[0] != '<' || file->path[1] != '-') return NULL; // "<--memory>", "<-D batch>"
    return arena_copy(d->arena, file->path + 1, n - 2);
}

bool diag_failed(const struct diagnostics *d) { return d->failed; }

bool diag_reported(const struct diagnostics *d, enum diag_id first, enum diag_id last) {
    for (size_t i = 0; i < d->count; i++)
        if (d->list[i].id >= first && d->list[i].id <= last) return true;
    return false;
}

void diag_write(const struct diagnostics *d, struct text *t, enum diag_format format, bool color) {
    switch (format) {
    case DIAG_TEXT: diag_write_text(d, t, color); break;
    case DIAG_JSON: diag_write_json(d, t); break;
    case DIAG_SARIF: diag_write_sarif(d, t); break;
    }
}

void diag_print(const struct diagnostics *d, FILE *stream, enum diag_format format, bool color) {
    struct text t = {0};
    diag_write(d, &t, format, color);
    if (t.length) fwrite(t.bytes, 1, t.length, stream);
    text_free(&t);
}
