/* The examples of a file as lines of JSON, for who divides a file. */
#include "runtime/text/data_records.h"
#include "runtime/text/data_rows.h"
#include <stdlib.h>
#include <string.h>

int lrt_data_each_example(struct lrt *c, const char *path, lrt_example_sink *sink, void *arg) {
    struct lrt_mapping file;
    struct lrt_records r = {.c = c};
    json_t *object = NULL;
    int status = lrt_map_file(c, &file, path);
    if (status) return status;
    const char *text = file.data ? file.data : "", *cure = lrt_data_cure(path, text, file.bytes);
    if (cure) status = lrt_fail(c, LRT_ERR_FILE, "%s: %s", path, cure);
    if (!status) status = lrt_records_open(c, &r, path, text, file.bytes, lrt_data_mark(path));
    while (!status) {
        status = lrt_records_next(&r, &object);
        if (status || !object) break;
        char *line = json_dumps(object, JSON_COMPACT);
        status = line ? sink(arg, line, strlen(line)) : lrt_fail(c, LRT_ERR_MEMORY, "%s: no memory for a record", path);
        free(line);
        json_decref(object);
    }
    lrt_records_close(&r);
    lrt_unmap(&file);
    return status;
}
