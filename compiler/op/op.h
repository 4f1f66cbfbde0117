// Op: what the compiler knows of an operation. One file and one row of ops.def each; nothing outside compiler/op asks which
// op a node is, everybody asks the row.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "compiler/ir/graph.h"

struct diagnostics;
struct shape_check;
struct vjp;
struct reference_call;

enum { OP_ARGS_MAX = 10, OP_RESULTS_MAX = 4 };

enum op_tile {   // how an operand behaves when the op runs on a tile of rows
    OP_TILE_NONE = 0,     // no such operand, or the op cannot be tiled
    OP_TILE_ROWS,         // the tile's rows only
    OP_TILE_WHOLE,        // all of it, every time
    OP_TILE_ACCUMULATED,  // result: every tile adds to it, in row order
};

struct op_cost {
    double flops;  // of one run of the node
    double bytes;  // read and written
};

struct op_sample {  // one line of the table test
    const char *what;
    struct shape args[OP_ARGS_MAX];  // rank -1: absent
    size_t n_args;
    const struct attr *attrs;
    size_t n_attrs;
};

struct op {
    const char *name;      // as in the language, or internal ("linear_dx"); unique
    bool in_language;      // a user can call it
    int min_args, max_args, n_results;

    // Sets the results' shapes and dtypes from the arguments'; reports the user's mistake at its place and returns false.
    bool (*shape)(struct shape_check *c);
    // Adds the cotangents of the arguments that want one. NULL: the op has no gradient (a compile error when one is needed).
    void (*vjp)(struct vjp *v);
    // The same in double precision, written to be read: the oracle of every test.
    void (*reference)(const struct reference_call *c);
    struct op_cost (*cost)(const struct graph *g, const struct node *n);
    // Bytes of kernel scratch with so many threads (from runtime/lrt_scratch.h, which the kernel uses too). NULL: none.
    int64_t (*scratch)(const struct graph *g, const struct node *n, int threads);

    // in_place[r]: bit a set when result r may stand in the buffer of argument a (which dies at this node).
    uint32_t in_place[OP_RESULTS_MAX];
    enum op_tile tile_args[OP_ARGS_MAX], tile_results[OP_RESULTS_MAX];
    bool cheap;            // recomputed rather than kept, when its inputs are there (norms, elementwise)
    bool writes_params;    // an optimizer update: the one kind of effect

    // The call in the generated C. $r0 result 0 and $a1 argument 1 as pointers of their dtype (a null pointer when absent);
    // $w1 argument 1 as a struct lrt_tensor (mapped weight, or wrapped floats); $rows(a0) $cols(a0) $dim(a0,2) $count(a0)
    // integers of an operand's shape (rows: of the current tile inside a tile loop; count: of all elements);
    // $eps the attribute eps as a float literal, or from its table; $int(heads) an attribute as an integer.
    // The context is `c`. Example: "lrt_rms_norm(c, $r0, $a0, $w1, $rows(a0), $cols(a0), $eps, $offset)"
    const char *call;

    const struct op_sample *samples;
    size_t n_samples;
};

#define OP(name) extern const struct op op_##name;
#include "compiler/op/ops.def"
#undef OP

extern const struct op *const op_table[];  // all rows of ops.def
extern const size_t op_count;
const struct op *op_find(const char *name);  // NULL when there is none
