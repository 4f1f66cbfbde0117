// Trainer memory: one mapping for the model, and what the kernel says the process really takes.
#pragma once
#include <stddef.h>
#include <stdint.h>

struct trainer_memory {
    uint64_t anonymous; // bytes: RssAnon
    uint64_t file;      // RssFile: mapped weights and code
};

// Reads /proc/self/status; zeros where there is none. Allocates nothing.
struct trainer_memory lrt_trainer_memory_now(void);

// Bytes of [start, start + bytes) that are resident now; counted in whole pages, a page shared with a neighbour by its
// part. `bytes` itself where the system cannot tell.
uint64_t lrt_trainer_memory_resident(const void *start, size_t bytes);

// A zeroed, page-aligned mapping of its own, to be given back with lrt_trainer_memory_unmap. NULL: errno tells.
void *lrt_trainer_memory_map(size_t bytes);
void lrt_trainer_memory_unmap(void *start, size_t bytes);

// Gives what was freed back to the system, so that it does not count as ours.
void lrt_trainer_memory_trim(void);
