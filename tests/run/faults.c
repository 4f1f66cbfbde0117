// Faults: preloaded, makes the N-th call of a function fail once. FAULT=malloc:N, or open:N, mmap:N, mkstemp:N,
// rename:N, and on regular files write:N, read:N, fsync:N, ftruncate:N, lseek:N; shortwrite:N and shortread:N do half
// of what is asked. FAULT=KIND:0 fails nothing; at the end the number of calls of that kind stands in the file that
// FAULTS names.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);

static const char *fault;
static long at, calls;

__attribute__((constructor)) static void begin(void) {
    fault = getenv("FAULT");
    const char *colon = fault ? strchr(fault, ':') : NULL;
    at = colon ? atol(colon + 1) : 0;
}

__attribute__((destructor)) static void end(void) {
    const char *path = getenv("FAULTS");
    FILE *f = path ? fopen(path, "w") : NULL;
    if (!f) return;
    fprintf(f, "%ld\n", calls);
    fclose(f);
}

static int fails(const char *kind, int error) {
    const size_t n = strlen(kind);
    if (!fault || strncmp(fault, kind, n) != 0 || fault[n] != ':') return 0;
    if (++calls != at) return 0;
    errno = error;
    return 1;
}

static int on_file(int descriptor, const char *kind, int error) {
    struct stat s;
    return syscall(SYS_fstat, descriptor, &s) == 0 && S_ISREG(s.st_mode) && fails(kind, error);
}

void *malloc(size_t n) { return fails("malloc", ENOMEM) ? NULL : __libc_malloc(n); }
void *calloc(size_t n, size_t m) { return fails("malloc", ENOMEM) ? NULL : __libc_calloc(n, m); }
void *realloc(void *p, size_t n) { return fails("malloc", ENOMEM) ? NULL : __libc_realloc(p, n); }

ssize_t write(int file, const void *from, size_t n) {
    if (on_file(file, "write", ENOSPC)) return -1;
    return syscall(SYS_write, file, from, n > 1 && on_file(file, "shortwrite", 0) ? n / 2 : n);
}
ssize_t read(int file, void *to, size_t n) {
    if (on_file(file, "read", EIO)) return -1;
    return syscall(SYS_read, file, to, n > 1 && on_file(file, "shortread", 0) ? n / 2 : n);
}
int open(const char *path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    const int mode = flags & O_CREAT ? va_arg(more, int) : 0;
    va_end(more);
    return fails("open", EMFILE) ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}
void *mmap(void *at, size_t n, int access, int flags, int file, off_t from) {
    return fails("mmap", ENOMEM) ? MAP_FAILED : (void *)syscall(SYS_mmap, at, n, access, flags, file, from);
}
int mkstemp(char *name) {
    int (*real)(char *) = (int (*)(char *))dlsym(RTLD_NEXT, "mkstemp");
    return fails("mkstemp", EACCES) ? -1 : real(name);
}
int fsync(int file) { return on_file(file, "fsync", EIO) ? -1 : (int)syscall(SYS_fsync, file); }
int ftruncate(int file, off_t n) { return on_file(file, "ftruncate", EIO) ? -1 : (int)syscall(SYS_ftruncate, file, n); }
off_t lseek(int file, off_t to, int from) {
    return on_file(file, "lseek", EIO) ? -1 : syscall(SYS_lseek, file, to, from);
}
int rename(const char *from, const char *to) {
    return fails("rename", EACCES) ? -1 : (int)syscall(SYS_renameat2, -100, from, -100, to, 0);
}
