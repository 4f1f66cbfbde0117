// fact_unknown: reports keys of a file that no check reads, once, so that a fact of a new model is not missed in
// silence.
#include <jansson.h>
#include <string.h>

#include "runtime/weights/model_facts.h"
#include "runtime/weights/weight_file.h"

enum { KEYS_SHOWN = 6 };

struct unknown {
    const char *path;
    size_t n;
    struct lrt_report *report;
};

static void note_key(struct unknown *u, const char *key, size_t length) {
    if (u->n++ == 0)
        lrt_file_note(u->report, "%s: keys that lorac does not know are ignored: ", u->path);
    else if (u->n <= KEYS_SHOWN)
        lrt_file_note(u->report, ", ");
    if (u->n <= KEYS_SHOWN) lrt_file_note(u->report, "%.*s", length < 60 ? (int)length : 60, key);
}

static bool says_nothing(const json_t *value) {
    return json_is_null(value) || json_is_false(value) || (json_is_number(value) && !(json_number_value(value) > 0)) ||
           (!json_is_number(value) && !json_is_true(value) &&
            json_array_size(value) + json_object_size(value) + json_string_length(value) == 0);
}

static void note_config(struct unknown *u, const json_t *config) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)config, key, value) {
        if (key[0] != '_' && !says_nothing(value) && !lrt_key_is_known(key, strlen(key), false))
            note_key(u, key, strlen(key));
    }
}

void lrt_file_note_unknown(const struct lrt_weight_file *file, struct lrt_report *report) {
    struct unknown u = {.path = file->config ? file->config_path : file->shards[0].path, .report = report};
    const char *architecture = lrt_weight_file_architecture(file);
    const size_t prefix = architecture ? strlen(architecture) + 1 : 0;
    if (file->config) {
        note_config(&u, file->config);
        note_config(&u, json_object_get(file->config, "text_config"));
    }
    for (size_t i = 0; i < file->n_entries && architecture; i++) {
        const struct gguf_entry *e = &file->entries[i];
        if (e->key_length <= prefix || memcmp(e->key, architecture, prefix - 1) != 0 || e->key[prefix - 1] != '.')
            continue;
        if (!lrt_key_is_known(e->key + prefix, e->key_length - prefix, true)) note_key(&u, e->key, e->key_length);
    }
    if (u.n > KEYS_SHOWN) lrt_file_note(report, " and %zu more", u.n - KEYS_SHOWN);
}
