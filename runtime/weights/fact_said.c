// fact_said: what a file says under a key, in one form for config.json and GGUF.
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/weights/model_facts.h"
#include "runtime/weights/weight_file.h"

// Six digits and a point in every locale.
static void show_number(struct fact_said *said) {
    snprintf(said->shown, sizeof said->shown, "%g", said->number);
    for (char *at = said->shown; *at; at++)
        if (*at == ',') *at = '.';
    said->whole = said->number >= floor(said->number) && fabs(said->number) < 1e15;
}

void lrt_said_in_config(struct fact_said *said, const char *path, const json_t *config, const char *prefix,
                        const char *key) {
    const json_t *value = json_object_get(config, key);
    *said = (struct fact_said){.path = path, .kind = SAID_NOTHING};
    snprintf(said->key, sizeof said->key, "%s%s", prefix, key);
    if (!value || json_is_null(value)) return;
    if (json_is_number(value) || json_is_boolean(value)) {
        said->kind = SAID_NUMBER;
        said->number = json_is_boolean(value) ? json_is_true(value) : json_number_value(value);
        show_number(said);
        said->whole = said->whole && !json_is_real(value);
        if (json_is_boolean(value)) snprintf(said->shown, sizeof said->shown, json_is_true(value) ? "true" : "false");
        return;
    }
    said->kind = json_is_string(value) ? SAID_TEXT : SAID_OTHER;
    said->empty = json_array_size(value) + json_object_size(value) + json_string_length(value) == 0;
    char *text =
        json_is_string(value) ? strdup(json_string_value(value)) : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    snprintf(said->shown, sizeof said->shown, "%s", text ? text : "?");
    free(text);
}

static bool equal_numbers(const struct lrt_gguf_array *list) {
    if (list->type == 8 || list->type == 9) return false; // strings, lists
    for (uint64_t i = 1; i < list->count; i++) {
        const double a = lrt_gguf_array_number(list, 0), b = lrt_gguf_array_number(list, i);
        if (!(a >= b && a <= b)) return false;
    }
    return list->count > 0;
}

void lrt_said_in_gguf(struct fact_said *said, const struct lrt_weight_file *file, const char *prefix, const char *key) {
    struct lrt_gguf_array list;
    struct lrt_bytes text;
    *said = (struct fact_said){.path = file->shards[0].path, .kind = SAID_NOTHING};
    snprintf(said->key, sizeof said->key, "%s.%s", prefix, key);
    if (!lrt_gguf_has(file, said->key)) return;
    said->kind = SAID_OTHER;
    if (lrt_gguf_number(file, said->key, &said->number)) {
        said->kind = SAID_NUMBER;
        show_number(said);
    } else if (lrt_gguf_string(file, said->key, &text)) {
        said->kind = SAID_TEXT;
        said->empty = text.length == 0;
        snprintf(said->shown, sizeof said->shown, "%.*s", text.length < 100 ? (int)text.length : 100, text.bytes);
    } else if (lrt_gguf_find_array(file, said->key, &list) && equal_numbers(&list)) {
        said->kind = SAID_NUMBER;
        said->number = lrt_gguf_array_number(&list, 0);
        show_number(said);
    } else {
        said->empty = lrt_gguf_find_array(file, said->key, &list) && list.count == 0;
        snprintf(said->shown, sizeof said->shown, "a list, not all of one number");
    }
}
