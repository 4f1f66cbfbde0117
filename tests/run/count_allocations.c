// Counts the calls that ask for memory, and tells how many when the program ends. A library for LD_PRELOAD.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>
extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t),
    *__libc_memalign(size_t, size_t);
static long calls;
void *malloc(size_t n) {
    calls++;
    return __libc_malloc(n);
}
void *calloc(size_t n, size_t m) {
    calls++;
    return __libc_calloc(n, m);
}
void *realloc(void *p, size_t n) {
    calls++;
    return __libc_realloc(p, n);
}
void *aligned_alloc(size_t a, size_t n) {
    calls++;
    return __libc_memalign(a, n);
}
int posix_memalign(void **p, size_t a, size_t n) {
    calls++;
    *p = __libc_memalign(a, n);
    return *p ? 0 : 12;
}
void *mmap(void *a, size_t n, int p, int f, int d, off_t o) {
    void *(*next)(void *, size_t, int, int, int, off_t) =
        (void *(*)(void *, size_t, int, int, int, off_t))dlsym(RTLD_NEXT, "mmap");
    calls++;
    return next(a, n, p, f, d, o);
}
__attribute__((destructor)) static void print_calls(void) { fprintf(stderr, "calls %ld\n", calls); }
