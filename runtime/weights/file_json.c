// file_json: a small JSON file beside the weights becomes a tree.
#include <stdlib.h>

#include <lorac/lrt_foreign.h>
#include "runtime/formats/json_bounded.h"
#include "runtime/weights/weight_file.h"

json_t *lrt_file_read_json(const char *path, size_t limit, struct lrt_report *report) {
    const char *why = NULL;
    size_t bytes = 0;
    json_error_t error;
    char *text = lrt_read_regular(path, limit, &bytes, &why);
    if (!text) {
        lrt_file_fail(report, LRT_ERR_FILE, "%s: cannot be read: %s", path, why);
        return NULL;
    }
    json_t *object = lrt_json_parse(text, bytes, JSON_REJECT_DUPLICATES, &error); // the length: a NUL ends nothing
    free(text);
    if (json_is_object(object)) return object;
    if (object)
        lrt_file_fail(report, LRT_ERR_FILE, "%s: not a JSON object", path);
    else
        lrt_file_fail(report, LRT_ERR_FILE, "%s:%d: not valid JSON: %s; download or write it again", path, error.line,
                      error.text);
    json_decref(object);
    return NULL;
}
