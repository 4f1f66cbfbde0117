// Trainer memory: one mapping for the model, and what the kernel says the process really takes.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trainer_memory { // bytes
    uint64_t anonymous; // RssAnon
    uint64_t file;      // RssFile: mapped weights and code
    uint64_t most; // VmHWM: the most of both at one time since lrt_trainer_memory_restart, by the kernel's own count
};

// Reads /proc/self/status; zeros where there is none. Allocates nothing.
struct trainer_memory lrt_trainer_memory_now(void);

// Raises what is below `now`.
void lrt_trainer_memory_raise(struct trainer_memory *peak, struct trainer_memory now);
// Restarts `most`. Where the kernel does not allow that, it counts from the start of the process.
void lrt_trainer_memory_restart(void);

// Bytes of [start, start + bytes) that are resident now. A page that is shared with a neighbour counts with its part in
// the range. Returns `bytes` where the system does not say.
uint64_t lrt_trainer_memory_resident(const void *start, size_t bytes);

// Bytes of the process's own (RssAnon) that lie outside the model's mapping.
struct trainer_beyond {
    uint64_t heap; // the C library's: names of tensors, the data's directory
    uint64_t data; // variables and relocated tables of the program and its libraries
    uint64_t rest; // stacks, what threads keep, mappings of the C library
};
// planned: resident bytes of the model's mapping. Zeros where the system does not say. Allocates nothing.
struct trainer_beyond lrt_trainer_memory_beyond(uint64_t planned);

// The file that is mapped where `address` points, "" when the system does not say; cut at `size`. May be called in a
// signal handler.
void lrt_trainer_memory_name(const void *address, char *name, size_t size);

// A zeroed, page-aligned mapping of its own, to be given back with lrt_trainer_memory_unmap. NULL: errno says why.
void *lrt_trainer_memory_map(size_t bytes);
void lrt_trainer_memory_unmap(void *start, size_t bytes);

// Returns freed memory to the system, so that it no longer counts as the process's own.
void lrt_trainer_memory_trim(void);
