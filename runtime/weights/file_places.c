// file_places: what keeps a program's files apart: descriptors that it must not reuse, and names that mean the same
// file.
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lorac/lrt_files.h>

enum { PATH_BYTES = 4096 };

int lrt_open_standard_descriptors(void) {
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; descriptor++) {
        if (fcntl(descriptor, F_GETFD) >= 0 || errno != EBADF) continue;
        if (open("/dev/null", O_RDWR) != descriptor) return LRT_ERR_SYSTEM; // open gives the lowest one that is free
    }
    return LRT_OK;
}

struct identity {
    dev_t device;
    ino_t inode;
    const char *name; // NULL: of the file itself; else the file is not there yet, and these are its folder's
};

// False: not a regular file, or in no folder that is there.
static bool identify(const char *path, struct identity *of) {
    struct stat s;
    if (stat(path, &s) == 0) {
        *of = (struct identity){s.st_dev, s.st_ino, NULL};
        return S_ISREG(s.st_mode);
    }
    char folder[PATH_BYTES] = ".";
    const char *slash = strrchr(path, '/');
    const size_t length = slash == path ? 1 : slash ? (size_t)(slash - path) : 0;
    if (length >= sizeof folder) return false;
    if (slash) {
        memcpy(folder, path, length);
        folder[length] = 0;
    }
    if (stat(folder, &s) != 0) return false;
    *of = (struct identity){s.st_dev, s.st_ino, slash ? slash + 1 : path};
    return true;
}

int lrt_same_file(const char *a, const char *b) {
    struct identity x, y;
    if (!identify(a, &x) || !identify(b, &y) || x.device != y.device || x.inode != y.inode) return 0;
    return x.name && y.name ? strcmp(x.name, y.name) == 0 : !x.name && !y.name;
}
