// Schedule choice: every choice about the schedule of a step. All choices compute the same bits; they differ in memory
// and time.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "compiler/ad/gradient.h"

struct schedule_choice {
    const struct gradient *method;
    // The values of a block that the backward pass reads from a stack; it recomputes the others. Bit k refers to the
    // block's k-th node that is not cheap. The last bit covers all later ones.
    uint64_t kept;
    int64_t split;            // 0: all blocks alike; else kept_above applies from this iteration, over all repeat loops
    uint64_t kept_above;      // replaces `kept` from iteration `split` on
    int64_t head_rows;        // rows of the LM head computed at a time
    int64_t vocabulary_chunk; // logits per row that the loss computes at a time (fuse_nodes); 0: all
    int64_t tile_rows;        // rows of a block's tile; 0: blocks are not tiled
    int64_t forwards;         // 0: keep every block's input; else the most forward runs of a block to get to its output
                              // (Revolve; compiler/pass/checkpoint_steps.h)
    int64_t slots; // block inputs kept in the arena; 0: all, or the fewest that `forwards` allows, or none with `page`
    bool page;     // the other inputs of blocks are written to a file and read back
    int64_t tangents; // forward mode: directions at a time; else 0
};
