/* Values become text: str, and repr with Python's quotes and escapes. */
#include "runtime/template/template_characters.h"
#include "runtime/template/template_value.h"
#include "runtime/text/utf8.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void lrt_template_append(struct template_buffer *b, const char *text, size_t bytes) {
    if (lrt_template_failed(b->run) || bytes == 0) return;
    if (bytes > TEMPLATE_OUTPUT_MAX - b->bytes) {
        lrt_template_fail(b->run, "a text is longer than %d bytes", TEMPLATE_OUTPUT_MAX);
        return;
    }
    if (bytes > b->capacity - b->bytes) {
        size_t wanted = b->capacity ? 2 * b->capacity : 64;
        if (wanted < b->bytes + bytes) wanted = b->bytes + bytes;
        char *grown = lrt_template_memory(b->run, wanted, 1);
        if (!grown) return;
        if (b->bytes) memcpy(grown, b->text, b->bytes);
        b->text = grown;
        b->capacity = wanted;
    }
    memcpy(b->text + b->bytes, text, bytes);
    b->bytes += bytes;
}

static void append_text(struct template_buffer *b, const char *text) { lrt_template_append(b, text, strlen(text)); }

static void append_character(struct template_buffer *b, const char *text, size_t bytes, uint32_t code, char quote) {
    char spelled[16];
    const char *plain = code == '\n'   ? "\\n"
                        : code == '\r' ? "\\r"
                        : code == '\t' ? "\\t"
                        : code == '\\' ? "\\\\"
                                       : NULL;
    if (plain) {
        append_text(b, plain);
    } else if (code == (unsigned char)quote) {
        spelled[0] = '\\';
        spelled[1] = quote;
        lrt_template_append(b, spelled, 2);
    } else if (lrt_template_is_printable(code)) {
        lrt_template_append(b, text, bytes);
    } else {
        snprintf(spelled, sizeof spelled,
                 code < 0x100     ? "\\x%02" PRIx32
                 : code < 0x10000 ? "\\u%04" PRIx32
                                  : "\\U%08" PRIx32,
                 code);
        append_text(b, spelled);
    }
}

static void append_quoted(struct template_buffer *b, struct template_value v) {
    const int single = memchr(v.u.text, '\'', v.count) != NULL, twice = memchr(v.u.text, '"', v.count) != NULL;
    const char quote = single && !twice ? '"' : '\'';
    lrt_template_append(b, &quote, 1);
    for (size_t at = 0; at < v.count && lrt_template_step(b->run, 1);) {
        uint32_t code = 0;
        const size_t n = lrt_utf8_character(v.u.text + at, v.count - at, &code);
        append_character(b, v.u.text + at, n ? n : 1, n ? code : 0xFFFD, quote);
        at += n ? n : 1;
    }
    lrt_template_append(b, &quote, 1);
}

static void append_sequence(struct template_buffer *b, struct template_value v) {
    append_text(b, v.kind == TEMPLATE_LIST ? "[" : "(");
    for (size_t i = 0; i < v.count && lrt_template_step(b->run, 1); i++) {
        if (i) append_text(b, ", ");
        lrt_template_append_repr(b, v.u.items[i]);
    }
    append_text(b, v.kind == TEMPLATE_LIST ? "]" : v.count == 1 ? ",)" : ")");
}

static void append_mapping(struct template_buffer *b, const struct template_entry *entries, size_t n) {
    append_text(b, "{");
    for (size_t i = 0; i < n && lrt_template_step(b->run, 1); i++) {
        if (i) append_text(b, ", ");
        lrt_template_append_repr(b, entries[i].key);
        append_text(b, ": ");
        lrt_template_append_repr(b, entries[i].value);
    }
    append_text(b, "}");
}

void lrt_template_append_repr(struct template_buffer *b, struct template_value v) {
    char number[40];
    switch ((enum template_kind)v.kind) {
    case TEMPLATE_UNDEFINED: append_text(b, "Undefined"); return;
    case TEMPLATE_NONE: append_text(b, "None"); return;
    case TEMPLATE_BOOLEAN: append_text(b, v.u.integer ? "True" : "False"); return;
    case TEMPLATE_INTEGER:
        snprintf(number, sizeof number, "%" PRId64, v.u.integer);
        append_text(b, number);
        return;
    case TEMPLATE_REAL: lrt_template_append(b, number, lrt_template_write_real(v.u.real, number)); return;
    case TEMPLATE_TEXT:
        if (v.flags & TEMPLATE_SAFE) append_text(b, "Markup(");
        append_quoted(b, v);
        if (v.flags & TEMPLATE_SAFE) append_text(b, ")");
        return;
    case TEMPLATE_LIST:
        if (v.flags & TEMPLATE_VIEW) break;
        append_sequence(b, v);
        return;
    case TEMPLATE_TUPLE: append_sequence(b, v); return;
    case TEMPLATE_MAPPING: append_mapping(b, v.u.entries, v.count); return;
    case TEMPLATE_NAMESPACE:
        append_text(b, "<Namespace ");
        append_mapping(b, v.u.names->entries, v.u.names->count);
        append_text(b, ">");
        return;
    default: break;
    }
    lrt_template_fail(b->run, "a value of type %s is printed, and has no text",
                      v.kind == TEMPLATE_LIST ? "dict view" : lrt_template_type(v));
}

void lrt_template_append_value(struct template_buffer *b, struct template_value v) {
    v = template_plain(v);
    if (v.kind == TEMPLATE_TEXT)
        lrt_template_append(b, v.u.text, v.count);
    else if (v.kind != TEMPLATE_UNDEFINED)
        lrt_template_append_repr(b, v);
}

struct template_value lrt_template_string(struct lrt_template_run *run, struct template_value v) {
    v = template_plain(v);
    if (v.kind == TEMPLATE_TEXT) return template_text(v.u.text, v.count);
    struct template_buffer b = {.run = run};
    lrt_template_append_value(&b, v);
    return template_taken(&b);
}
