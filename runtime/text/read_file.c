/* A file becomes a text in memory. */
#include "runtime/text/tokenizer.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int lrt_read_file(struct lrt *c, const char *path, size_t limit, char **text, size_t *bytes) {
    FILE *f = fopen(path, "rb");
    if (!f) return lrt_fail(c, LRT_ERR_FILE, "%s: %s", path, strerror(errno));
    size_t capacity = 0, n = 0, got;
    int status;
    *text = NULL;
    do {
        status = lrt_grow(c, (void **)text, &capacity, n + 65536 + 1, 1);
        if (status) break;
        got = fread(*text + n, 1, capacity - n - 1, f);
        n += got;
    } while (got > 0 && n <= limit);
    if (!status && ferror(f)) status = lrt_fail(c, LRT_ERR_FILE, "%s: cannot be read: %s", path, strerror(errno));
    if (!status && n > limit) status = lrt_fail(c, LRT_ERR_FILE, "%s: longer than %zu bytes", path, limit);
    fclose(f);
    if (status) {
        free(*text);
        *text = NULL;
        return status;
    }
    (*text)[n] = 0;
    *bytes = n;
    return LRT_OK;
}
