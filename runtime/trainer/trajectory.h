// Trajectory: the scalars of the steps of a program that estimates its gradient. Together with the initial adapter they
// reproduce the trained one, bit for bit.
//
// trajectory.bin is a sequence of records of 32-bit little-endian words, only ever appended to:
//   segment  MARK_SEGMENT, "LRTJ", then the numbers of struct trajectory_segment: 33 words. The first record, and again
//            where one of the numbers changes
//   step     `tangents` floats; all LRT_NO_SCALAR when the step counted no tokens
//   check    MARK_CHECK, a hash of all bytes before it and of the two words behind it, which are a hash of adapters and
//            optimizer state at this point: after every 256th step of a segment, and at the end of a file that is whole
// The marks are NaNs that no arithmetic makes, so the first word of a record says what it is.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lorac/lrt.h>

enum {
    TRAJECTORY_MARK_SEGMENT = 0x7fe0a5a6,
    TRAJECTORY_MARK_CHECK = 0x7fe0a5a7,
    TRAJECTORY_VERSION = 2,
    TRAJECTORY_SEGMENT_BYTES = 132,
    TRAJECTORY_CHECK_BYTES = 16,
    TRAJECTORY_CHECK_EVERY = 256,
};

struct trajectory_segment {
    int32_t tangents;              // scalars a step, at least 1
    int32_t shard, shards;         // 0, 0: all tensors
    uint64_t program;              // hash of what is trained, and by which optimizer
    uint64_t seed;                 // of the noise
    int64_t first_step;            // from 1
    int64_t schedule_steps;        // of the whole run, as lrt_options.run_steps; 0: constant
    double perturbation;           // eps of zeroth order; 0: forward mode
    double learning_rate;          // the base rate
    uint64_t base;                 // hash of adapters and optimizer state before the first step
    int32_t tensors;               // what the program trains, for people: tensors, 0: not said,
    int64_t numbers;               // the numbers in them,
    int32_t states;                // and what the optimizer keeps of each
    struct lrt_rate_schedule rate; // how the rate goes
    double clip;                   // the most that the norm may be; 0: any
};
void lrt_trajectory_put_segment(unsigned char bytes[TRAJECTORY_SEGMENT_BYTES], const struct trajectory_segment *s);
// hash: of all bytes before.
void lrt_trajectory_put_check(unsigned char bytes[TRAJECTORY_CHECK_BYTES], uint64_t hash, uint64_t state);
void lrt_trajectory_put_scalar(unsigned char bytes[4], float scalar);
float lrt_trajectory_scalar(const unsigned char bytes[4]);

// A step's scalars [n] are numbers, or it counted no tokens.
bool lrt_trajectory_finite(const float *scalars, int32_t n);

enum trajectory_record { TRAJECTORY_END, TRAJECTORY_SEGMENT, TRAJECTORY_STEP, TRAJECTORY_CHECK, TRAJECTORY_CORRUPT };

// A walk over the records of a file in memory, checking all of them.
struct trajectory_reader {
    const unsigned char *bytes;
    size_t n, at;                      // at: behind the record read last
    uint64_t hash;                     // of bytes [at]
    struct trajectory_segment segment; // at work
    int64_t step;                      // last read; before the first: segment.first_step - 1
    int64_t steps_of_segment;          // read of the segment at work
    const unsigned char *scalars;      // of that step: [segment.tangents] of 4 bytes
    uint64_t state;                    // of the last check
    bool checked;                      // the last record was a check
    const char *wrong;                 // TRAJECTORY_CORRUPT: what is, in words for people
};
struct trajectory_reader lrt_trajectory_read(const void *bytes, size_t n);
// END at the end of the bytes. A file that ends without a check was cut off, or its run was killed: `checked` is false.
enum trajectory_record lrt_trajectory_next(struct trajectory_reader *r);
