// file_output: see the header.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/weights/file_output.h"

enum { BUFFER_BYTES = 1 << 16 };

static mode_t creation_mode(void) {
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

int lrt_output_open(struct file_output *o, const char *path, struct lrt_report *report) {
    size_t length = strlen(path);
    struct stat s;
    *o = (struct file_output){.descriptor = -1};
    if (stat(path, &s) == 0 && !S_ISREG(s.st_mode)) // the rename would replace a device by a file
        return lrt_file_fail(report, LRT_ERR_SYSTEM, "%s: cannot be written: it is %s", path,
                             S_ISDIR(s.st_mode) ? "a folder" : "a device or a pipe, no file");
    o->path = strdup(path);
    o->temporary = malloc(length + 8);
    o->buffer = malloc(BUFFER_BYTES);
    if (!o->path || !o->temporary || !o->buffer) {
        lrt_output_close(o, LRT_ERR_MEMORY, NULL);
        return lrt_file_fail(report, LRT_ERR_MEMORY, "%s: out of memory", path);
    }
    memcpy(o->temporary, path, length);
    memcpy(o->temporary + length, ".XXXXXX", 8);
    o->descriptor = mkstemp(o->temporary);
    if (o->descriptor < 0 || fchmod(o->descriptor, creation_mode()) != 0) {
        int error = errno;
        lrt_output_close(o, LRT_ERR_SYSTEM, NULL);
        return lrt_file_fail(report, LRT_ERR_SYSTEM, "%s: cannot be written: %s", path, strerror(error));
    }
    return LRT_OK;
}

int lrt_output_check(const char *path, struct lrt_report *report) {
    struct file_output o;
    lrt_file_clear(report);
    const int status = lrt_output_open(&o, path, report);
    if (status == LRT_OK) lrt_output_close(&o, LRT_ERR_STATE, NULL); // takes the temporary file away
    return status;
}

static void flush(struct file_output *o) {
    const uint8_t *at = o->buffer;
    while (o->used && !o->error) {
        ssize_t n = write(o->descriptor, at, o->used);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) {
            o->error = n < 0 ? errno : EIO;
            break;
        }
        at += n;
        o->used -= (size_t)n;
    }
    o->used = 0;
}

void lrt_output_write(struct file_output *o, const void *bytes, size_t n) {
    const uint8_t *from = bytes;
    o->position += n;
    while (n && !o->error) {
        size_t free_bytes = BUFFER_BYTES - o->used, copied = n < free_bytes ? n : free_bytes;
        memcpy(o->buffer + o->used, from, copied);
        o->used += copied;
        from += copied;
        n -= copied;
        if (o->used == BUFFER_BYTES) flush(o);
    }
}

void lrt_output_zeros(struct file_output *o, size_t n) {
    static const uint8_t zeros[64];
    for (; n > sizeof zeros; n -= sizeof zeros) lrt_output_write(o, zeros, sizeof zeros);
    lrt_output_write(o, zeros, n);
}

void lrt_output_u32(struct file_output *o, uint32_t value) { lrt_output_write(o, &value, sizeof value); }

void lrt_output_u64(struct file_output *o, uint64_t value) { lrt_output_write(o, &value, sizeof value); }

// So that the rename itself survives a power cut. A folder that cannot be synced (some file systems) is no failure.
static void sync_folder(const char *path) {
    const char *slash = strrchr(path, '/');
    char *folder = slash == path ? strdup("/") : slash ? strndup(path, (size_t)(slash - path)) : strdup(".");
    int descriptor = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (descriptor >= 0) {
        (void)fsync(descriptor);
        close(descriptor);
    }
    free(folder);
}

int lrt_output_close(struct file_output *o, int status, struct lrt_report *report) {
    if (o->descriptor >= 0) {
        if (!status) flush(o);
        if (!status && !o->error && fsync(o->descriptor) != 0) o->error = errno;
        if (close(o->descriptor) != 0 && !o->error) o->error = errno;
        if (!status && !o->error && rename(o->temporary, o->path) != 0) o->error = errno;
        if (status || o->error)
            unlink(o->temporary);
        else
            sync_folder(o->path);
    }
    if (!status && o->error)
        status = lrt_file_fail(report, LRT_ERR_SYSTEM, "%s: cannot be written: %s; what was there before is unchanged",
                               o->path, strerror(o->error));
    free(o->path);
    free(o->temporary);
    free(o->buffer);
    *o = (struct file_output){.descriptor = -1};
    return status;
}

int lrt_output_folder(const char *directory, struct lrt_report *report) {
    struct stat status;
    if (mkdir(directory, 0777) == 0 || (errno == EEXIST && stat(directory, &status) == 0 && S_ISDIR(status.st_mode)))
        return LRT_OK;
    return lrt_file_fail(report, LRT_ERR_SYSTEM, "%s: the folder cannot be made: %s", directory, strerror(errno));
}
