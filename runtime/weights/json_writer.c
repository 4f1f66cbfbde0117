// json_writer: see the header.
#include "runtime/weights/json_writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/text/utf8.h"

static void append(struct json_writer *t, const char *text, size_t n) {
    if (t->out_of_memory) return;
    if (t->length + n + 1 > t->capacity) {
        const size_t capacity = 2 * (t->length + n) + 256;
        char *bytes = realloc(t->bytes, capacity);
        t->out_of_memory = !bytes;
        if (!bytes) return;
        t->bytes = bytes;
        t->capacity = capacity;
    }
    memcpy(t->bytes + t->length, text, n);
    t->length += n;
    t->bytes[t->length] = 0;
}

void lrt_json_put(struct json_writer *t, const char *text) { append(t, text, strlen(text)); }

void lrt_json_put_string(struct json_writer *t, const char *string) {
    const size_t n = strlen(string);
    char escape[8];
    if (lrt_utf8_valid(string, n) != n) t->not_utf8 = true;
    append(t, "\"", 1);
    for (const char *p = string; *p; p++) {
        if ((unsigned char)*p < 0x20)
            append(t, escape, (size_t)snprintf(escape, sizeof escape, "\\u%04x", (unsigned)*p));
        else if (*p == '"' || *p == '\\')
            append(t, escape, (size_t)snprintf(escape, sizeof escape, "\\%c", *p));
        else
            append(t, p, 1);
    }
    append(t, "\"", 1);
}

void lrt_json_put_integer(struct json_writer *t, int64_t value) {
    char digits[24];
    append(t, digits, (size_t)snprintf(digits, sizeof digits, "%" PRId64, value));
}
