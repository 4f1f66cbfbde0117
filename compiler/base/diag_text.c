// Diagnostics as text: gcc's form, then the source line with a caret and tildes under the span, notes, and a hint.
#include <string.h>

#include "compiler/base/diag_list.h"
#include "compiler/base/text.h"
#include "compiler/base/visible.h"

enum {
    LINE_NUMBER_WIDTH = 5,
    SHOWN_BEFORE = 80,
    SHOWN_MAX = 200,  // of a longer line a window around the caret is shown
    MESSAGES_MAX = 50 // more help nobody
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
    text_puts(t, p->bold);
    text_puts_visible(t, file->path);
    text_print(t, ":%u:%u:%s ", line, column, p->reset);
}

// The line's bytes [start, end) with everything that a terminal acts on replaced by one column.
static void write_line(struct text *t, const char *line, uint32_t start, uint32_t end) {
    text_add_visible(t, line + start, end - start, "\xEF\xBF\xBD");
}

// One `mark` a character of the line's bytes [start, end); with a blank, tabs stay tabs.
static void write_marks(struct text *t, const char *line, uint32_t start, uint32_t end, char mark) {
    for (uint32_t i = start; i < end;) {
        unsigned code;
        size_t count = utf8_length(line + i, end - i, &code);
        text_add(t, mark == ' ' && line[i] == '\t' ? "\t" : &mark, 1);
        i += count ? (uint32_t)count : 1;
    }
}

static uint32_t least(uint32_t a, uint32_t b) { return a < b ? a : b; }

// A character is not cut: the offset of the one that byte `at` belongs to.
static uint32_t character_start(const char *line, uint32_t at) {
    for (int back = 0; at && back < 3 && ((unsigned char)line[at] & 0xC0) == 0x80; back++) at--;
    return at;
}

// The line of the span's first byte, and under it `^~~~` up to the span's end or the line's.
static void write_snippet(const struct sources *s, struct span at, struct text *t, const struct palette *p) {
    const struct source *file = source_get(s, at.source);
    if (!file) return;
    uint32_t number, column;
    source_place(file, at.first, &number, &column);
    const char *line = file->bytes + file->lines[number - 1];
    uint32_t rest = file->length - file->lines[number - 1];
    const char *line_feed = memchr(line, '\n', rest);
    uint32_t length = line_feed ? (uint32_t)(line_feed - line) : rest;
    while (length && line[length - 1] == '\r') length--;
    uint32_t caret = least(column - 1, length), start = 0;
    if (length > SHOWN_MAX && caret > SHOWN_BEFORE) start = character_start(line, caret - SHOWN_BEFORE);
    uint32_t end = length - start > SHOWN_MAX ? character_start(line, start + SHOWN_MAX) : length;
    text_print(t, "%*u | %s", LINE_NUMBER_WIDTH, number, start ? "..." : "");
    write_line(t, line, start, end);
    text_print(t, "%s\n%*s | %s%s", end < length ? "..." : "", LINE_NUMBER_WIDTH, "", p->mark, start ? "   " : "");
    write_marks(t, line, start, caret, ' ');
    text_puts(t, "^");
    uint32_t last = least(caret + (at.last > at.first ? at.last - at.first : 1), end);
    unsigned code;
    size_t under = utf8_length(line + caret, length - caret, &code);
    uint32_t next = caret + (under ? (uint32_t)under : 1);
    if (next < last) write_marks(t, line, next, last, '~');
    text_print(t, "%s\n", p->reset);
}

static void write_one(const struct diagnostics *d, const struct diagnostic *one, struct text *t,
                      const struct palette *p) {
    const struct diag_row *row = diag_row(one->id);
    const char *color = row->severity == SEVERITY_ERROR ? p->error : p->warning;
    write_place(d->sources, one->at, t, p);
    text_print(t, "%s%s:%s %s", color, diag_severity_name(row->severity), p->reset, p->bold);
    text_puts_visible(t, one->message);
    text_print(t, " [%s]%s\n", row->name, p->reset);
    write_snippet(d->sources, one->at, t, p);
    for (size_t i = 0; i < one->n_notes; i++) {
        write_place(d->sources, one->notes[i].at, t, p);
        text_print(t, "%snote:%s ", p->note, p->reset);
        text_puts_visible(t, one->notes[i].message);
        text_puts(t, "\n");
        write_snippet(d->sources, one->notes[i].at, t, p);
    }
    if (!one->hint) return;
    text_print(t, "%*s %shint:%s ", LINE_NUMBER_WIDTH, "", p->note, p->reset);
    text_puts_visible(t, one->hint);
    text_puts(t, "\n");
}

void diag_write_text(const struct diagnostics *d, struct text *t, bool color) {
    for (size_t i = 0; i < d->count && i < MESSAGES_MAX; i++) write_one(d, &d->list[i], t, color ? &colors : &plain);
    if (d->count > MESSAGES_MAX) text_print(t, "lorac: and %zu more\n", d->count - MESSAGES_MAX);
}
