// Passes over graphs that know nothing of any op but what its row says. Each returns a new graph in the same arena. In
// which order they run is compiler/pipeline/passes.def. Some leave nodes behind that nothing needs: remove_dead
// follows.
#pragma once
#include "compiler/ir/graph.h"

// Leaves out nodes that nothing needs; what is needed: loss, counted, gradients, outputs, effects.
struct graph *remove_dead(const struct graph *g);
// One node for equal computations.
struct graph *eliminate_common(const struct graph *g);
// Moves what does not change from iteration to iteration in front of its repeat loop.
struct graph *hoist_invariant(const struct graph *g);
// Neighbouring nodes that one kernel does together (op.fuse): silu and mul, the two products of a low-rank gradient.
// vocabulary_chunk > 0: the loss makes its logits itself, so many columns at a time (a multiple of
// LRT_VOCABULARY_BLOCK, lorac/lrt_scratch.h), where nothing else wants them: memory that does not grow with the
// vocabulary, for one more product. Exact: the same bits for every part and without.
struct graph *fuse_nodes(const struct graph *g, int64_t vocabulary_chunk);
// Whether the loss makes its logits itself, a part at a time.
bool loss_in_chunks(const struct graph *g);
// Drops copies that turned out to be used in their own loop only.
struct graph *drop_copies(const struct graph *g);

// Which values of the forward loop the backward loop finds in a stack; the others it computes again from those, with
// the same kernels in the same order: the same bits. What cannot be computed again (the block's input) is kept always.
struct kept_values {
    // Bit k: the result of the k-th node of a block that is not cheap, in order; the last bit: of all from there on.
    uint64_t below, above;
    int64_t split; // `above` holds from the split-th iteration of all repeat loops on; 0: `below` holds for all
};
struct graph *recompute(const struct graph *g, const struct kept_values *kept);

// The repeat loop in whose iterations the at-th one of all lies, counted from 0 through the forward repeat loops in
// order, becomes two loops: before it, and from it on. The graph as it is where at falls between two loops.
struct graph *split_loops(const struct graph *g, int64_t at);
// The last place for a cut, not after `at`, that no two runs of one instance lie on both sides of. Only such cuts leave
// a tensor's gradient to one loop, so that updates may be fused and the norm has one order.
int64_t cut_between_instances(const struct graph *g, int64_t at);

// Rows that do not count need no head: puts the loss, and everything before and behind it that the op table knows how
// to run by rows, into one tile loop over the counted rows, `height` at a time. Exact: the same bits for every height.
struct graph *tile_loss(const struct graph *g, int64_t height);
// The same for chosen rows of the graph's OUTPUT value, [rows, columns]: its rows are rows[0..n_rows) of the value as
// it was. `rows` [all rows] and `n_rows` become inputs first_input and first_input + 1 (counted from 1).
struct graph *tile_output(const struct graph *g, uint32_t first_input, int64_t height);

// The bodies of repeat loops in the order of their levels (compiler/pass/levels.h), with a node of its own for every
// level that needs a cheap value. Differentiated in this order, cotangents that come from several levels are added
// level by level, so that their sum is the same in every plan, and none of them has to wait for another.
struct graph *order_by_levels(const struct graph *g);
// The same, each level in a loop over `height` rows at a time: values that one level makes and uses are a few rows
// high. Exact: the same bits for every height.
struct graph *tile_rows(const struct graph *g, int64_t height);

// In a backward loop before which layers lie, what nobody takes from its last iteration is not made there
// (guard.but_last). In place, after all that changes bodies.
void skip_last_iteration(struct graph *g);

// Blocks of whose values the backward loop uses nothing but their input (recompute that keeps nothing else): both loops
// become a checkpoint schedule (compiler/ir/graph.h), in which only some inputs are kept. Exact: what runs once more
// gives the same bits. Loops that cannot be a checkpoint schedule, or within these limits, stay as they are. Before
// stacks are marked.
struct checkpoint_limits;
struct graph *checkpoint_blocks(const struct graph *g, const struct checkpoint_limits *limits);
