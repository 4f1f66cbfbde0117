// Schedule choice: all that is chosen about the schedule of a step. Every choice computes the same bits; they differ in
// memory and time.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "compiler/ad/gradient.h"

struct schedule_choice {
    const struct gradient *method;
    // Which results of a block's nodes the backward pass finds in a stack, of those it needs; the others it computes
    // again. Bit k: of the k-th node of the block that is not cheap, in order; the last bit: of all from there on.
    uint64_t kept;
    int64_t split;            // 0: all blocks alike; else from the split-th iteration of all repeat loops on ..
    uint64_t kept_above;      // .. this is kept instead
    int64_t head_rows;        // rows of the head at a time
    int64_t vocabulary_chunk; // logits of a row that the loss makes at a time (fuse_nodes); 0: all of them
    int64_t tile_rows;        // rows of a block's tile; 0: blocks do not run in tiles
    int64_t forwards; // 0: the input of every block is kept; else no block runs forwards more often to get to its
                      // output (Revolve; compiler/pass/checkpoint_steps.h)
    int64_t slots;    // block inputs kept in the arena; 0: all, or the fewest that `forwards` allows, or none with
                      // `page`
    bool page;        // the other inputs of blocks are written to a file and read back
    int64_t tangents; // forward mode: directions at a time; else 0
};
