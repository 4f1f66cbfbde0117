// Passes: graph rewrites that know an op only by its row in the op table. Each returns a new graph in the same arena.
// compiler/pipeline/passes.def lists their order. Some leave dead nodes behind; remove_dead runs after them.
#pragma once
#include "compiler/ir/graph.h"

// Removes dead nodes. The roots are the loss, the counted tokens, gradients, outputs and ops with effects.
struct graph *remove_dead(const struct graph *g);
// Common subexpression elimination: one node replaces equal computations.
struct graph *eliminate_common(const struct graph *g);
// Moves loop-invariant nodes in front of their repeat loop.
struct graph *hoist_invariant(const struct graph *g);
// Fuses neighbouring nodes that one kernel can compute (op.fuse), such as silu and mul. vocabulary_chunk > 0: the loss
// computes its own logits, that many columns at a time (a multiple of LRT_VOCABULARY_BLOCK, lorac/lrt_scratch.h). This
// applies only where nothing else reads the logits. Memory then no longer grows with the vocabulary, for one more
// product. Exact: the bits do not depend on the chunk size.
struct graph *fuse_nodes(const struct graph *g, int64_t vocabulary_chunk);
// True when the loss computes its own logits, one vocabulary chunk at a time.
bool loss_in_chunks(const struct graph *g);
// Removes copies that are read only in the loop that makes them.
struct graph *drop_copies(const struct graph *g);

// Chooses which forward values the backward loop reads from a stack. It recomputes the others with the same kernels in
// the same order, so the bits are the same. The block's input cannot be recomputed and is always kept.
struct kept_values {
    // Bit k refers to the result of the block's k-th node that is not cheap. The last bit covers all later ones.
    uint64_t below, above;
    int64_t split; // the iteration, over all repeat loops, from which `above` applies; 0: `below` applies to all
};
struct graph *recompute(const struct graph *g, const struct kept_values *kept);

// Splits a repeat loop in two before iteration `at`, counted from 0 through all forward repeat loops in order. Returns
// g itself when `at` lies between two loops.
struct graph *split_loops(const struct graph *g, int64_t at);
// The last split point at or before `at` that leaves all runs of each instance on one side. Only such a split keeps
// each tensor's gradient in one loop. Fused updates need that, and so does a fixed summation order of the norm.
int64_t cut_between_instances(const struct graph *g, int64_t at);

// Skips the LM head for rows whose target is ignored. The loss, and the nodes around it that the op table can run by
// rows, move into one tile loop over the counted rows. A tile has `height` rows. Exact: the bits do not depend on
// height.
struct graph *tile_loss(const struct graph *g, int64_t height);
// The same for the graph's OUTPUT value, [rows, columns]. Row i of the new output is row rows[i] of the old one, for i
// below n_rows. `rows` [all rows] and `n_rows` become inputs first_input and first_input + 1 (counted from 1).
struct graph *tile_output(const struct graph *g, uint32_t first_input, int64_t height);

// Orders the bodies of repeat loops by level (compiler/pass/levels.h). A cheap value that several levels need gets one
// node per level. Differentiation then adds cotangents level by level: the sum is the same in every plan, and no
// cotangent waits for another level.
struct graph *order_by_levels(const struct graph *g);
// The same, with each level in a loop over tiles of `height` rows. Values computed and read in one level are a few rows
// high. Exact: the bits do not depend on height.
struct graph *tile_rows(const struct graph *g, int64_t height);

// Skips nodes in a backward loop's last iteration when nothing reads their results (guard.but_last). This applies when
// untrained layers come before the loop's first layer. Works in place, after all passes that change bodies.
void skip_last_iteration(struct graph *g);

// Turns a forward and a backward loop into a checkpoint schedule (compiler/ir/graph.h), which keeps only some block
// inputs. The backward loop may read nothing of a block but its input (recompute that keeps nothing else). Exact: a
// block that runs again gives the same bits. Loops that do not qualify, or not within the limits, stay unchanged. Must
// run before stacks are marked.
struct checkpoint_limits;
struct graph *checkpoint_blocks(const struct graph *g, const struct checkpoint_limits *limits);
