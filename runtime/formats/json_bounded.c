// json_bounded: see the header. The scan knows strings and brackets only; Jansson decides whether the text is JSON.
#include "runtime/formats/json_bounded.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { // bytes that malloc gives for Jansson's structures, while they grow
    OBJECT_BYTES = 256,
    ARRAY_BYTES = 160,
    STRING_BYTES = 80,
    NUMBER_BYTES = 48,
    ITEM_BYTES = 32, // of an array, or of an object's buckets
    PAIR_BYTES = 112
};
static const uint64_t times = 8, spare = (uint64_t)64 << 20;

// The place after the string that begins at `at`, or the end.
static const char *after_string(const char *at, const char *end) {
    for (at++; at < end && *at != '"'; at++)
        if (*at == '\\' && at + 1 < end) at++;
    return at < end ? at + 1 : end;
}

static bool in_number(char c) { return (c >= '0' && c <= '9') || strchr("+-.eE", c) != NULL; }

uint64_t lrt_json_cost(const char *text, size_t bytes) {
    uint64_t cost = 0;
    const char *end = text + bytes;
    for (const char *at = text; at < end;) {
        const char c = *at;
        if (c == '"') {
            const char *after = after_string(at, end);
            cost += STRING_BYTES + 4 * (uint64_t)(after - at); // its buffer is made twice as long when it is full
            at = after;
            continue;
        }
        if (c == '{') cost += OBJECT_BYTES;
        if (c == '[') cost += ARRAY_BYTES;
        if (c == ',') cost += ITEM_BYTES;
        if (c == ':') cost += PAIR_BYTES;
        if (c && in_number(c)) {
            cost += NUMBER_BYTES;
            while (at + 1 < end && at[1] && in_number(at[1])) at++;
        }
        at++;
    }
    return cost;
}

static void put_error(json_error_t *error, const char *what, size_t position) {
    memset(error, 0, sizeof *error);
    error->line = 1;
    error->position = (int)position;
    snprintf(error->text, sizeof error->text, "%s", what);
}

// Bytes of UTF-8 that the four digits of \uXXXX stand for; a half of a pair stands for half of them.
static uint64_t escaped_bytes(const char digits[4]) {
    const char hex[] = {digits[0], digits[1], digits[2], digits[3], 0};
    const unsigned long code = strtoul(hex, NULL, 16);
    return code < 0x80 ? 1 : code < 0x800 || (code >= 0xD800 && code < 0xE000) ? 2 : 3;
}

// Bytes of all texts and keys of a text that is JSON.
static uint64_t spelled_bytes(const char *text, size_t bytes) {
    uint64_t n = 0;
    const char *end = text + bytes;
    for (const char *at = text; (at = memchr(at, '"', (size_t)(end - at))) != NULL;) {
        const char *after = after_string(at, end);
        while (++at + 1 < after) {
            const bool escaped = *at == '\\' && after - at > 6 && at[1] == 'u';
            n += escaped ? escaped_bytes(at + 2) : 1;
            at += escaped ? 5 : *at == '\\';
        }
        at = after;
    }
    return n;
}

static uint64_t tree_bytes(const json_t *value) {
    uint64_t n = json_string_length(value);
    const char *key;
    json_t *item;
    size_t i;
    json_array_foreach((json_t *)(uintptr_t)value, i, item) n += tree_bytes(item);
    json_object_foreach((json_t *)(uintptr_t)value, key, item) n += strlen(key) + tree_bytes(item);
    return n;
}

// Jansson takes memory that it did not get for a mistake of the text, or leaves bytes out of a long string. Such a text
// is read again; one that is as it seems is so again.
static json_t *parse(const char *text, size_t bytes, size_t flags, json_error_t *error) {
    json_t *tree = json_loadb(text, bytes, flags, error);
    if (tree && (!(flags & JSON_REJECT_DUPLICATES) || tree_bytes(tree) == spelled_bytes(text, bytes))) return tree;
    json_decref(tree);
    return json_loadb(text, bytes, flags, error);
}

json_t *lrt_json_parse(const char *text, size_t bytes, size_t flags, json_error_t *error) {
    const uint64_t most = times * bytes + spare;
    if ((uint64_t)bytes * 2 * (STRING_BYTES + OBJECT_BYTES) <= most || lrt_json_cost(text, bytes) <= most)
        return parse(text, bytes, flags, error);
    put_error(error, "so many small values that they would take more than 8 times the file's memory", 0);
    return NULL;
}

struct json_members lrt_json_members(const char *text, size_t bytes) {
    return (struct json_members){.begin = text, .at = text, .end = text + bytes, .first = true, .error = {.text = ""}};
}

static bool mistake(struct json_members *m, const char *what, const char *at) {
    put_error(&m->error, what, (size_t)(at - m->begin));
    return false;
}

static void skip_space(struct json_members *m) {
    while (m->at < m->end && *m->at && strchr(" \t\r\n", *m->at)) m->at++;
}

static bool take(struct json_members *m, char c) {
    skip_space(m);
    if (m->at >= m->end || *m->at != c) return false;
    m->at++;
    return true;
}

// The end of the value at m->at: the comma or bracket after it.
static const char *value_end(const struct json_members *m) {
    int64_t depth = 0;
    for (const char *at = m->at; at < m->end; at++) {
        if (*at == '"') {
            at = after_string(at, m->end) - 1;
            continue;
        }
        if (depth == 0 && (*at == ',' || *at == '}')) return at;
        depth += (*at == '{' || *at == '[') - (*at == '}' || *at == ']');
    }
    return m->end;
}

static json_t *parse_part(struct json_members *m, const char *end) {
    json_error_t error;
    json_t *part = lrt_json_parse(m->at, (size_t)(end - m->at), JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!part) mistake(m, error.text, m->at + (error.position > 0 ? error.position : 0));
    m->at = end;
    return part;
}

static bool read_member(struct json_members *m, struct json_member *out) {
    skip_space(m);
    if (m->at >= m->end || *m->at != '"') return mistake(m, "'\"' expected", m->at);
    out->key = parse_part(m, after_string(m->at, m->end));
    if (!out->key) return false;
    if (take(m, ':')) out->value = parse_part(m, value_end(m));
    if (out->value) return true;
    if (!m->error.text[0]) mistake(m, "':' expected", m->at);
    json_decref(out->key);
    return false;
}

bool lrt_json_next(struct json_members *m, struct json_member *out) {
    *out = (struct json_member){0};
    if (m->ended || m->error.text[0]) return false;
    if (m->first && !take(m, '{')) return mistake(m, "'{' expected", m->at);
    if (take(m, '}')) {
        skip_space(m);
        m->ended = true;
        return m->at == m->end ? false : mistake(m, "end of file expected", m->at);
    }
    const bool follows = m->first || take(m, ','); // a comma must be followed by a member
    m->first = false;
    return follows ? read_member(m, out) : mistake(m, "',' or '}' expected", m->at);
}
