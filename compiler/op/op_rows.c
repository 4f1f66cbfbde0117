// Counted rows: the list of rows whose target is not ignored; gather and scatter of those rows.
#include "compiler/op/op_common.h"

static const struct op_attr counted_attrs[] = {{"ignore", ATTR_INTERNAL, (double)INT64_MIN, NULL, NULL}, {0}};

static bool counted_shape(struct shape_check *c) {
    c->result[0] = shape_vector(shape_count(c->arg[0].shape));
    c->result[1] = (struct shape){0};
    c->dtype[0] = c->dtype[1] = DTYPE_I32;
    return shape_want_ids(c, 0);
}

static void counted_reference(const struct reference_call *c) {
    double ignore = reference_attr(c, "ignore");
    int64_t count = 0;
    for (int64_t t = 0; t < operand_count(&c->arg[0]); t++)
        if (c->arg[0].data[t] != ignore) c->result[0].data[count++] = (double)t;
    c->result[1].data[0] = (double)count;
}

static const struct op_sample counted_samples[] = {
    {"all", {IDS_2(11, 2, 3)}, 1, {{0}}, 0},
    {"some", {IDS_2(3, 2, 7)}, 1, {{"ignore", 1, NULL}}, 1},
};

const struct op op_counted_rows = {
    .name = "counted_rows",
    .min_args = 1,
    .max_args = 1,
    .n_results = 2,
    .result_suffix = {"rows", NULL},
    .attrs = counted_attrs,
    .shape = counted_shape,
    .reference = counted_reference,
    .cost = cost_elementwise,
    KERNEL(counted_rows, counted_rows, OUT(counted_rows, rows, 0), OUT(counted_rows, count, 1),
           IN(counted_rows, targets, 0), ATTR(counted_rows, ignore, "ignore")),
    SAMPLES(counted_samples),
};

// x [.., d], rows [m]
static bool gather_shape(struct shape_check *c) {
    c->result[0] = shape_matrix(shape_count(c->arg[1].shape), shape_columns(c->arg[0].shape));
    return shape_want_floats(c, 0) && shape_want_ids(c, 1);
}

static void gather_reference(const struct reference_call *c) {
    int64_t d = operand_columns(&c->arg[0]);
    for (int64_t i = 0; i < operand_count(&c->arg[1]); i++)
        for (int64_t j = 0; j < d; j++)
            c->result[0].data[i * d + j] = c->arg[0].data[(int64_t)c->arg[1].data[i] * d + j];
}

static const struct op_sample gather_samples[] = {{"some", {FLOATS_3(2, 3, 7), IDS_1(6, 4)}, 2, {{0}}, 0}};

const struct op op_gather_rows = {
    .name = "gather_rows",
    .min_args = 2,
    .max_args = 2,
    .n_results = 1,
    .shape = gather_shape,
    .reference = gather_reference,
    .cost = cost_elementwise,
    .tile_args = {OP_TILE_WHOLE, OP_TILE_ROWS},
    .tile_results = {OP_TILE_ROWS},
    KERNEL(gather_rows, gather, OUT(gather, y, 0), IN(gather, x, 0), IN(gather, rows, 1)),
    SAMPLES(gather_samples),
};

static bool ids_shape(struct shape_check *c) {
    c->result[0] = shape_vector(shape_count(c->arg[1].shape));
    c->dtype[0] = DTYPE_I32;
    return shape_want_ids(c, 0) && shape_want_ids(c, 1);
}

static void ids_reference(const struct reference_call *c) {
    for (int64_t i = 0; i < operand_count(&c->arg[1]); i++)
        c->result[0].data[i] = c->arg[0].data[(int64_t)c->arg[1].data[i]];
}

static const struct op_sample ids_samples[] = {{"some", {IDS_2(11, 2, 3), IDS_1(6, 4)}, 2, {{0}}, 0}};

const struct op op_gather_ids = {
    .name = "gather_ids",
    .min_args = 2,
    .max_args = 2,
    .n_results = 1,
    .shape = ids_shape,
    .reference = ids_reference,
    .cost = cost_elementwise,
    .tile_args = {OP_TILE_WHOLE, OP_TILE_ROWS},
    .tile_results = {OP_TILE_ROWS},
    KERNEL(gather_ids, gather, OUT(gather, y, 0), IN(gather, x, 0), IN(gather, rows, 1)),
    SAMPLES(ids_samples),
};

// acc [.., d], x [m, d], rows [m]: acc with rows rows[m] replaced
static bool scatter_shape(struct shape_check *c) {
    c->result[0] = c->arg[0].shape;
    return shape_want_ids(c, 2) && shape_columns(c->arg[0].shape) == shape_columns(c->arg[1].shape);
}

static void scatter_reference(const struct reference_call *c) {
    int64_t d = operand_columns(&c->arg[1]);
    for (int64_t i = 0; i < operand_count(&c->arg[0]); i++) c->result[0].data[i] = c->arg[0].data[i];
    for (int64_t i = 0; i < operand_count(&c->arg[2]); i++)
        for (int64_t j = 0; j < d; j++)
            c->result[0].data[(int64_t)c->arg[2].data[i] * d + j] = c->arg[1].data[i * d + j];
}

static struct op_cost scatter_cost(const struct graph *g, const struct node *n) {
    return (struct op_cost){.bytes = 8.0 * (double)shape_count(node_arg_shape(g, n, 1))};
}

static const struct op_sample scatter_samples[] = {
    {"some", {FLOATS_3(2, 3, 7), FLOATS_2(4, 7), IDS_1(6, 4)}, 3, {{0}}, 0}};

const struct op op_scatter_rows = {
    .name = "scatter_rows",
    .min_args = 3,
    .max_args = 3,
    .n_results = 1,
    .shape = scatter_shape,
    .reference = scatter_reference,
    .cost = scatter_cost,
    .in_place = {BIT_0},
    .accumulates = {1},
    .tile_args = {OP_TILE_WHOLE, OP_TILE_ROWS, OP_TILE_ROWS},
    .tile_results = {OP_TILE_ACCUMULATED},
    KERNEL(scatter_rows, scatter, OUT(scatter, y, 0), IN(scatter, x, 1), IN(scatter, rows, 2)),
    SAMPLES(scatter_samples),
};

// acc [.., d], rows [n] ascending, their count []: acc with all other rows zero
static bool clear_shape(struct shape_check *c) {
    c->result[0] = c->arg[0].shape;
    return shape_want_floats(c, 0) && shape_want_ids(c, 1) && shape_want_ids(c, 2);
}

static void clear_reference(const struct reference_call *c) {
    int64_t d = operand_columns(&c->arg[0]), kept = 0;
    for (int64_t t = 0; t < operand_rows(&c->arg[0]); t++) {
        bool listed = kept < (int64_t)c->arg[2].data[0] && (int64_t)c->arg[1].data[kept] == t;
        for (int64_t j = 0; j < d; j++) c->result[0].data[t * d + j] = listed ? c->arg[0].data[t * d + j] : 0;
        kept += listed;
    }
}

static const struct op_sample clear_samples[] = {
    {"some", {FLOATS_3(2, 3, 7), IDS_1(6, 4), {OPERAND_IDS, {0, {0}}, 5}}, 3, {{0}}, 0}};

const struct op op_clear_other_rows = {
    .name = "clear_other_rows",
    .min_args = 3,
    .max_args = 3,
    .n_results = 1,
    .shape = clear_shape,
    .reference = clear_reference,
    .cost = cost_elementwise,
    .in_place = {BIT_0},
    .accumulates = {1},
    KERNEL(clear_other_rows, clear_other_rows, OUT(clear_other_rows, y, 0), IN(clear_other_rows, rows, 1),
           IN(clear_other_rows, count, 2)),
    SAMPLES(clear_samples),
};
