// Trainer hash: FNV-1a, 64 bit (http://www.isthe.com/chongo/tech/comp/fnv), of what a resumed run must have again. It
// is the same on every machine.
#pragma once
#include <stddef.h>
#include <stdint.h>

#define TRAINER_HASH_START UINT64_C(0xcbf29ce484222325)
uint64_t lrt_trainer_hash_bytes(uint64_t h, const void *data, size_t n);
// Of much data, several bytes a cycle: words of 8 bytes in four lanes.
uint64_t lrt_trainer_hash_block(uint64_t h, const void *data, size_t n);
uint64_t lrt_trainer_hash_text(uint64_t h, const char *text); // NULL: ""
uint64_t lrt_trainer_hash_number(uint64_t h, int64_t n);
uint64_t lrt_trainer_hash_floats(uint64_t h, const float *x, size_t n); // their bits, a word at a time
