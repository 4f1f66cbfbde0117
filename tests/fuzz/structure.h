// structure: mutations that know a file's structure. They change one thing in it and make lengths, offsets, counts and
// checksums right again, so that what stands behind those checks is reached. Each takes the place of libFuzzer's
// LLVMFuzzerMutate: it changes `size` bytes in place, has room for `most`, and returns how many there are then.
#pragma once
#include <stddef.h>
#include <stdint.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most); // libFuzzer's own

typedef size_t structure_mutate(uint8_t *data, size_t size, size_t most, uint32_t *random);

uint32_t structure_random(uint32_t *random, uint32_t below); // 0 <= result < below

structure_mutate structure_safetensors, structure_gguf, structure_trajectory, structure_text;

// An input of several files: for each but the last its length (32 bits) and its bytes; the last has the rest.
struct structure_part {
    const uint8_t *at;
    size_t size;
};
enum { STRUCTURE_PARTS = 2 };
void structure_split(const uint8_t *data, size_t size, struct structure_part parts[STRUCTURE_PARTS]);
// Mutates one of the parts by its own function.
size_t structure_parts(uint8_t *data, size_t size, size_t most, uint32_t *random,
                       structure_mutate *const mutate[STRUCTURE_PARTS]);
