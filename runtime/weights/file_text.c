// file_text: a small file becomes a text in memory.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/weights/weight_file.h"

char *lrt_file_read_text(const char *path, size_t limit, struct lrt_report *report) {
    FILE *stream = fopen(path, "rbe");
    if (!stream) {
        lrt_file_fail(report, LRT_ERR_FILE, "%s: cannot be opened: %s", path, strerror(errno));
        return NULL;
    }
    char *text = NULL;
    size_t length = 0, capacity = 0;
    for (;;) {
        if (length + 1 >= capacity) {
            capacity = capacity ? 2 * capacity : 4096;
            char *grown = capacity <= limit * 2 + 4096 ? realloc(text, capacity) : NULL;
            if (!grown) {
                lrt_file_fail(report, LRT_ERR_FILE, "%s: larger than %zu bytes", path, limit);
                break;
            }
            text = grown;
        }
        size_t got = fread(text + length, 1, capacity - length - 1, stream);
        length += got;
        if (got == 0) {
            text[length] = '\0';
            if (!ferror(stream)) {
                fclose(stream);
                return text;
            }
            lrt_file_fail(report, LRT_ERR_FILE, "%s: cannot be read: %s", path, strerror(errno));
            break;
        }
    }
    free(text);
    fclose(stream);
    return NULL;
}
