// Op: what the compiler knows of an operation. One file and one row of ops.def each; nothing outside compiler/op asks
// which op a node is, everybody asks the row.
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

enum op_tile {           // how an operand behaves when the op runs on a tile of rows
    OP_TILE_NONE = 0,    // no such operand, or the op cannot be tiled
    OP_TILE_ROWS,        // the tile's rows only
    OP_TILE_WHOLE,       // all of it, every time
    OP_TILE_ACCUMULATED, // result: every tile adds to it, in row order
};

enum op_rate { // at which of the measured rates the flops run
#define KIND(name, about) RATE_##name,
#define RATE(kind, rows, giga)
#include "compiler/cost/rates.def"
#undef RATE
#undef KIND
    OP_RATES
};

struct op_cost {
    double flops; // of one run of the node
    double bytes; // read and written
    enum op_rate rate;
    double rows; // at a time: a product runs faster on many
};

enum op_operand { // what a sample puts there
    OPERAND_ABSENT,
    OPERAND_FLOATS,
    OPERAND_POSITIVE, // floats that are squares
    OPERAND_IDS,
    OPERAND_SUM,
};

struct op_sample_arg {
    enum op_operand kind;
    struct shape shape;
    int64_t ids; // IDS: numbers below; a negative number in places where the op ignores it
};

struct op_sample { // one line of the table test; all dims different, so that a transposition is a shape error
    const char *what;
    struct op_sample_arg args[OP_ARGS_MAX];
    size_t n_args;
    struct attr attrs[8];
    size_t n_attrs;
};

enum op_attr_kind {
    ATTR_OPTIONAL, // `number` when the user does not give it; NAN: the shape rule finds it
    ATTR_REQUIRED,
    ATTR_INTERNAL, // not in the language: set by the shape rule or by the pass that builds the node
};

struct op_keyword { // `mask: causal`
    const char *name;
    double number;
};

struct op_attr {
    const char *name;
    enum op_attr_kind kind;
    double number;
    const char *same_as;               // optional: absent means equal to that attribute (listed before)
    const struct op_keyword *keywords; // ended by a null name; NULL: a number
};
enum { OP_ATTRS_MAX = 16 };

// ---- the call of the kernel: what stands in each member of its struct, for every printer ----
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
    FROM_RESULT,    // which: of the node's results; written, or added to where it accumulates
    FROM_ARGUMENT,  // which: of its arguments; NULL when the node has none there
    FROM_ATTRIBUTE, // the attribute `text`
    FROM_NUMBER,    // the constant `number`
    FROM_CONTEXT,   // which: enum op_context
};

enum op_context {        // what the program at work knows
    CONTEXT_FIRST_ROW,   // which of all rows the first one of this run is; 0 outside tile loops
    CONTEXT_LOSS_WEIGHT, // 1 / counted tokens of the step
    CONTEXT_LEARNING_RATE,
    CONTEXT_STEP, // the update's number, from 1
    CONTEXT_GRAD_SCALE,
    CONTEXT_GRAD_NORM,
};

struct op_member {
    const char *name; // of the struct
    size_t offset;    // in it
    enum op_member_type type;
    enum op_member_source source;
    int which;
    bool work; // RESULT: room for the kernel to work in, which nothing reads
    double number;
    const char *text;
    const char *enumerators; // ENUM: their prefix, before the attribute's keyword in capitals: "LRT_ROPE_"
};

struct op_kernel {
    const char *name, *family;       // lrt_NAME(context, const struct lrt_FAMILY_args *) of <lorac/lrt_kernels.h>
    size_t bytes;                    // of the struct
    const struct op_member *members; // ended by a null name; in the order of the struct; those not listed are 0
};

struct op {
    const char *name; // as in the language, or internal ("linear_dx"); unique
    bool in_language; // a user can call it
    int min_args, max_args, n_results;
    const struct op_attr *attrs; // ended by a null name; a node has every one of them, in this order. NULL: none
    int language_args;           // most arguments in a call of the language; 0: max_args
    const char *result_suffix[OP_RESULTS_MAX]; // of its value's name, where one name is given to all. NULL: none
    uint32_t weight_args;   // bit a set: argument a may be a mapped weight of any file type, or made of noise
    uint32_t added_vectors; // bit a set: argument a is a vector that is added to every row: one without a value is 0
    uint32_t chosen_args;   // bit a set: of argument a only the rows are read that ids choose

    // Sets the results' shapes and dtypes from the arguments'; reports the user's mistake at its place and returns
    // false.
    bool (*shape)(struct shape_check *c);
    // Adds the cotangents of the arguments that want one. NULL: the op has no gradient (a compile error when one is
    // needed).
    void (*vjp)(struct vjp *v); // compiler/op/vjp.h
    // Emits the tangents of the results along one direction. NULL: the op has no forward-mode derivative (an error when
    // one is needed).
    void (*jvp)(struct jvp *j); // compiler/op/jvp.h
    // A call in the language that becomes other nodes than one of this op (linear with an adapter, rope with its table,
    // + with a vector). NULL: one node. compiler/op/expand.h
    bool (*expand)(struct expand *e);
    // Does the work of an argument's node too: emits the node that does both, or returns false. NULL: never.
    // compiler/op/fuse.h
    bool (*fuse)(struct fuse *f);
    // Forward op in double precision, written to be read: the oracle of every test.
    void (*reference)(const struct reference_call *c);
    struct op_cost (*cost)(const struct graph *g, const struct node *n);
    double flops_each; // elementwise ops and norms: of one element (an exponential counts 10)
    // Bytes of kernel scratch with so many threads (from lorac/lrt_scratch.h, which the kernel uses too). NULL: none.
    int64_t (*scratch)(const struct graph *g, const struct node *n, int threads);

    // in_place[r]: bit a set when result r may stand in the buffer of argument a (which dies at this node).
    uint32_t in_place[OP_RESULTS_MAX];
    // accumulates[r]: 1 + the argument whose buffer result r MUST stand in: the kernel adds to what is there (GRAD
    // values do by construction; an arena value whose accumulator is still needed afterwards has to be copied first).
    // 0: none.
    uint8_t accumulates[OP_RESULTS_MAX];
    enum op_tile tile_args[OP_ARGS_MAX], tile_results[OP_RESULTS_MAX];
    bool cheap;         // recomputed rather than kept, when its inputs are there (norms, elementwise)
    bool is_loss;       // result 0 is the loss, a sum over rows; argument 1 are targets: those equal to the attribute
                        // `ignore` do not count, and the cotangent of their rows is zero
    bool is_copy;       // the result is argument 0
    bool by_position;   // what becomes of a row depends on which row it is: cannot run on rows gathered from anywhere
    bool fresh;         // every node makes its own value (the start of a sum): equal ones are not shared
    bool has_effect;    // stays although nothing uses a result of it
    bool writes_params; // an optimizer update: the one effect beside what clip leaves in the context

    struct op_kernel kernel; // does the work at run time

    const struct op_sample *samples;
    size_t n_samples;
};

#define OP(name) extern const struct op op_##name;
#include "compiler/op/ops.def"
#undef OP

extern const struct op *const op_table[]; // all rows of ops.def
extern const size_t op_count;
const struct op *op_find(const char *name); // NULL when there is none

// True when the operand's rows are those of the current iteration of the tile loop around the node: its value is a
// result by rows of a node in that loop, or is accessed by rows.
bool op_is_tiled(const struct graph *g, node_id n, bool result, uint32_t index);

// How the op that defines a value makes it in a tile loop; OP_TILE_NONE when no op defines it.
enum op_tile op_result_tile(const struct graph *g, value_id v);

struct op_call {
    const struct op *op;
    const struct use *args; // trailing absent ones may be left out
    size_t n_args;
    const struct attr *attrs; // those not in the op's row are ignored, missing ones take their default
    size_t n_attrs;
    const char *name;                // of the results
    struct span at;                  // of the call
    const struct span *arg_spans;    // of the arguments' expressions; may be NULL
    const struct use *into;          // results that exist already (an OUTPUT by rows); NULL: new arena values
    struct diagnostics *diagnostics; // NULL: the compiler's own call, a mistake in it is an internal error
};
// Appends a node: completes the attributes, runs the shape rule, makes the results. False after a reported mistake.
bool op_append(struct graph *g, const struct op_call *call, value_id *results);
// The same for the compiler's own calls with whole arguments; returns the first result.
value_id op_emit_zeros(struct graph *g, struct shape s, const char *name, struct span at);
void op_emit_zeros_into(struct graph *g, value_id v, struct span at); // a value without definition
value_id op_emit(struct graph *g, const struct op *op, const value_id *args, size_t n_args, const struct attr *attrs,
                 size_t n_attrs, const char *name, struct span at);
