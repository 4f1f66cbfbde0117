// Shape check: the checks of op shape rules, each with its diagnostic.
#include "compiler/op/shape_check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "compiler/base/check.h"

static struct attr *find_attr(const struct shape_check *c, const char *name) {
    size_t i = 0;
    for (const struct op_attr *row = c->op->attrs; row && row->name; row++, i++)
        if (strcmp(row->name, name) == 0) return &c->attrs[i];
    check_failed(__FILE__, __LINE__, "the row of op '%s' lists no attribute '%s'", c->op->name, name);
}

double shape_attr(const struct shape_check *c, const char *name) { return find_attr(c, name)->number; }

void shape_set_attr(struct shape_check *c, const char *name, double number) {
    struct attr *a = find_attr(c, name);
    a->number = number;
    a->table = NULL;
}

struct shape shape_of(int rank, const int64_t *dims) {
    struct shape s = {.rank = rank};
    for (int i = 0; i < rank; i++) s.dim[i] = dims[i];
    return s;
}
struct shape shape_vector(int64_t n) {
    return (struct shape){1, {n}};
}
struct shape shape_matrix(int64_t rows, int64_t columns) {
    return (struct shape){2, {rows, columns}};
}

struct shape shape_with_columns(struct shape s, int64_t columns) {
    s.dim[s.rank - 1] = columns;
    return s;
}

const char *shape_text(struct shape s, char *buffer, size_t bytes) {
    size_t used = (size_t)snprintf(buffer, bytes, "[");
    for (int i = 0; i < s.rank && used < bytes; i++)
        used += (size_t)snprintf(buffer + used, bytes - used, "%s%" PRId64, i ? ", " : "", s.dim[i]);
    if (used < bytes) snprintf(buffer + used, bytes - used, "]");
    return buffer;
}

static void note_declared(struct shape_check *c, size_t arg) {
    const struct shape_operand *o = &c->arg[arg];
    char text[96];
    if (o->present && o->name && o->declared.source)
        diag_note(c->diagnostics, o->declared, "%s%s declared here", o->name, shape_text(o->shape, text, sizeof text));
}

bool shape_mistake(struct shape_check *c, enum diag_id id, const char *format, ...) {
    if (!c->diagnostics) return false;
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    diag_report(c->diagnostics, id, c->at, "%s: %s", c->op->name, text);
    return false;
}

static const char *operand_name(const struct shape_check *c, size_t arg) {
    return c->arg[arg].name ? c->arg[arg].name : "the operand";
}

bool shape_want_rank(struct shape_check *c, size_t arg, int least, int most) {
    int rank = c->arg[arg].shape.rank;
    if (rank >= least && rank <= most) return true;
    char text[96];
    shape_mistake(c, DIAG_E0205, "argument %zu, %s%s, has %d dims, wanted %d%s", arg + 1, operand_name(c, arg),
                  shape_text(c->arg[arg].shape, text, sizeof text), rank, least, most > least ? " or more" : "");
    if (c->diagnostics) note_declared(c, arg);
    return false;
}

bool shape_want_floats(struct shape_check *c, size_t arg) {
    enum dtype t = c->arg[arg].dtype;
    if (t == DTYPE_F32 || t == DTYPE_FILE) return true;
    shape_mistake(c, DIAG_E0205, "argument %zu, %s, holds ids, wanted numbers", arg + 1, operand_name(c, arg));
    if (c->diagnostics) note_declared(c, arg);
    return false;
}

bool shape_want_ids(struct shape_check *c, size_t arg) {
    if (c->arg[arg].dtype == DTYPE_I32) return true;
    shape_mistake(c, DIAG_E0205, "argument %zu, %s, holds numbers, wanted token ids", arg + 1, operand_name(c, arg));
    if (c->diagnostics) note_declared(c, arg);
    return false;
}

bool shape_want_columns_of(struct shape_check *c, size_t a, size_t b, int dim, int64_t heads) {
    int64_t have = shape_columns(c->arg[a].shape), want = c->arg[b].shape.dim[dim];
    if (have % heads == 0 && have / heads == want) return true;
    char each[48] = "";
    if (heads != 1) snprintf(each, sizeof each, " for each of %" PRId64 " heads", heads);
    shape_mistake(c, DIAG_E0203, "%s has %" PRId64 " columns, %s%s takes %" PRId64 "%s",
                  a == 0 ? "input" : operand_name(c, a), have, c->arg[b].is_weight ? "weight " : "", operand_name(c, b),
                  want, each);
    if (c->diagnostics) {
        note_declared(c, a);
        note_declared(c, b);
    }
    return false;
}

bool shape_want_columns(struct shape_check *c, size_t a, size_t b, int dim) {
    return shape_want_columns_of(c, a, b, dim, 1);
}

bool shape_want_equal(struct shape_check *c, size_t a, size_t b) {
    if (shape_equal(c->arg[a].shape, c->arg[b].shape)) return true;
    char left[96], right[96];
    shape_mistake(c, DIAG_E0203, "%s is %s, %s is %s", operand_name(c, a),
                  shape_text(c->arg[a].shape, left, sizeof left), operand_name(c, b),
                  shape_text(c->arg[b].shape, right, sizeof right));
    if (c->diagnostics) {
        note_declared(c, a);
        note_declared(c, b);
    }
    return false;
}

bool shape_want_rows(struct shape_check *c, size_t a, size_t b) {
    int64_t left = shape_rows(c->arg[a].shape), right = shape_rows(c->arg[b].shape);
    if (left == right) return true;
    shape_mistake(c, DIAG_E0203, "%s has %" PRId64 " rows, %s has %" PRId64, operand_name(c, a), left,
                  operand_name(c, b), right);
    if (c->diagnostics) {
        note_declared(c, a);
        note_declared(c, b);
    }
    return false;
}

bool shape_want_dim(struct shape_check *c, size_t arg, int dim, int64_t size) {
    if (c->arg[arg].shape.dim[dim] == size) return true;
    shape_mistake(c, DIAG_E0203, "dim %d of %s is %" PRId64 ", wanted %" PRId64, dim + 1, operand_name(c, arg),
                  c->arg[arg].shape.dim[dim], size);
    if (c->diagnostics) note_declared(c, arg);
    return false;
}

bool shape_want_attr(struct shape_check *c, const char *name, bool holds, const char *must) {
    return holds || shape_mistake(c, DIAG_E0206, "%s is %g, but %s", name, shape_attr(c, name), must);
}
