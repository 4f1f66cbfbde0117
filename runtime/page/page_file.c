/* Page file: a pager (lorac/lrt.h) over a file without a name. The system's page cache is its buffer. A write goes to
 * the disk at once while the computation continues, and the next read is announced ahead. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <lorac/lrt_files.h>
#include "runtime/weights/weight_file.h"

static int page_write(void *context, struct lrt *c, uint64_t offset, const void *data, size_t bytes) {
    const struct lrt_page_file *p = context;
    const char *at = data;
    for (size_t done = 0; done < bytes;) {
        ssize_t n = pwrite(p->descriptor, at + done, bytes - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0)
            return lrt_fail(c, LRT_ERR_FILE, "%s: a block's input cannot be written: %s", p->path,
                            n < 0 ? strerror(errno) : "nothing was taken");
        done += (size_t)n;
    }
#ifdef SYNC_FILE_RANGE_WRITE
    (void)sync_file_range(p->descriptor, (off_t)offset, (off_t)bytes, SYNC_FILE_RANGE_WRITE);
#endif
    return LRT_OK;
}

static int page_read(void *context, struct lrt *c, uint64_t offset, void *data, size_t bytes) {
    const struct lrt_page_file *p = context;
    char *at = data;
    for (size_t done = 0; done < bytes;) {
        ssize_t n = pread(p->descriptor, at + done, bytes - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0)
            return lrt_fail(c, LRT_ERR_FILE, "%s: a block's input cannot be read back: %s", p->path,
                            n < 0 ? strerror(errno) : "the file has become shorter");
        done += (size_t)n;
    }
    return LRT_OK;
}

static void page_ahead(void *context, uint64_t offset, size_t bytes) {
    const struct lrt_page_file *p = context;
#ifdef POSIX_FADV_WILLNEED
    (void)posix_fadvise(p->descriptor, (off_t)offset, (off_t)bytes, POSIX_FADV_WILLNEED);
#else
    (void)p, (void)offset, (void)bytes;
#endif
}

/* Reserves room for the whole file, so that a full disk is reported before the first step. Where the file system cannot
 * promise that, a write reports it. */
static int reserve(int descriptor, uint64_t bytes) {
#ifdef __linux__
    int error = posix_fallocate(descriptor, 0, (off_t)bytes);
    if (error == 0 || (error != EOPNOTSUPP && error != EINVAL && error != ENOSYS)) return error;
#endif
    return ftruncate(descriptor, (off_t)bytes) == 0 ? 0 : errno;
}

int lrt_page_file_open(struct lrt_page_file *p, const char *path, uint64_t bytes, struct lrt_report *report) {
    lrt_file_clear(report);
    *p = (struct lrt_page_file){.pager = {p, page_write, page_read, page_ahead}, .path = path, .descriptor = -1};
    if (bytes == 0 || bytes > INT64_MAX)
        return lrt_file_fail(report, LRT_ERR_ARGUMENT, "%s: a page file of %llu bytes", path,
                             (unsigned long long)bytes);
    p->descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (p->descriptor < 0)
        return lrt_file_fail(
            report, LRT_ERR_FILE,
            "%s: cannot be made: %s; a page file must be new, in a folder on a disk that can be written", path,
            strerror(errno));
    (void)unlink(path); /* nothing is left behind, however the program ends */
    int error = reserve(p->descriptor, bytes);
    if (error == 0) return LRT_OK;
    lrt_page_file_close(p);
    return lrt_file_fail(report, LRT_ERR_FILE, "%s: there is no room for %llu bytes: %s", path,
                         (unsigned long long)bytes, strerror(error));
}

void lrt_page_file_close(struct lrt_page_file *p) {
    if (p && p->descriptor >= 0) close(p->descriptor);
    if (p) p->descriptor = -1;
}
