// Shape check: the input of an op's shape rule, and the wording of its diagnostics.
#pragma once
#include "compiler/base/diag.h"
#include "compiler/op/op.h"

struct shape_operand {
    bool present, is_weight; // present; a weight or parameter, not a computed value
    struct shape shape;
    enum dtype dtype;
    const char *name;     // the value's name in messages
    struct span at;       // the argument's expression
    struct span declared; // where the value or weight is declared
};

struct shape_check {
    const struct op *op;
    struct span at;
    size_t n_args;
    struct shape_operand arg[OP_ARGS_MAX];
    struct attr *attrs; // one for each row of op->attrs, in order; the rule sets the internal ones
    struct shape result[OP_RESULTS_MAX];
    enum dtype dtype[OP_RESULTS_MAX]; // preset to F32
    struct diagnostics *diagnostics;  // NULL: no messages
};

double shape_attr(const struct shape_check *c, const char *name);
void shape_set_attr(struct shape_check *c, const char *name, double number);

// Each check reports a mistake (E0203 dims differ, E0205 wrong rank or type, E0206 bad attribute) and returns false.
// The message shows both operands' numbers; notes show where each was declared.
bool shape_want_rank(struct shape_check *c, size_t arg, int least, int most);
bool shape_want_floats(struct shape_check *c, size_t arg);
bool shape_want_ids(struct shape_check *c, size_t arg);
// The last dim of argument a must equal dim `dim` of b: "input has 576 columns, weight w_down takes 1536".
bool shape_want_columns(struct shape_check *c, size_t a, size_t b, int dim);
bool shape_want_columns_of(struct shape_check *c, size_t a, size_t b, int dim, int64_t heads); // or so many times it
bool shape_want_equal(struct shape_check *c, size_t a, size_t b);
bool shape_want_rows(struct shape_check *c, size_t a, size_t b); // equal numbers of rows
bool shape_want_dim(struct shape_check *c, size_t arg, int dim, int64_t size);
bool shape_want_attr(struct shape_check *c, const char *name, bool holds, const char *must); // "must be positive"
bool shape_mistake(struct shape_check *c, enum diag_id id, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

struct shape shape_of(int rank, const int64_t *dims);
struct shape shape_vector(int64_t n);
struct shape shape_matrix(int64_t rows, int64_t columns);
struct shape shape_with_columns(struct shape s, int64_t columns);   // s with another last dim
const char *shape_text(struct shape s, char *buffer, size_t bytes); // "[2, 256, 576]"
