// Graph: the program of a training step (or of an evaluation) in SSA form, loops as nodes.
//
// How to think about it
// - Handles are small indices, never pointers: arrays grow and move.
// - Index order is execution order. An argument's definition has a smaller index. A loop is a LOOP node, the nodes of
//   its body, and an END node, all in one array: walking the array once visits every node in order, each body once.
// - A value is defined once and never changes. In-place and aliasing are words of the plan alone. The one exception
//   lies outside the arena: the gradient of a parameter is a chain of values (each computed by adding to the one
//   before) that by construction stand at the same place in the gradient pool, and an update node writes its parameter.
// - Nothing is "saved". A node of the backward loop names the value of the forward loop that it needs. A value that
//   is used outside the repeat loop that defines it, in another loop over the same domain, is a *stack*: one slot per
//   iteration (graph_mark_stacks sets value.domain). Recomputation is a pass that replaces such a use by a copy of
//   the computation.
// - A domain is what a repeat loop runs over: the instances of a block. Weights, parameters and stacks belong to a
//   domain; used inside a loop over it they mean the current iteration's instance, whichever way the loop runs.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lorac/lrt_adapter.h>
#include "compiler/base/source.h"

struct arena;
struct op; // a row of the op table: compiler/op/op.h

typedef struct {
    uint32_t id;
} value_id; // 0: none
typedef struct {
    uint32_t id;
} node_id; // 0: none
typedef struct {
    uint32_t id;
} domain_id; // 0: none
typedef struct {
    uint32_t id;
} loop_id; // 0: none (the top level)
typedef struct {
    uint32_t id;
} tensor_id; // 0: none
typedef struct {
    uint32_t id;
} symbol_id; // 0: none

enum { SHAPE_RANK_MAX = 4 };

struct shape {
    int rank; // 0: a scalar
    int64_t dim[SHAPE_RANK_MAX];
};
int64_t shape_count(struct shape s);   // product of all dims
int64_t shape_rows(struct shape s);    // product of all dims but the last; 1 for rank 0
int64_t shape_columns(struct shape s); // the last dim; 1 for rank 0
bool shape_equal(struct shape a, struct shape b);

// FILE: read as a struct lrt_tensor: a mapped weight, whatever type its file has, or generated numbers
enum dtype { DTYPE_F32, DTYPE_F64, DTYPE_I32, DTYPE_FILE };
int64_t dtype_bytes(enum dtype t);

enum storage {
    STORAGE_ARENA,  // placed by the planner
    STORAGE_WEIGHT, // frozen, mapped, read-only; of `tensor`
    STORAGE_PARAM,  // trained; the adapter pool; of `tensor`
    STORAGE_GRAD,   // the gradient of `tensor`; the gradient pool
    STORAGE_STATE,  // optimizer state `slot` of `tensor`; the optimizer pool
    STORAGE_INPUT,  // the caller's, read-only; inputs[tensor.id - 1]
    STORAGE_OUTPUT, // the caller's, written
    STORAGE_NOISE,  // generated where it is read, in no memory: what `noise` says of the parameter `tensor`
    STORAGE_COUNT
};

// What a NOISE value is.
enum noise_kind {
    NOISE_PERTURBED, // the parameter with noise added to it (zeroth order)
    NOISE_ESTIMATE,  // its gradient as a sum of noise (forward mode and zeroth order)
    NOISE_TANGENT    // its direction in one tangent (forward mode)
};

// Where a weight or parameter comes from: one entry for each name the files or the adapter pool know.
struct tensor {
    const char *name; // "wq"; parameters of an adapter "wq.lora_a"
    struct span span;
    enum storage storage; // WEIGHT or PARAM
    struct shape shape;   // of one instance
    domain_id domain;     // none: one instance
    int64_t first,
        instances;       // instances first .. first+instances-1 of the domain (a layer range); 0, 1 without a domain
    uint32_t weight;     // index in model.weights: of itself, or of the weight it adapts
    uint32_t adaptation; // PARAM: index in model.adaptations
    enum lrt_role role;  // PARAM
    int64_t rope_head;   // rows feed a rope with heads of this size; 0: none (llama GGUF row order matters)
    bool fused;          // PARAM: updated in the backward loop; the gradients of all instances stand at one place
};

struct domain {
    const char *name; // the block's
    int64_t count;    // iterations: instances * each
    int64_t each;     // iteration t uses instance t / each of weights and parameters, slot t of stacks
};

struct value {
    const char *name;   // as in the source, for people; not unique
    struct shape shape; // of one instance; inside a tile loop of the tile (dim 0 = rows, the loop's height)
    enum dtype dtype;
    enum storage storage;
    tensor_id tensor;      // WEIGHT, PARAM, GRAD, STATE, NOISE; INPUT: 1 + index of the model's input
    uint32_t slot;         // STATE: which of the optimizer's states
    enum noise_kind noise; // NOISE
    uint32_t tangent;      // NOISE_TANGENT: which
    domain_id domain; // WEIGHT, PARAM, GRAD, STATE, NOISE: the tensor's; ARENA: a stack, one slot an iteration; none
                      // otherwise
    node_id def; // the node it is a result of; a carry's param: the LOOP; a carry's result: the END; none: comes from
                 // outside
    uint32_t result; // which of the node's results; a carry's param or result: which of the loop's carries
    struct span span;
};

// How an argument or result is seen from inside a tile loop.
enum access {
    ACCESS_WHOLE,
    ACCESS_ROWS, // the current rows of a value that is defined (and has all rows) outside the tile loop
};

struct use {
    value_id value;
    enum access access;
};

enum node_kind { NODE_OP, NODE_LOOP, NODE_END };

// The iterations of the repeat loop around it in which a node runs. All zero: every iteration. With a modulus: those
// that leave `remainder` when divided by it. With but_last: all except the last one.
// A node under a modulus adds to its arguments, or its results are outside the arena. In the other iterations they stay
// as they are. The results of a node that skips the last iteration are for the next iteration only: only other such
// nodes read them, and nobody reads what the loop returns of them.
struct guard {
    int64_t modulus, remainder; // modulus 0: no matter
    bool but_last;
};

struct attr {
    const char *name; // "eps"; interned, compare with strcmp
    double number;
    const double *table; // of a domain's count numbers where the attribute depends on the iteration; else NULL
};

struct node {
    enum node_kind kind;
    const struct op *op;   // OP
    loop_id loop;          // OP: the loop it stands in; LOOP and END: the loop they begin and end (no args, no
                           // results: see the loop's carries and count)
    uint32_t args, n_args; // range in graph.uses; absent optional arguments have value 0
    uint32_t results, n_results;
    uint32_t attrs, n_attrs; // range in graph.attrs
    struct guard guard;      // OP
    struct span span;
};

// A value that a loop hands from iteration to iteration.
struct carry {
    value_id init;   // defined before the loop
    value_id param;  // the value at the start of an iteration (def = the LOOP node)
    value_id next;   // defined in the body: the value at the end of an iteration
    value_id result; // after the loop (def = the END node)
};

enum loop_kind { LOOP_REPEAT, LOOP_TILE };

// A number that bounds loops and is known when the program runs. Two kinds are there: an I32 scalar of the graph (how
// many rows count), and, without a value, the first iteration of a loop that has a tangent (forward mode with trained
// tensors in shards: where the client's first tensor is read); the runtime finds that one.
struct symbol {
    const char *name;
    value_id value;
    int64_t expected; // what estimates of time count on: all rows count, all tensors are the client's
};

struct loop {
    enum loop_kind kind;
    const char *name; // the block's name, or what is tiled ("head")
    loop_id parent;
    node_id begin, end;               // the LOOP and END nodes
    domain_id domain;                 // REPEAT
    int64_t from, to;                 // REPEAT: iterations [from, to)
    int64_t step;                     // REPEAT: from, from + step, ... (each of the domain: every instance once); 1
    bool backward;                    // REPEAT: runs to-1 down to from
    symbol_id from_symbol, to_symbol; // at run time not the iterations (rows) before, not those from this on; none: all
    int64_t rows, height;             // TILE: rows in all, rows a iteration (the last iteration may have fewer)
    uint32_t carries, n_carries;      // range in graph.carries
};

// A checkpoint schedule: a forward repeat loop and the backward loop over the same iterations, run step by step as a
// table says. Of the inputs of the forward loop's iterations just some are kept, in slots of the arena or in a file;
// the backward loop finds the input of its iteration where the forward loop carries it: restored, or recomputed by
// running the forward body from a kept input on (Griewank and Walther, Revolve, ACM TOMS 26, 2000).
enum checkpoint_action {
    CHECKPOINT_ADVANCE,  // the forward body of `iteration`
    CHECKPOINT_SNAPSHOT, // the input of `iteration` is copied to `slot`
    CHECKPOINT_RESTORE,  // and back
    CHECKPOINT_PAGE_OUT, // the input of `iteration` is written to the file, at its place there
    CHECKPOINT_PAGE_IN,  // and read back
    CHECKPOINT_FIRST,    // the first input is computed again by its node
    CHECKPOINT_REVERSE,  // the backward body of `iteration`
};

struct checkpoint_step {
    enum checkpoint_action kind;
    int64_t iteration, slot; // slot: SNAPSHOT, RESTORE
};

struct checkpoint_schedule {
    loop_id forward, backward; // the forward loop has one carry
    value_id input; // the iteration's input as the backward loop sees it: stands where the carry's param does
    int64_t slots;
    int64_t live_snapshots; // slots in use while a backward body runs. If there is one more, it is free by then.
    const struct checkpoint_step
        *steps;                      // up to the first REVERSE: the forward loop; the nodes between the loops come then
    size_t n_steps, n_forward_steps; // n_forward_steps: steps of the forward loop
};

struct graph {
    struct arena *arena;
    const char *name; // "step", "eval", "logits"
    struct value *values;
    struct node *nodes;
    struct use *uses;
    struct attr *attrs;
    struct loop *loops;
    struct carry *carries;
    struct domain *domains;
    struct tensor *tensors;
    struct symbol *symbols;
    struct checkpoint_schedule *checkpoint_schedules;
    // Counts include the unused entry 0.
    size_t n_values, n_nodes, n_uses, n_attrs, n_loops, n_carries, n_domains, n_tensors, n_symbols,
        n_checkpoint_schedules, n_jvps;
    size_t c_values, c_nodes, c_uses, c_attrs, c_loops, c_carries, c_domains, c_tensors, c_symbols,
        c_checkpoint_schedules;
    value_id loss;        // F64 scalar: the sum over counted tokens; none in "logits"
    value_id counted;     // I32 scalar: counted tokens of this micro-batch
    value_id squares;     // F64 scalar: of the gradients that fused updates use; none: no update is fused
    value_id *jvps;       // [n_jvps] forward mode: F64 scalars, the loss's derivative along each tangent
    int passes;           // how often a step runs what stands before its update phase; 0: once
    const char *order;    // what the search for a better order of nodes came to (compiler/plan/order.h); NULL: no word
    node_id update_first; // the first node of the update phase (finish); none when there is none
};

struct graph *graph_new(struct arena *a, const char *name);

static inline struct value *graph_value(const struct graph *g, value_id v) { return &g->values[v.id]; }
static inline struct node *graph_node(const struct graph *g, node_id n) { return &g->nodes[n.id]; }
static inline struct loop *graph_loop(const struct graph *g, loop_id l) { return &g->loops[l.id]; }
static inline struct tensor *graph_tensor(const struct graph *g, tensor_id t) { return &g->tensors[t.id]; }
static inline struct symbol *graph_symbol(const struct graph *g, symbol_id s) { return &g->symbols[s.id]; }
static inline struct domain *graph_domain(const struct graph *g, domain_id d) { return &g->domains[d.id]; }
static inline struct use *node_args(const struct graph *g, const struct node *n) { return &g->uses[n->args]; }
static inline struct use *node_results(const struct graph *g, const struct node *n) { return &g->uses[n->results]; }

// ---- construction, always at the end ----
domain_id graph_add_domain(struct graph *g, struct domain d);
tensor_id graph_add_tensor(struct graph *g, struct tensor t);
symbol_id graph_add_symbol(struct graph *g, struct symbol s);
value_id graph_add_value(struct graph *g, struct value v); // from outside, or a result still without definition
node_id graph_add_node(struct graph *g, const struct op *op, const struct use *args, size_t n_args,
                       const struct use *results, size_t n_results, const struct attr *attrs, size_t n_attrs,
                       struct span span);
// Opens a loop in the loop that is open now. Carries are added right after it; graph_end_loop takes each carry's next.
loop_id graph_begin_loop(struct graph *g, struct loop l, struct span span);
// Only directly after graph_begin_loop. Returns the index of the carry within the loop; param in *param.
size_t graph_add_carry(struct graph *g, loop_id l, value_id init, value_id *param);
// results: [n_carries] out, may be NULL.
void graph_end_loop(struct graph *g, loop_id l, const value_id *next, value_id *results);
loop_id graph_open_loop(const struct graph *g); // the innermost loop not ended yet

// The attribute of a list with that name; NULL when absent.
const struct attr *attr_find(const struct attr *attrs, size_t n, const char *name);
const struct attr *node_attr(const struct graph *g, const struct node *n, const char *name); // NULL when absent
double node_number(const struct graph *g, const struct node *n, const char *name, double absent);

// The innermost loop whose body defines the value (a carry's param: that loop; its result, and a value that a tile loop
// fills row by row: the parent); none: outside all.
loop_id graph_value_loop(const struct graph *g, value_id v);
bool graph_is_filled_by_rows(const struct graph *g, value_id v);             // a result by rows of a tile loop
bool graph_loop_within(const struct graph *g, loop_id inner, loop_id outer); // also when equal; outer none: true

// The innermost repeat (tile) loop around l, l itself included; none when there is none.
loop_id graph_repeat_loop(const struct graph *g, loop_id l);
loop_id graph_tile_loop(const struct graph *g, loop_id l);
// What a node in loop l sees of an operand: its shape; with ACCESS_ROWS [height, columns], or [height] where a row is
// one id or the value has one dim. A value accessed by rows has loop.rows rows of count / loop.rows elements, whatever
// its rank.
struct shape graph_seen_shape(const struct graph *g, struct use u, loop_id l);

// Makes two loops a checkpoint schedule; its steps are given later. `input` gets a value of its own. The forward loop's
// carry is its only one, and the backward loop uses nothing else that the forward loop defines.
struct checkpoint_schedule *graph_add_checkpoint_schedule(struct graph *g, loop_id forward, loop_id backward);
// The checkpoint schedule whose forward (backward) loop this is; NULL when there is none.
const struct checkpoint_schedule *graph_checkpoint_forward(const struct graph *g, loop_id l);
const struct checkpoint_schedule *graph_checkpoint_backward(const struct graph *g, loop_id l);
const struct checkpoint_schedule *graph_checkpoint_of_input(const struct graph *g, value_id v);

// How often a node runs in one step: the iterations of all loops around it, a checkpoint schedule's runs among them, in
// all passes. The last iteration of a tile loop may be lower: it counts as the fraction that it is. All tensors are the
// client's.
double graph_node_runs(const struct graph *g, node_id n);

// Sets value.domain of every arena value that is defined in one repeat loop and used in another over the same domain.
void graph_mark_stacks(struct graph *g);

// Checks every invariant stated above; writes the first broken one to stderr and returns false. Runs after every pass.
bool graph_verify(const struct graph *g);

struct text;
// In compiler/op, because it names ops.
void graph_dump(const struct graph *g, struct text *out);
