// json_bounded: JSON from strangers. Jansson's tree of a text can be 80 times as long as the text ("{},{},..."), so a
// text whose tree would need more than 8 times its length plus 64 MiB is refused before it is parsed. Long objects are
// read member by member, without a tree of the whole.
#pragma once
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// json_loadb within that bound; error->text says when it is exceeded.
json_t *lrt_json_parse(const char *text, size_t bytes, size_t flags, json_error_t *error);
// Bytes that Jansson takes at most for the tree of a text, whether or not that is valid.
uint64_t lrt_json_cost(const char *text, size_t bytes);

// The members of the object that a text is, one after the other.
struct json_members {
    const char *begin, *at, *end;
    bool first, ended;
    json_error_t error; // text "" while there is none; position: in the text
};
struct json_member {
    json_t *key, *value; // the caller's, for json_decref
};
struct json_members lrt_json_members(const char *text, size_t bytes);
// False at the end, and after a mistake, which is then in `error`.
bool lrt_json_next(struct json_members *m, struct json_member *out);
