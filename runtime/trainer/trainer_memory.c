// Trainer memory: one mapping for the model, and what the kernel says the process really takes. The model's memory is a
// mapping of its own, so that its pages can be counted apart from the C library's heap.
#include "runtime/trainer/trainer_memory.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

// The number of kB behind `key` in the text of /proc/self/status, in bytes.
static uint64_t status_bytes(const char *status, const char *key) {
    const char *at = strstr(status, key);
    if (!at) return 0;
    at += strlen(key);
    while (*at == ' ' || *at == '\t') at++;
    uint64_t n = 0;
    for (; *at >= '0' && *at <= '9'; at++) n = n * 10 + (uint64_t)(*at - '0');
    return n * 1024;
}

struct trainer_memory lrt_trainer_memory_now(void) {
    struct trainer_memory memory = {0, 0, 0};
    char status[4096]; // the lines looked for stand in the first 2 kB
    int file = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    if (file < 0) return memory;
    ssize_t n = read(file, status, sizeof status - 1);
    close(file);
    if (n <= 0) return memory;
    status[n] = 0;
    memory.anonymous = status_bytes(status, "\nRssAnon:");
    memory.file = status_bytes(status, "\nRssFile:");
    memory.most = status_bytes(status, "\nVmHWM:");
    return memory;
}

static uint64_t larger(uint64_t a, uint64_t b) { return a > b ? a : b; }

void lrt_trainer_memory_raise(struct trainer_memory *peak, struct trainer_memory now) {
    peak->anonymous = larger(peak->anonymous, now.anonymous);
    peak->file = larger(peak->file, now.file);
    peak->most = larger(peak->most, now.most);
}

void lrt_trainer_memory_restart(void) {
    int file = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
    if (file < 0) return;
    (void)!write(file, "5", 1);
    close(file);
}

uint64_t lrt_trainer_memory_resident(const void *start, size_t bytes) {
    const long page_long = sysconf(_SC_PAGESIZE);
    if (page_long <= 0 || bytes == 0) return bytes;
    const uintptr_t page = (uintptr_t)page_long, begin = (uintptr_t)start, end = begin + bytes;
    uint64_t resident = 0;
    unsigned char present[4096];
    for (uintptr_t at = begin / page * page; at < end;) {
        size_t pages = (size_t)((end - at + page - 1) / page);
        if (pages > sizeof present) pages = sizeof present;
        if (mincore((void *)at, pages * page, present) != 0) return bytes;
        for (size_t i = 0; i < pages; i++, at += page) {
            const uintptr_t from = at < begin ? begin : at, to = at + page > end ? end : at + page;
            if (present[i] & 1) resident += to - from;
        }
    }
    return resident;
}

void *lrt_trainer_memory_map(size_t bytes) {
    void *start = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return start == MAP_FAILED ? NULL : start;
}

void lrt_trainer_memory_unmap(void *start, size_t bytes) {
    if (start) munmap(start, bytes);
}

void lrt_trainer_memory_trim(void) {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}
