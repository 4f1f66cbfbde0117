/* A file becomes a text in memory. */
#include <lorac/lrt_foreign.h>
#include "runtime/text/tokenizer.h"

int lrt_read_file(struct lrt *c, const char *path, size_t limit, char **text, size_t *bytes) {
    const char *why = NULL;
    *text = lrt_read_regular(path, limit, bytes, &why);
    return *text ? LRT_OK : lrt_fail(c, LRT_ERR_FILE, "%s: %s", path, why);
}
