/* Files as memory. A spool never has a name, so that nothing stays behind, whatever happens to the program. */
#include "runtime/text/mapped_file.h"
#include <lorac/lrt_foreign.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int map_descriptor(struct lrt *c, struct lrt_mapping *m, int fd, size_t bytes, const char *name) {
    m->data = NULL;
    m->bytes = bytes;
    if (bytes == 0) return LRT_OK; /* nothing can be mapped of an empty file */
    void *data = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
    if (data == MAP_FAILED) return lrt_fail(c, LRT_ERR_SYSTEM, "%s: cannot be mapped: %s", name, strerror(errno));
    m->data = data;
    return LRT_OK;
}

int lrt_map_file(struct lrt *c, struct lrt_mapping *m, const char *path) {
    const char *why = NULL;
    m->data = NULL;
    m->bytes = 0;
    size_t bytes = 0;
    const int fd = lrt_open_regular(path, &bytes, &why);
    if (fd < 0) return lrt_fail(c, LRT_ERR_FILE, "%s: %s", path, why);
    const int status = map_descriptor(c, m, fd, bytes, path);
    close(fd);
    return status;
}

void lrt_mapping_release(const struct lrt_mapping *m) {
    if (m->data) (void)madvise((void *)(uintptr_t)m->data, m->bytes, MADV_DONTNEED);
}

void lrt_unmap(struct lrt_mapping *m) {
    if (m->data) munmap((void *)(uintptr_t)m->data, m->bytes);
    m->data = NULL;
    m->bytes = 0;
}

int lrt_spool_open(struct lrt *c, struct lrt_spool *s, const char *folder) {
    char path[600];
    if (!folder || !*folder) folder = getenv("TMPDIR");
    if (!folder || !*folder) folder = access("/var/tmp", W_OK | X_OK) == 0 ? "/var/tmp" : "/tmp"; // /tmp may be memory
    if (snprintf(s->folder, sizeof s->folder, "%s", folder) >= (int)sizeof s->folder)
        return lrt_fail(c, LRT_ERR_FILE, "%.200s...: the folder's name is too long", folder);
    snprintf(path, sizeof path, "%s/lorac-tokens-XXXXXX", s->folder);
    s->held = s->written = 0;
    s->buffer = malloc(LRT_SPOOL_BUFFER);
    if (!s->buffer) return lrt_fail(c, LRT_ERR_MEMORY, "data: no memory for a token file");
    s->fd = mkstemp(path);
    if (s->fd < 0)
        return lrt_fail(c, LRT_ERR_SYSTEM, "%s: no token file can be made there: %s", s->folder, strerror(errno));
    unlink(path);
    return LRT_OK;
}

static int flush(struct lrt *c, struct lrt_spool *s) {
    for (size_t at = 0; at < s->held;) {
        const ssize_t n = write(s->fd, s->buffer + at, s->held - at);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0)
            return lrt_fail(c, LRT_ERR_SYSTEM,
                            "%s: the token file cannot be written after %zu bytes: %s; set TMPDIR to a "
                            "folder with more room",
                            s->folder, s->written + at, strerror(errno));
        at += (size_t)n;
    }
    s->written += s->held;
    s->held = 0;
    return LRT_OK;
}

int lrt_spool_write(struct lrt *c, struct lrt_spool *s, const void *bytes, size_t n) {
    const char *from = bytes;
    while (n) {
        size_t copied = LRT_SPOOL_BUFFER - s->held;
        if (copied > n) copied = n;
        memcpy(s->buffer + s->held, from, copied);
        s->held += copied;
        from += copied;
        n -= copied;
        int status = s->held == LRT_SPOOL_BUFFER ? flush(c, s) : LRT_OK;
        if (status) return status;
    }
    return LRT_OK;
}

int lrt_spool_map(struct lrt *c, struct lrt_spool *s, struct lrt_mapping *m) {
    int status = flush(c, s);
    if (!status) status = map_descriptor(c, m, s->fd, s->written, "token file");
    lrt_spool_close(s);
    return status;
}

void lrt_spool_close(struct lrt_spool *s) {
    if (s->fd >= 0) close(s->fd);
    free(s->buffer);
    s->fd = -1;
    s->buffer = NULL;
}
