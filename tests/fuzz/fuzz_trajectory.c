// fuzz_trajectory: any bytes as a trajectory: every record is read, to the end or to what is wrong, which is told.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/trainer/trajectory.h"
#include "tests/fuzz/structure.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned int seed);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct trajectory_reader r = lrt_trajectory_read(data, size);
    enum trajectory_record record;
    float sum = 0;
    size_t at = 0;
    while ((record = lrt_trajectory_next(&r)) != TRAJECTORY_END && record != TRAJECTORY_CORRUPT) {
        if (r.at <= at || r.at > size) abort(); // every record has bytes, and they are the file's
        at = r.at;
        if (record != TRAJECTORY_STEP) continue;
        for (int32_t k = 0; k < r.segment.tangents; k++) sum += lrt_trajectory_scalar(r.scalars + 4 * (size_t)k);
        if (r.step < r.segment.first_step) abort();
    }
    if (record == TRAJECTORY_CORRUPT && !r.wrong) abort();
    return sum == 12345.678f ? -1 : 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned int seed) {
    uint32_t random = seed;
    return structure_trajectory(data, size, most, &random);
}
