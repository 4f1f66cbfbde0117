// json_writer: writes JSON into a growing buffer. A failure (no memory, text that is not UTF-8) is remembered until the
// end. So calls in between need no check, and an incomplete text is never used.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_writer { // begins as {0}; the owner frees bytes
    char *bytes;     // NUL-terminated; NULL before the first call
    size_t length, capacity;
    bool out_of_memory, not_utf8;
};

void lrt_json_put(struct json_writer *t, const char *text);          // as it is
void lrt_json_put_string(struct json_writer *t, const char *string); // quoted and escaped
void lrt_json_put_integer(struct json_writer *t, int64_t value);
static inline bool lrt_json_is_whole(const struct json_writer *t) { return !t->out_of_memory && !t->not_utf8; }
