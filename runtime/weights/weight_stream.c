// weight_stream: advises the system to read pages of mapped weights ahead and to drop them after use. A mapping reads
// back what was dropped, so nothing here can change a number or fail.
#include <sys/mman.h>
#include <unistd.h>

#include "runtime/weights/weight_file.h"

// One call reads ahead at most what the device's queue takes at once, often this much. The system would ignore more.
enum { AHEAD_BYTES = 128 << 10 };

static void advise(uintptr_t start, uintptr_t end, int advice, size_t piece) {
    for (uintptr_t at = start; at < end; at += piece)
        (void)madvise((void *)at, end - at < piece ? end - at : piece, advice);
}

void lrt_weights_stream(void *file, const void *data, size_t bytes, int needed) {
    const struct lrt_weight_file *f = file;
    const long page_long = sysconf(_SC_PAGESIZE);
    if (page_long <= 0) return;
    const uintptr_t page = (uintptr_t)page_long, first = (uintptr_t)data;
    for (size_t i = 0; i < f->n_shards; i++) {
        const uintptr_t base = (uintptr_t)f->shards[i].base;
        if (first < base || first - base >= f->shards[i].bytes) continue;
        const size_t left = f->shards[i].bytes - (first - base), length = bytes < left ? bytes : left;
        // Whole pages: one that a neighbour shares is read again when that is needed.
        const uintptr_t start = first / page * page, end = (first + length + page - 1) / page * page;
        if (needed)
            advise(start, end, MADV_WILLNEED, AHEAD_BYTES);
        else
            advise(start, end, MADV_DONTNEED, end - start);
    }
}

void lrt_weight_file_release(const struct lrt_weight_file *file) {
    for (size_t i = 0; i < file->n_shards; i++)
        (void)madvise((void *)(uintptr_t)file->shards[i].base, file->shards[i].bytes, MADV_DONTNEED);
}
