// Plan: for every arena value of a graph a life and a place; what stands in place of what; where a copy is needed.
//
// How to think about it
// - A step is a node's index: an argument is read, then a result written, at its node's step. Lives are half-open.
// - Loops are planned once. Every life is one plain interval of the flat node array: a value from outside that a loop
// reads
//   lives to the loop's end, a carry's param lives in the body, the next value up to the loop's END.
// - A stack (one slot an iteration) is planned for the deepest iteration, the last of the forward loop and the first of
// the
//   backward loop, when all slots are full: that iteration's slot, the *top*, is placed like any value of the body,
//   from its definition to its last use, so that the backward's work space may stand where the top has died; the other
//   slots are one block that lives from the loop that writes them to the end of the last loop that reads them.
// - A checkpoint schedule runs the forward body again between iterations of the backward loop. So what lives between
// the iterations of either
//   loop has a buffer that lives through both. Lives of buffers are told in an order of steps in which that is one
//   interval: the forward body stands behind what lies between the loops (plan_node_step leads back).
// - Values that share a place (in place, carried) are one *buffer*: the places are those of buffers.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/ir/graph.h"

struct arena;
struct place_buffer;

enum { PLAN_ALIGNMENT = 64 };

struct plan_value {        // index: value_id.id; buffer 0 for values outside the arena
    uint32_t birth, death; // steps [birth, death); of a stack: of its top slot
    uint32_t buffer;
    value_id in_place_of; // the value whose bytes it took over; none
    int64_t bytes;        // of one instance
};

struct plan_buffer {
    int64_t birth, death; // steps in the order of places, covering its members
    int64_t size;         // bytes, a multiple of PLAN_ALIGNMENT
    int64_t offset;
    value_id first; // its first member
    // Members of a stack's buffer live at slot t - from of iteration t of the repeat loop they stand in: the slots but
    // the top one are at lower_offset + slot * size, the top one (slot == slots - 1) at `offset`. slots 0: not a stack.
    // Without a stack: the place of what a checkpoint schedule carries; the slots that the checkpoint schedule holds
    // are the lower block, slot s at lower_offset + s * size, and `slots` is one more than they are. One that it does
    // not hold through the backward loop is a buffer of its own (plan.last_slots).
    value_id stack;
    int64_t slots, from;
    int64_t lower_birth, lower_death, lower_offset; // of the block of (slots - 1) * size bytes
};

struct plan_copy { // bytes that must move because two values could not share a place
    // ARGUMENT: before the node. INIT: before the loop; from a param to its next: of a loop that may be
    // empty. NEXT: to the next iteration. RESULT: after the loop
    node_id at;
    value_id from, to;
    enum { COPY_ARGUMENT, COPY_INIT, COPY_NEXT, COPY_RESULT } kind;
};

struct plan_peak {
    int64_t bytes, step;
};

struct plan {
    const struct graph *graph;
    struct plan_value *values;   // [graph->n_values]
    struct plan_buffer *buffers; // [n_buffers], entry 0 unused
    struct plan_copy *copies;
    size_t n_buffers, n_copies, c_buffers, c_copies;
    uint32_t
        *last_slots; // [graph->n_checkpoint_schedules] the buffer of slot `held`; 0: the checkpoint schedule has none
    int64_t arena_bytes;    // the top of the placement
    struct plan_peak bound; // the liveness lower bound and the first step that attains it
    int64_t scratch_bytes;  // kernel scratch: the most that one node asks for
    node_id scratch_node;
    const char *method; // which order of the portfolio won
};

enum plan_coalescing {
    PLAN_COALESCED, // the product
    PLAN_SEPARATE,  // every value a place of its own: what the tests compare with
};

// Lives, coalescing, places. threads: for the kernels' scratch.
struct plan *plan_make(struct arena *a, const struct graph *g, int threads, enum plan_coalescing coalescing);

// The same without places: offsets and arena_bytes are 0, the bound is what no placement can beat.
struct plan *plan_lives_only(struct arena *a, const struct graph *g, int threads);

// ---- the parts, in order ----
void plan_lives(struct plan *p);                                                      // values: birth, death, bytes
void plan_coalesce(struct plan *p, struct arena *a, enum plan_coalescing coalescing); // buffers, copies
void plan_checkpoint_lives(struct plan *p, struct arena *a); // buffers' lives in the order of places
int64_t plan_slot_offset(const struct plan *p, const struct checkpoint_schedule *c, int64_t slot);
int64_t plan_place_step(const struct graph *g, int64_t node_step); // a node's step in that order
int64_t plan_node_step(const struct graph *g, int64_t place_step); // the node at a step of that order
// One rectangle per buffer and one per lower block, buffers first: the input of placement; n = 2 * n_buffers.
struct place_buffer *plan_rectangles(const struct plan *p, struct arena *a);
void plan_place(struct plan *p, struct arena *a);

// An arena value that the planner places.
bool plan_is_placed(const struct graph *g, value_id v);
// Where the instance of a placed value is at an iteration of its slot loop (ignored for others).
int64_t plan_offset(const struct plan *p, value_id v, int64_t iteration);
struct text;
void plan_dump(const struct plan *p, struct text *out);

// Verify: replays the plan byte by byte, told by nobody how it came about; shares no code with the planner.
// Writes the first objection to `text` (size bytes) and returns false.
bool plan_verify(const struct plan *p, char *text, size_t size);
