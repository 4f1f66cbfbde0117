// Kernel case: fills the argument struct of a kernel member by member, as the op's row specifies.
#include "tests/table/kernel_case.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef void kernel(struct lrt *c, const void *args);
#define LRT_KERNEL(name, family)                                                                                       \
    static void call_##name(struct lrt *c, const void *args) { lrt_##name(c, args); }
#include <lorac/lrt_kernels.def>
#undef LRT_KERNEL

static const struct kernel_row {
    const char *name, *family;
    size_t bytes;
    kernel *call;
} kernel_rows[] = {
#define LRT_KERNEL(name, family) {#name, #family, sizeof(struct lrt_##family##_args), call_##name},
#include <lorac/lrt_kernels.def>
#undef LRT_KERNEL
};
enum { KERNELS = sizeof kernel_rows / sizeof kernel_rows[0] };

static const struct kernel_row *row_of(const struct op *op) {
    for (int i = 0; i < KERNELS; i++)
        if (strcmp(kernel_rows[i].name, op->kernel.name) == 0) return &kernel_rows[i];
    return NULL;
}

const char *kernel_case_mistake(const struct op *op) {
    const struct kernel_row *row = op->kernel.name ? row_of(op) : NULL;
    if (!row) return "no such kernel in lrt_kernels.def";
    if (strcmp(row->family, op->kernel.family) != 0) return "its kernel takes another struct";
    uint32_t results = 0, args = 0;
    for (const struct op_member *m = op->kernel.members, *before = NULL; m->name; before = m++) {
        if (before && m->offset <= before->offset) return "members are not in the order of the struct";
        if (m->source == FROM_RESULT) results |= 1u << m->which;
        if (m->source == FROM_ARGUMENT) args |= 1u << m->which;
        bool found = m->source != FROM_ATTRIBUTE;
        for (const struct op_attr *a = op->attrs; !found && a && a->name; a++) found = strcmp(a->name, m->text) == 0;
        if (!found) return "a member is an attribute that the op does not have";
    }
    if (results != (1u << op->n_results) - 1) return "a result stands in no member, or one that the op does not have";
    if (args >> op->max_args) return "a member is an argument that the op does not have";
    if (op->weight_args & ~args) return "a weight is read by no member";
    return NULL;
}

// ---- operands ----
static value_id value_of(const struct kernel_case *k, bool result, int index) {
    return result ? k->bench.results[index] : k->bench.args[index];
}
static enum dtype dtype_of(const struct kernel_case *k, bool result, int index) {
    return graph_value(k->bench.graph, value_of(k, result, index))->dtype;
}
int64_t kernel_case_count(const struct kernel_case *k, bool result, int index) {
    value_id v = value_of(k, result, index);
    return v.id ? shape_count(graph_value(k->bench.graph, v)->shape) : 0;
}
size_t kernel_case_bytes(const struct kernel_case *k, bool result, int index) {
    return (size_t)dtype_bytes(dtype_of(k, result, index));
}

double kernel_case_element(const struct kernel_case *k, const struct kernel_operands *o, bool result, int index,
                           int64_t i) {
    const void *data = result ? o->result[index] : o->arg[index];
    switch (dtype_of(k, result, index)) {
    case DTYPE_F64: return ((const double *)data)[i];
    case DTYPE_I32: return ((const int32_t *)data)[i];
    default: return (double)((const float *)data)[i];
    }
}

static bool by_rows(const struct op *op, bool result, int index) {
    return (result ? op->tile_results[index] : op->tile_args[index]) == OP_TILE_ROWS;
}

static int64_t rows_of(const struct kernel_case *k) {
    for (int pass = 0; pass < 2; pass++) {
        bool result = pass;
        for (int i = 0; i < (result ? k->op->n_results : k->op->max_args); i++)
            if (by_rows(k->op, result, i) && kernel_case_count(k, result, i) && dtype_of(k, result, i) == DTYPE_F32)
                return shape_rows(graph_value(k->bench.graph, value_of(k, result, i))->shape);
    }
    return 0;
}

// ---- the case ----
bool kernel_case_has_heads(const struct op_sample *s) {
    for (size_t i = 0; i < s->n_attrs; i++)
        if (strcmp(s->attrs[i].name, "heads") == 0) return true;
    return false;
}

// A dim that is the attribute `heads` stays: the columns of lse.
static bool is_heads(const struct op_sample *s, int64_t dim) {
    for (size_t i = 0; i < s->n_attrs; i++)
        if (strcmp(s->attrs[i].name, "heads") == 0 && (int64_t)s->attrs[i].number == dim) return true;
    return false;
}

int64_t kernel_case_scale_of(int64_t numbers, const struct op_sample *s) {
    for (int64_t scale = 1;; scale++) {
        int64_t most = 1;
        for (size_t a = 0; a < s->n_args; a++) {
            int64_t count = 1;
            for (int d = 0; d < s->args[a].shape.rank; d++) count *= s->args[a].shape.dim[d] * scale;
            if (count > most) most = count;
        }
        if (most >= numbers || most == 1) return scale;
    }
}

void kernel_case_new(struct kernel_case *k, const struct op *op, const struct op_sample *s, struct kernel_scale scale,
                     uint32_t *random) {
    struct op_sample scaled = *s;
    for (size_t a = 0; a < s->n_args; a++)
        for (int d = 0; d < scaled.args[a].shape.rank; d++)
            if (!is_heads(s, scaled.args[a].shape.dim[d]))
                scaled.args[a].shape.dim[d] *= d == scaled.args[a].shape.rank - 1 ? scale.columns : scale.rows;
    *k = (struct kernel_case){.op = op, .sample = s, .bench = bench_new(op, &scaled, random)};
    bench_append(&k->bench, &scaled);
    k->rows = rows_of(k);
}

void kernel_case_free(struct kernel_case *k) {
    for (int a = 0; a < OP_ARGS_MAX; a++) free(k->reference.arg[a].data);
    for (int r = 0; r < OP_RESULTS_MAX; r++) free(k->reference.result[r].data);
    bench_free(&k->bench);
}

enum { STEPS_BEFORE = 2 };
static const double LEARNING_RATE = 0.01, GRAD_SCALE = 0.5;

static const struct node *node_of(const struct kernel_case *k) { return graph_node(k->bench.graph, (node_id){1}); }

static struct reference_operand operand(const struct kernel_case *k, bool result, int index, const double *numbers) {
    int64_t n = kernel_case_count(k, result, index);
    if (!n) return (struct reference_operand){0};
    struct reference_operand o = {.shape = graph_value(k->bench.graph, value_of(k, result, index))->shape};
    o.data = calloc((size_t)n, sizeof *o.data);
    if (numbers) memcpy(o.data, numbers, (size_t)n * sizeof *o.data);
    return o;
}

void kernel_case_reference(struct kernel_case *k) {
    struct reference_call *call = &k->reference;
    *call = (struct reference_call){.op = k->op,
                                    .attrs = k->bench.graph->attrs + node_of(k)->attrs,
                                    .n_attrs = node_of(k)->n_attrs,
                                    .loss_weight = BENCH_LOSS_WEIGHT,
                                    .learning_rate = LEARNING_RATE,
                                    .step = STEPS_BEFORE,
                                    .grad_scale = &k->grad_scale,
                                    .grad_norm = &k->grad_norm};
    k->grad_scale = GRAD_SCALE;
    for (int a = 0; a < k->op->max_args; a++) call->arg[a] = operand(k, false, a, k->bench.data[a]);
    for (int r = 0; r < k->op->n_results; r++) {
        int from = k->op->accumulates[r];
        call->result[r] = operand(k, true, r, from ? k->bench.data[from - 1] : NULL);
    }
    k->op->reference(call);
}

static void *narrow(const struct kernel_case *k, bool result, int index, const double *numbers) {
    int64_t n = kernel_case_count(k, result, index);
    if (!n) return NULL;
    size_t bytes = kernel_case_bytes(k, result, index);
    char *data = malloc((size_t)n * bytes + 1);
    memset(data, 0xff, (size_t)n * bytes); // NaN, unless the kernel writes it
    for (int64_t i = 0; numbers && i < n; i++) {
        if (dtype_of(k, result, index) == DTYPE_F64)
            ((double *)(void *)data)[i] = numbers[i];
        else if (dtype_of(k, result, index) == DTYPE_I32)
            ((int32_t *)(void *)data)[i] = (int32_t)numbers[i];
        else
            ((float *)(void *)data)[i] = (float)numbers[i];
    }
    return data;
}

// A result that replaces parts of its argument (scatter_rows) has the argument's buffer.
struct kernel_operands kernel_operands_new(const struct kernel_case *k) {
    struct kernel_operands o = {.grad_scale = GRAD_SCALE};
    for (int a = 0; a < k->op->max_args; a++) o.arg[a] = narrow(k, false, a, k->bench.data[a]);
    for (int r = 0; r < k->op->n_results; r++) {
        int from = k->op->accumulates[r];
        o.result[r] = narrow(k, true, r, from ? k->bench.data[from - 1] : NULL);
    }
    return o;
}

void kernel_operands_free(struct kernel_operands *o) {
    for (int a = 0; a < OP_ARGS_MAX; a++) free(o->arg[a]);
    for (int r = 0; r < OP_RESULTS_MAX; r++) free(o->result[r]);
}

// ---- the call ----
struct rows {
    int64_t first, end;
};

static struct lrt_tensor tensor_of(const struct kernel_case *k, const struct kernel_operands *o, bool result, int index,
                                   struct rows rows) {
    static const uint32_t types[] = {[DTYPE_F32] = LRT_F32, [DTYPE_F64] = LRT_F64, [DTYPE_I32] = LRT_I32};
    const char *data = result ? o->result[index] : o->arg[index];
    uint32_t type = types[dtype_of(k, result, index)];
    struct shape s = graph_value(k->bench.graph, value_of(k, result, index))->shape;
    if (!by_rows(k->op, result, index) || !k->rows) return lrt_matrix(data, type, shape_rows(s), shape_columns(s));
    int64_t columns = shape_count(s) / k->rows;
    data += rows.first * columns * (int64_t)kernel_case_bytes(k, result, index);
    return lrt_matrix(data, type, rows.end - rows.first, columns);
}

static double number_of(const struct kernel_case *k, const struct op_member *m, int64_t first_row) {
    if (m->source == FROM_NUMBER) return m->number;
    if (m->source == FROM_ATTRIBUTE) return node_attr(k->bench.graph, node_of(k), m->text)->number;
    const double context[] = {[CONTEXT_FIRST_ROW] = (double)first_row,
                              [CONTEXT_LOSS_WEIGHT] = BENCH_LOSS_WEIGHT,
                              [CONTEXT_LEARNING_RATE] = LEARNING_RATE,
                              [CONTEXT_STEP] = STEPS_BEFORE + 1,
                              [CONTEXT_GRAD_SCALE] = GRAD_SCALE};
    return context[m->which];
}

static void set_member(char *args, const struct op_member *m, double number, struct kernel_operands *o) {
    void *at = args + m->offset;
    float single = (float)number;
    int64_t integer = number <= (double)INT64_MIN ? INT64_MIN : (int64_t)number;
    double *out = m->which == CONTEXT_GRAD_SCALE ? &o->grad_scale : &o->grad_norm;
    int keyword = (int)number;
    bool flag = number != 0;
    switch (m->type) {
    case MEMBER_FLOAT: memcpy(at, &single, sizeof single); break;
    case MEMBER_DOUBLE: memcpy(at, &number, sizeof number); break;
    case MEMBER_INTEGER: memcpy(at, &integer, sizeof integer); break;
    case MEMBER_BOOL: memcpy(at, &flag, sizeof flag); break;
    case MEMBER_ENUM: memcpy(at, &keyword, sizeof keyword); break;
    case MEMBER_POINTER: memcpy(at, &out, sizeof out); break;
    case MEMBER_TENSOR: break;
    }
}

void kernel_case_run(const struct kernel_case *k, struct lrt *c, struct kernel_operands *o, int64_t first,
                     int64_t end) {
    const struct kernel_row *row = row_of(k->op);
    struct lrt_tensor tensors[OP_ARGS_MAX + OP_RESULTS_MAX];
    size_t n = 0;
    char *args = calloc(1, row->bytes);
    for (const struct op_member *m = k->op->kernel.members; m->name; m++) {
        bool result = m->source == FROM_RESULT;
        if (m->type != MEMBER_TENSOR) {
            bool constant = m->type != MEMBER_POINTER;
            set_member(args, m, constant ? number_of(k, m, first) : 0, o);
        } else if (kernel_case_count(k, result, m->which)) {
            const struct lrt_tensor *at = &tensors[n];
            tensors[n++] = tensor_of(k, o, result, m->which, (struct rows){first, end});
            memcpy(args + m->offset, &at, sizeof at);
        }
    }
    row->call(c, args);
    free(args);
}
