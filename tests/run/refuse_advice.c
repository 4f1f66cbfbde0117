// A system that refuses advice about memory. A library for LD_PRELOAD.
#include <errno.h>
#include <stddef.h>
int madvise(void *a, size_t n, int k) {
    (void)a;
    (void)n;
    (void)k;
    errno = EPERM;
    return -1;
}
