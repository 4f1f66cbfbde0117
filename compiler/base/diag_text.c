// Diagnostics as text: gcc's form, then the source line with a caret and tildes under the span, notes, and a hint.
#include <string.h>

#include "compiler/base/diag_list.h"
#include "compiler/base/text.h"

enum {
    LINE_NUMBER_WIDTH = 5,
    SHOWN_BEFORE = 80,
    SHOWN_MAX = 200,  // of a longer line a window around the caret is shown
    MESSAGES_MAX = 50 // more tell nobody anything
};

struct palette {
    const char *bold, *error, *warning, *note, *mark, *reset;
};
static const struct palette plain = {"", "", "", "", "", ""};
static const struct palette colors = {"\033[1m", "\033[1;31m", "\033[1;35m", "\033[1;36m", "\033[1;32m", "\033[0m"};

static void write_place(const struct sources *s, struct span at, struct text *t, const struct palette *p) {
    const struct source *file = source_get(s, at.source);
    if (!file) {
        text_print(t, "%slorac:%s ", p->bold, p->reset);
        return;
    }
    uint32_t line, column;
    source_place(file, at.first, &line, &column);
    text_print(t, "%s%s:%u:%u:%s ", p->bold, file->path, line, column, p->reset);
}

static bool continues_character(char byte) { return ((unsigned char)byte & 0xC0) == 0x80; }

// The line of the span's first byte, and under it `^~~~` up to the span's end or the line's.
static void write_snippet(const struct sources *s, struct span at, struct text *t, const struct palette *p) {
    const struct source *file = source_get(s, at.source);
    if (!file) return;
    uint32_t line, column;
    source_place(file, at.first, &line, &column);
    const char *begin = file->bytes + file->lines[line - 1];
    uint32_t length = (uint32_t)strcspn(begin, "\n");
    uint32_t rest = file->length - file->lines[line - 1];
    if (length > rest) length = rest;
    while (length && begin[length - 1] == '\r') length--;
    uint32_t start = length > SHOWN_MAX && column > SHOWN_BEFORE ? column - SHOWN_BEFORE : 0;
    uint32_t shown = length - start > SHOWN_MAX ? SHOWN_MAX : length - start;
    bool cut = start + shown < length;
    text_print(t, "%*u | %s", LINE_NUMBER_WIDTH, line, start ? "..." : "");
    text_add(t, begin + start, shown);
    text_puts(t, cut ? "..." : "");
    length = start + shown;
    text_print(t, "\n%*s | %s", LINE_NUMBER_WIDTH, "", p->mark);
    if (start) text_puts(t, "   ");
    for (uint32_t i = start; i + 1 < column && i < length; i++) // tabs stay tabs; one blank a UTF-8 character
        if (!continues_character(begin[i])) text_puts(t, begin[i] == '\t' ? "\t" : " ");
    text_puts(t, "^");
    uint32_t last = column - 1 + (at.last > at.first ? at.last - at.first : 1);
    for (uint32_t i = column; i < last && i < length; i++)
        if (!continues_character(begin[i])) text_puts(t, "~");
    text_print(t, "%s\n", p->reset);
}

static void write_one(const struct diagnostics *d, const struct diagnostic *one, struct text *t,
                      const struct palette *p) {
    const struct diag_row *row = diag_row(one->id);
    const char *color = row->severity == SEVERITY_ERROR ? p->error : p->warning;
    write_place(d->sources, one->at, t, p);
    text_print(t, "%s%s:%s %s%s [%s]%s\n", color, diag_severity_name(row->severity), p->reset, p->bold, one->message,
               row->name, p->reset);
    write_snippet(d->sources, one->at, t, p);
    for (size_t i = 0; i < one->n_notes; i++) {
        write_place(d->sources, one->notes[i].at, t, p);
        text_print(t, "%snote:%s %s\n", p->note, p->reset, one->notes[i].message);
        write_snippet(d->sources, one->notes[i].at, t, p);
    }
    if (one->hint) text_print(t, "%*s %shint:%s %s\n", LINE_NUMBER_WIDTH, "", p->note, p->reset, one->hint);
}

void diag_write_text(const struct diagnostics *d, struct text *t, bool color) {
    for (size_t i = 0; i < d->count && i < MESSAGES_MAX; i++) write_one(d, &d->list[i], t, color ? &colors : &plain);
    if (d->count > MESSAGES_MAX) text_print(t, "lorac: and %zu more\n", d->count - MESSAGES_MAX);
}
