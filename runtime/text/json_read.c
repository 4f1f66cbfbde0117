/* JSON files to values: loading with a place in the error, and typed members. */
#include "runtime/text/json_read.h"
#include "runtime/formats/json_bounded.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* 1 GiB, more than four times the largest tokenizer.json in use. It limits what a wrong path can cost. */
static const size_t file_limit = (size_t)1 << 30;

int lrt_json_load(struct lrt *c, const char *path, json_t **root) {
    char *text;
    size_t bytes;
    *root = NULL;
    int status = lrt_read_file(c, path, file_limit, &text, &bytes);
    if (status) return status;
    json_error_t error;
    *root = lrt_json_parse(text, bytes, JSON_ALLOW_NUL, &error);
    free(text);
    if (!*root) return lrt_fail(c, LRT_ERR_FILE, "%s:%d: %s", path, error.line, error.text);
    if (json_is_object(*root)) return LRT_OK;
    json_decref(*root);
    *root = NULL;
    return lrt_fail(c, LRT_ERR_FILE, "%s: not a JSON object", path);
}

const char *lrt_json_text(const json_t *object, const char *key) {
    return json_string_value(json_object_get(object, key));
}

int lrt_json_flag(const json_t *object, const char *key, int absent) {
    const json_t *value = json_object_get(object, key);
    return json_is_boolean(value) ? json_is_true(value) : absent;
}

int lrt_json_type_is(const json_t *object, const char *type) {
    const char *value = lrt_json_text(object, "type");
    return value && strcmp(value, type) == 0;
}

const json_t *lrt_json_member(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_null(value) ? NULL : value;
}

int lrt_json_names(const json_t *rule, const char *list, const char *type) {
    const json_t *rules = json_object_get(rule, list);
    for (size_t i = 0; i < json_array_size(rules); i++)
        if (lrt_json_names(json_array_get(rules, i), list, type)) return 1;
    return lrt_json_type_is(rule, type);
}

int lrt_json_unsupported(struct lrt *c, const char *section, const json_t *rule, const char *why) {
    const char *type = lrt_json_text(rule, "type");
    return lrt_fail(c, LRT_ERR_FILE,
                    "%s %.60s%s is not supported: give the ids that its own program makes, in a .tok file", section,
                    type ? type : "without a type", why);
}
