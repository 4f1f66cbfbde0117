// foreign_file: the one way in which a path that a user or a file gives is opened and read.
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lorac/lrt_foreign.h>

// A FIFO that nobody writes to would block an open without O_NONBLOCK.
int lrt_open_regular(const char *path, size_t *bytes, const char **why) {
    struct stat status;
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0) {
        *why = errno == ENXIO ? "not a regular file" : strerror(errno);
        return -1;
    }
    if (fstat(file, &status) != 0)
        *why = strerror(errno);
    else if (!S_ISREG(status.st_mode))
        *why = S_ISDIR(status.st_mode) ? "a folder, not a regular file" : "not a regular file";
    else if ((uint64_t)status.st_size > SIZE_MAX)
        *why = "too large for this machine's address space";
    else {
        *bytes = (size_t)status.st_size;
        return file;
    }
    close(file);
    return -1;
}

// The file may grow while it is read, and files of /proc say that they are empty.
static char *read_all(int file, size_t size, size_t limit, size_t *bytes, const char **why) {
    size_t capacity = size + 2, n = 0;
    char *text = malloc(capacity);
    *why = "out of memory";
    while (text) {
        const ssize_t got = read(file, text + n, capacity - 1 - n);
        if (got < 0 && errno == EINTR) continue;
        if (got == 0) {
            text[n] = '\0';
            *bytes = n;
            return text;
        }
        n += got > 0 ? (size_t)got : 0;
        if (got < 0) *why = strerror(errno);
        if (n > limit) *why = "larger than such a file may be";
        if (got < 0 || n > limit) break;
        if (n < capacity - 1) continue;
        char *grown = realloc(text, capacity = 2 * capacity + 4096);
        if (!grown) break;
        text = grown;
    }
    free(text);
    return NULL;
}

char *lrt_read_regular(const char *path, size_t limit, size_t *bytes, const char **why) {
    size_t size = 0;
    const int file = lrt_open_regular(path, &size, why);
    if (file < 0) return NULL;
    char *text = NULL;
    if (size > limit)
        *why = "larger than such a file may be";
    else
        text = read_all(file, size, limit, bytes, why);
    close(file);
    return text;
}

size_t lrt_text_mark(const char *text, size_t bytes) {
    return bytes >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
}
