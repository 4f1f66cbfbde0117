// structure: see the header. What this file has is common to formats: numbers, parts, trajectories.
#include "tests/fuzz/structure.h"

#include <string.h>

#include "runtime/trainer/trajectory.h"

uint32_t structure_random(uint32_t *random, uint32_t below) {
    *random = *random * 1664525U + 1013904223U;
    return (uint32_t)((uint64_t)(*random ^ *random >> 15) * below >> 32);
}

size_t structure_text(uint8_t *data, size_t size, size_t most, uint32_t *random) {
    (void)random;
    return LLVMFuzzerMutate(data, size, most);
}

void structure_split(const uint8_t *data, size_t size, struct structure_part parts[STRUCTURE_PARTS]) {
    for (int i = 0; i + 1 < STRUCTURE_PARTS; i++) {
        uint32_t n = 0;
        const size_t head = size < sizeof n ? size : sizeof n;
        memcpy(&n, data, head);
        data += head;
        size -= head;
        parts[i] = (struct structure_part){data, n < size ? n : size};
        data += parts[i].size;
        size -= parts[i].size;
    }
    parts[STRUCTURE_PARTS - 1] = (struct structure_part){data, size};
}

size_t structure_parts(uint8_t *data, size_t size, size_t most, uint32_t *random,
                       structure_mutate *const mutate[STRUCTURE_PARTS]) {
    enum { PART = 1 << 16 };
    static uint8_t bytes[STRUCTURE_PARTS][PART];
    struct structure_part parts[STRUCTURE_PARTS];
    size_t sizes[STRUCTURE_PARTS], room = most;
    structure_split(data, size, parts);
    for (int i = 0; i < STRUCTURE_PARTS; i++) {
        sizes[i] = parts[i].size < PART ? parts[i].size : PART;
        memcpy(bytes[i], parts[i].at, sizes[i]);
        room -= sizes[i] + (i + 1 < STRUCTURE_PARTS ? sizeof(uint32_t) : 0);
    }
    if (room > most) return LLVMFuzzerMutate(data, size, most); // too little for lengths
    const uint32_t which = structure_random(random, STRUCTURE_PARTS);
    const size_t larger = sizes[which] + room < PART ? sizes[which] + room : PART;
    sizes[which] = mutate[which](bytes[which], sizes[which], larger, random);
    uint8_t *to = data;
    for (int i = 0; i < STRUCTURE_PARTS; i++) {
        const uint32_t n = (uint32_t)sizes[i];
        if (i + 1 < STRUCTURE_PARTS) {
            memcpy(to, &n, sizeof n);
            to += sizeof n;
        }
        memcpy(to, bytes[i], n);
        to += n;
    }
    return (size_t)(to - data);
}

// Makes the hash of every check right, as far as the records can be followed.
static void mend_checks(uint8_t *data, size_t size) {
    struct trajectory_reader before = lrt_trajectory_read(data, size), r = before;
    for (;;) {
        const enum trajectory_record record = lrt_trajectory_next(&r);
        if (record == TRAJECTORY_END) return;
        if (record == TRAJECTORY_CORRUPT) {
            uint32_t mark = 0;
            if (size - before.at < TRAJECTORY_CHECK_BYTES) return;
            memcpy(&mark, data + before.at, sizeof mark);
            if (mark != TRAJECTORY_MARK_CHECK) return;
            uint64_t state;
            memcpy(&state, data + before.at + 8, sizeof state);
            uint8_t *check = data + before.at;
            if (before.at >= TRAJECTORY_SEGMENT_BYTES) lrt_trajectory_put_check(check, before.hash, state);
            r = before;
            if (lrt_trajectory_next(&r) == TRAJECTORY_CORRUPT) return;
        }
        before = r;
    }
}

size_t structure_trajectory(uint8_t *data, size_t size, size_t most, uint32_t *random) {
    size = LLVMFuzzerMutate(data, size, most);
    if (structure_random(random, 8)) mend_checks(data, size);
    return size;
}
