/* The filter tojson as transformers has it: Python's json.dumps without escapes for HTML, non-ASCII as it is. */
#include "runtime/template/template_builtins.h"
#include "runtime/template/template_characters.h"
#include "runtime/text/utf8.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ROW(name, text, parameters) struct template_value lrt_template_##name(const struct template_call *call);
#include "runtime/template/template_filters.def"
#undef ROW

struct json_style {
    struct template_buffer *out;
    int ascii, sort, depth;
    struct template_value indent, between, colon; /* indent: ABSENT for one line */
};
static void append_json(struct json_style *s, struct template_value v);

static void append_escaped(struct json_style *s, struct template_value v) {
    static const char letters[] = "\"\\\n\r\t\f\b", marks[] = "\"\\nrtfb";
    char spelled[16];
    lrt_template_append(s->out, "\"", 1);
    for (size_t at = 0; at < v.count && lrt_template_step(s->out->run, 1);) {
        uint32_t code = 0;
        size_t n = lrt_utf8_character(v.u.text + at, v.count - at, &code);
        if (n == 0) n = 1;
        const char *known = code && code < 128 ? strchr(letters, (int)code) : NULL;
        if (known) {
            spelled[0] = '\\';
            spelled[1] = marks[known - letters];
            lrt_template_append(s->out, spelled, 2);
        } else if (code < 0x20 || (s->ascii && code > 0x7E && code < 0x10000)) {
            lrt_template_append(s->out, spelled, (size_t)snprintf(spelled, sizeof spelled, "\\u%04" PRIx32, code));
        } else if (s->ascii && code >= 0x10000) {
            const uint32_t rest = code - 0x10000;
            lrt_template_append(s->out, spelled,
                                (size_t)snprintf(spelled, sizeof spelled, "\\u%04" PRIx32 "\\u%04" PRIx32,
                                                 0xD800 + (rest >> 10), 0xDC00 + (rest & 0x3FF)));
        } else {
            lrt_template_append(s->out, v.u.text + at, n);
        }
        at += n;
    }
    lrt_template_append(s->out, "\"", 1);
}

static void begin_line(struct json_style *s) {
    if (s->indent.kind == TEMPLATE_ABSENT) return;
    lrt_template_append(s->out, "\n", 1);
    for (int i = 0; i < s->depth; i++) lrt_template_append(s->out, s->indent.u.text, s->indent.count);
}

static void append_key(struct json_style *s, struct template_value key) {
    struct template_buffer b = {.run = s->out->run};
    if (key.kind == TEMPLATE_NONE)
        lrt_template_append(&b, "null", 4);
    else if (key.kind == TEMPLATE_BOOLEAN)
        lrt_template_append(&b, key.u.integer ? "true" : "false", key.u.integer ? 4 : 5);
    else
        lrt_template_append_value(&b, key);
    append_escaped(s, template_taken(&b));
}

/* The entry after `last` in the order of keys. */
static size_t next_sorted(struct json_style *s, struct template_value v, size_t last, size_t done) {
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < v.count && lrt_template_step(s->out->run, 1); i++) {
        if (done && lrt_template_order(s->out->run, v.u.entries[i].key, v.u.entries[last].key, "<") <= 0) continue;
        if (best == SIZE_MAX || lrt_template_order(s->out->run, v.u.entries[i].key, v.u.entries[best].key, "<") < 0)
            best = i;
    }
    return best;
}

static void append_mapping(struct json_style *s, struct template_value v) {
    lrt_template_append(s->out, "{", 1);
    s->depth++;
    for (size_t i = 0, at = 0; i < v.count && !lrt_template_failed(s->out->run); i++) {
        at = s->sort ? next_sorted(s, v, at, i) : i;
        if (at == SIZE_MAX) break;
        if (i) lrt_template_append(s->out, s->between.u.text, s->between.count);
        begin_line(s);
        append_key(s, v.u.entries[at].key);
        lrt_template_append(s->out, s->colon.u.text, s->colon.count);
        append_json(s, v.u.entries[at].value);
    }
    s->depth--;
    if (v.count) begin_line(s);
    lrt_template_append(s->out, "}", 1);
}

static void append_list(struct json_style *s, struct template_value v) {
    lrt_template_append(s->out, "[", 1);
    s->depth++;
    for (size_t i = 0; i < v.count && !lrt_template_failed(s->out->run); i++) {
        if (i) lrt_template_append(s->out, s->between.u.text, s->between.count);
        begin_line(s);
        append_json(s, v.u.items[i]);
    }
    s->depth--;
    if (v.count) begin_line(s);
    lrt_template_append(s->out, "]", 1);
}

static void append_json(struct json_style *s, struct template_value v) {
    if (!lrt_template_step(s->out->run, 1)) return;
    if (v.kind == TEMPLATE_NONE)
        lrt_template_append(s->out, "null", 4);
    else if (v.kind == TEMPLATE_BOOLEAN)
        lrt_template_append(s->out, v.u.integer ? "true" : "false", v.u.integer ? 4 : 5);
    else if (v.kind == TEMPLATE_REAL && (v.u.real != v.u.real || v.u.real - v.u.real != 0))
        lrt_template_append(s->out,
                            v.u.real != v.u.real ? "NaN"
                            : v.u.real > 0       ? "Infinity"
                                                 : "-Infinity",
                            v.u.real != v.u.real ? 3
                            : v.u.real > 0       ? 8
                                                 : 9);
    else if (template_is_number(v))
        lrt_template_append_value(s->out, v);
    else if (v.kind == TEMPLATE_TEXT)
        append_escaped(s, v);
    else if (v.kind == TEMPLATE_MAPPING)
        append_mapping(s, v);
    else if ((v.kind == TEMPLATE_LIST && !(v.flags & TEMPLATE_VIEW)) || v.kind == TEMPLATE_TUPLE)
        append_list(s, v);
    else
        lrt_template_fail(s->out->run, "'tojson' of a value of type %s", lrt_template_type(v));
}

struct template_value lrt_template_filter_tojson(const struct template_call *call) {
    struct template_buffer b = {.run = call->run};
    struct json_style s = {
        .out = &b, .ascii = template_take_truth(call, 0, 0), .sort = template_take_truth(call, 3, 0)};
    struct template_buffer indent = {.run = call->run};
    if (call->p[1].kind == TEMPLATE_TEXT) {
        s.indent = call->p[1];
    } else if (!template_not_given(call->p[1])) {
        const int64_t width = lrt_template_take_whole(call, 1, 0);
        for (int64_t i = 0; i < width && lrt_template_step(call->run, 1); i++) lrt_template_append(&indent, " ", 1);
        s.indent = template_taken(&indent);
    }
    s.between = s.indent.kind == TEMPLATE_ABSENT ? template_text(", ", 2) : template_text(",", 1);
    s.colon = template_text(": ", 2);
    const struct template_value pair = call->p[2];
    if (!template_not_given(pair)) {
        if ((pair.kind != TEMPLATE_TUPLE && pair.kind != TEMPLATE_LIST) || pair.count != 2 ||
            pair.u.items[0].kind != TEMPLATE_TEXT || pair.u.items[1].kind != TEMPLATE_TEXT)
            return lrt_template_fail(call->run, "'tojson' takes separators as two texts");
        s.between = pair.u.items[0];
        s.colon = pair.u.items[1];
    }
    append_json(&s, call->self);
    return template_taken(&b);
}
