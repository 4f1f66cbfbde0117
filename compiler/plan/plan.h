// Plan: every arena value of a graph gets a life and an offset. Values share buffers where they can; copies are listed
// where they cannot.
//
// How to think about it
// - A position is a node's index. A node reads its arguments and writes its results at its position. Lives are
// half-open.
// - Loops are planned once. Every life is one interval of the flat node array. A value from outside that a loop reads
//   lives to the loop's end. A carry's param lives in the body, its next value up to the loop's END.
// - A stack has one slot for each iteration. Its plan is that of its fullest point: the last forward and the first
//   backward iteration, when all slots are in use. That iteration's slot, the *top*, is placed like any value of the
//   body, from its definition to its last use. The backward pass can reuse its bytes after that. The other slots form
//   one block. It lives from the loop that writes them to the end of the last loop that reads them.
// - A checkpoint schedule runs the forward body again between iterations of the backward loop. Values that live between
//   iterations of either loop therefore have a buffer that lives through both. Buffer lives use an order of positions
//   that makes this one interval: the forward body comes after the nodes between the loops (plan_node_position maps
//   back).
// - Values that share a place (in place, carried) form one *buffer*. Offsets belong to buffers.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/ir/graph.h"

struct arena;
struct place_buffer;

enum { PLAN_ALIGNMENT = 64 };

struct plan_value {        // index: value_id.id; buffer 0: not in the arena
    uint32_t birth, death; // positions [birth, death); for a stack: of its top slot
    uint32_t buffer;
    value_id in_place_of; // the value whose bytes it reuses; none
    int64_t bytes;        // size of one instance
};

struct plan_buffer {
    int64_t birth, death; // positions in buffer order; they cover all members
    int64_t size;         // bytes, a multiple of PLAN_ALIGNMENT
    int64_t offset;
    value_id first; // its first member
    // Iteration t of a stack's repeat loop uses slot t - from. The top slot (slots - 1) is at `offset`, any other at
    // lower_offset + slot * size. slots 0: not a stack. Without a stack, slots > 0 marks the buffer that a checkpoint
    // schedule carries. Its snapshots form the lower block, slot s at lower_offset + s * size; `slots` is their number
    // plus one. A snapshot that does not live through the backward loop has a buffer of its own (plan.last_snapshots).
    value_id stack;
    int64_t slots, from;
    int64_t lower_birth, lower_death, lower_offset; // the block of (slots - 1) * size bytes
};

struct plan_copy { // a copy that is needed because two values could not share a place
    // ARGUMENT: before the node. INIT: before the loop; from a param to its next value: for a loop that may run no
    // iteration. NEXT: before the next iteration. RESULT: after the loop
    node_id at;
    value_id from, to;
    enum { COPY_ARGUMENT, COPY_INIT, COPY_NEXT, COPY_RESULT } kind;
};

struct plan_peak {
    int64_t bytes, at;
};

struct plan {
    const struct graph *graph;
    struct plan_value *values;   // [graph->n_values]
    struct plan_buffer *buffers; // [n_buffers], entry 0 unused
    struct plan_copy *copies;
    size_t n_buffers, n_copies, c_buffers, c_copies;
    uint32_t *last_snapshots; // [graph->n_checkpoint_schedules] the buffer of slot `live_snapshots`; 0: none
    int64_t arena_bytes;      // the top of the placement
    struct plan_peak bound;   // the liveness lower bound and the first position that attains it
    int64_t scratch_bytes;    // kernel scratch: the most that one node needs
    node_id scratch_node;
    const char *method; // the order of the portfolio that won
};

enum plan_coalescing {
    PLAN_COALESCED, // used by the compiler
    PLAN_SEPARATE,  // no sharing: the baseline of the tests
};

// Computes lives, coalesces buffers and places them. threads: determines the kernels' scratch.
struct plan *plan_make(struct arena *a, const struct graph *g, int threads, enum plan_coalescing coalescing);

// The same without placement: offsets and arena_bytes are 0, and the bound is a lower limit for every placement.
struct plan *plan_lives_only(struct arena *a, const struct graph *g, int threads);

// ---- the passes of plan_make, in this order, and the positions of buffers ----
void plan_lives(struct plan *p);                                                      // values: birth, death, bytes
void plan_coalesce(struct plan *p, struct arena *a, enum plan_coalescing coalescing); // buffers, copies
void plan_checkpoint_lives(struct plan *p, struct arena *a);                          // buffer lives in buffer order
int64_t plan_slot_offset(const struct plan *p, const struct checkpoint_schedule *c, int64_t slot);
int64_t plan_place_position(const struct graph *g, int64_t node); // a node's position in that order
int64_t plan_node_position(const struct graph *g, int64_t at);    // the node at a position of that order
// The input of placement: one rectangle per buffer, then one per lower block; n = 2 * n_buffers.
struct place_buffer *plan_rectangles(const struct plan *p, struct arena *a);

// True for an arena value, which the planner places.
bool plan_is_placed(const struct graph *g, value_id v);
// The offset of a placed value at an iteration of its slot loop (ignored for values without slots).
int64_t plan_offset(const struct plan *p, value_id v, int64_t iteration);
struct text;
void plan_dump(const struct plan *p, struct text *out);

// Node runs of a step: every node in every iteration of its loops. A plan of more is not verified, so not made: it
// would take minutes, and a timeline of it gigabytes.
#define PLAN_RUNS_MAX 5e7
double plan_node_runs(const struct graph *g);

// Verifies the plan by replaying it byte by byte. It shares no code with the planner and trusts none of its reasons. On
// an error it writes the first one to `text` (size bytes) and returns false.
bool plan_verify(const struct plan *p, char *text, size_t size);
