// Op: the compiler's description of an operation. Each op has one file and one row of ops.def. Code outside compiler/op
// never asks which op a node is; it reads the row.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "compiler/ir/graph.h"

struct diagnostics;
struct shape_check;
struct vjp;
struct jvp;
struct expand;
struct fuse;
struct reference_call;

enum { OP_ARGS_MAX = 10, OP_RESULTS_MAX = 4 };

enum op_tile {           // how an op accesses an operand when it runs on a tile of rows
    OP_TILE_NONE = 0,    // no such operand, or the op cannot be tiled
    OP_TILE_ROWS,        // only the tile's rows
    OP_TILE_WHOLE,       // the whole operand, for every tile
    OP_TILE_ACCUMULATED, // result: every tile adds to it, in row order
};

enum op_rate { // the measured rate of the flops
#define KIND(name, about) RATE_##name,
#define RATE(kind, rows, giga)
#include "compiler/cost/rates.def"
#undef RATE
#undef KIND
    OP_RATES
};

struct op_cost {
    double flops; // for one run of the node
    double bytes; // read and written
    enum op_rate rate;
    double rows; // rows per call: a product with more rows is faster
};

enum op_operand { // an operand of a sample
    OPERAND_ABSENT,
    OPERAND_FLOATS,
    OPERAND_POSITIVE, // nonnegative floats
    OPERAND_IDS,
    OPERAND_SUM,
};

struct op_sample_arg {
    enum op_operand kind;
    struct shape shape;
    int64_t ids; // IDS: exclusive upper limit; some are negative where the op ignores them
};

struct op_sample { // a case of the table test; all dims differ, so that a transposition is a shape error
    const char *what;
    struct op_sample_arg args[OP_ARGS_MAX];
    size_t n_args;
    struct attr attrs[8];
    size_t n_attrs;
};

enum op_attr_kind {
    ATTR_OPTIONAL, // default `number`; NAN: the shape rule computes it
    ATTR_REQUIRED,
    ATTR_INTERNAL, // not in the language: set by the shape rule or the pass that builds the node
    ATTR_SHAPING,  // optional; shapes or other defaults follow from it, so it is the same in all layers of a block
    ATTR_SHAPING_REQUIRED,
};

struct op_keyword { // `mask: causal`
    const char *name;
    double number;
};

struct op_attr {
    const char *name;
    enum op_attr_kind kind;
    double number;
    const char *same_as;               // optional: defaults to that attribute, which comes first in the list
    const struct op_keyword *keywords; // ended by a null name; NULL: a plain number
};
enum { OP_ATTRS_MAX = 16 };

// ---- the kernel's call: the content of each member of its struct, for every printer ----
enum op_member_type {
    MEMBER_TENSOR,
    MEMBER_FLOAT,
    MEMBER_DOUBLE,
    MEMBER_INTEGER,
    MEMBER_BOOL,
    MEMBER_ENUM,
    MEMBER_POINTER
};

enum op_member_source {
    FROM_RESULT,    // which: the node's result; written, or added to if it accumulates
    FROM_ARGUMENT,  // which: the node's argument; NULL when it has none there
    FROM_ATTRIBUTE, // the attribute `text`
    FROM_NUMBER,    // the constant `number`
    FROM_CONTEXT,   // which: enum op_context
};

enum op_context {        // values known at run time
    CONTEXT_FIRST_ROW,   // index of this run's first row among all rows; 0 outside tile loops
    CONTEXT_LOSS_WEIGHT, // 1 / counted tokens of the step
    CONTEXT_LEARNING_RATE,
    CONTEXT_STEP, // number of the update, from 1
    CONTEXT_GRAD_SCALE,
    CONTEXT_GRAD_NORM,
};

struct op_member {
    const char *name; // of the struct
    size_t offset;    // offset in it
    enum op_member_type type;
    enum op_member_source source;
    int which;
    bool work; // RESULT: work space of the kernel that nothing else reads
    double number;
    const char *text;
    const char *enumerators; // ENUM: prefix of the enumerators, "LRT_ROPE_"; the keyword in capitals follows
};

struct op_kernel {
    const char *name, *family;       // lrt_NAME(context, const struct lrt_FAMILY_args *) of <lorac/lrt_kernels.h>
    size_t bytes;                    // of the struct
    const struct op_member *members; // ended by a null name; in struct order; unlisted members are 0
};

struct op {
    const char *name; // name in the language, or internal ("linear_dx"); unique
    bool in_language; // callable in the language
    int min_args, max_args, n_results;
    const struct op_attr *attrs; // ended by a null name; a node has all of them, in this order. NULL: none
    int language_args;           // maximum of arguments in a call of the language; 0: max_args
    const char *result_suffix[OP_RESULTS_MAX]; // suffix of a result's name when one name covers several. NULL: none
    uint32_t weight_args;   // bit a set: argument a may be a mapped weight of any file type, or generated noise
    uint32_t added_vectors; // bit a set: argument a is a vector added to every row; without a file it starts at 0
    uint32_t chosen_args;   // bit a set: ids select the rows of argument a that are read

    // Sets the results' shapes and dtypes from those of the arguments. Reports a user's mistake where it stands and
    // returns false.
    bool (*shape)(struct shape_check *c);
    // Adds the cotangents of the arguments that want one. NULL: the op has no gradient; needing one is a compile error.
    void (*vjp)(struct vjp *v); // compiler/op/vjp.h
    // Emits the tangents of the results along one direction. NULL: the op has no forward-mode derivative; needing one
    // is a compile error.
    void (*jvp)(struct jvp *j); // compiler/op/jvp.h
    // Expands a call of the language into other nodes than one of this op: linear with an adapter, rope with its table,
    // + with a vector. NULL: the call is one node. compiler/op/expand.h
    bool (*expand)(struct expand *e);
    // Fuses an argument's node into this one: emits a node that does both, or returns false. NULL: never.
    // compiler/op/fuse.h
    bool (*fuse)(struct fuse *f);
    // The op in double precision, written for clarity: the oracle of all tests.
    void (*reference)(const struct reference_call *c);
    struct op_cost (*cost)(const struct graph *g, const struct node *n);
    double flops_each; // elementwise ops and norms: flops per element (an exponential counts 10)
    // Bytes of kernel scratch for this many threads (from lorac/lrt_scratch.h, which the kernel uses too). NULL: none.
    int64_t (*scratch)(const struct graph *g, const struct node *n, int threads);

    // in_place[r]: bit a set when result r may reuse the buffer of argument a, which dies at this node.
    uint32_t in_place[OP_RESULTS_MAX];
    // accumulates[r]: 1 + the argument whose buffer result r MUST use: the kernel adds to its content. 0: none. GRAD
    // values always meet this. An arena accumulator that is read later is copied first.
    uint8_t accumulates[OP_RESULTS_MAX];
    enum op_tile tile_args[OP_ARGS_MAX], tile_results[OP_RESULTS_MAX];
    bool cheap;         // recomputed rather than kept when its inputs are available (norms, elementwise)
    bool is_loss;       // result 0 is the loss, a sum over rows; argument 1 are targets. Rows whose target equals the
                        // attribute `ignore` do not count and have a zero cotangent
    bool is_copy;       // the result equals argument 0
    bool by_position;   // the result of a row depends on its index: the op cannot run on gathered rows
    bool fresh;         // every node makes its own value (the start of a sum): equal nodes are not merged
    bool has_effect;    // kept even when no result is used
    bool writes_params; // an optimizer update: the only effect apart from clip's results in the context

    struct op_kernel kernel; // runs at run time

    const struct op_sample *samples;
    size_t n_samples;
};

#define OP(name) extern const struct op op_##name;
#include "compiler/op/ops.def"
#undef OP

extern const struct op *const op_table[]; // all rows of ops.def
extern const size_t op_count;
const struct op *op_find(const char *name); // NULL when there is none

// True when the operand holds only the rows of the current iteration of the surrounding tile loop. Its value is then a
// result by rows of a node in that loop, or is accessed by rows.
bool op_is_tiled(const struct graph *g, node_id n, bool result, uint32_t index);

// The access mode of a value in the op that defines it; OP_TILE_NONE when no op does.
enum op_tile op_result_tile(const struct graph *g, value_id v);

struct op_call {
    const struct op *op;
    const struct use *args; // trailing absent arguments may be omitted
    size_t n_args;
    const struct attr *attrs; // attributes that are not in the op's row are ignored; missing ones take their default
    size_t n_attrs;
    const char *name;                // name of the results
    struct span at;                  // source span of the call
    const struct span *arg_spans;    // spans of the argument expressions; may be NULL
    const struct use *into;          // existing results (an OUTPUT by rows); NULL: new arena values
    struct diagnostics *diagnostics; // NULL: a call by the compiler; a mistake is an internal error
};
// Appends a node: completes the attributes, runs the shape rule, creates the results. Returns false after a reported
// mistake.
bool op_append(struct graph *g, const struct op_call *call, value_id *results);
// The same for calls by the compiler with whole arguments; returns the first result.
value_id op_emit_zeros(struct graph *g, struct shape s, const char *name, struct span at);
void op_emit_zeros_into(struct graph *g, value_id v, struct span at); // a value without definition
value_id op_emit(struct graph *g, const struct op *op, const value_id *args, size_t n_args, const struct attr *attrs,
                 size_t n_attrs, const char *name, struct span at);
