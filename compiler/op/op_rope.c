// Rotary positions (arXiv 2104.09864): rope_table computes cos and sin once; rope rotates every head of x by them. The
// backward pass is the inverse rotation. In the language rope(x, heads:, theta:) is one call, and expand adds the
// table. Hoisting and common subexpression elimination leave one table for all layers.
#include <string.h>

#include "compiler/op/op_common.h"

#define PI 3.14159265358979323846

static const struct op_keyword scalings[] = {{"none", 0}, {"linear", 1}, {"llama3", 2}, {0}};

static const struct op_attr table_attrs[] = {
    {"seq", ATTR_INTERNAL, 0, NULL, NULL},
    {"head", ATTR_INTERNAL, 0, NULL, NULL},
    {"theta", ATTR_REQUIRED, 0, NULL, NULL},
    {"scaling", ATTR_OPTIONAL, 0, NULL, scalings},
    {"factor", ATTR_OPTIONAL, 1, NULL, NULL},
    {"low", ATTR_OPTIONAL, 1, NULL, NULL},
    {"high", ATTR_OPTIONAL, 4, NULL, NULL},
    {"original", ATTR_OPTIONAL, 8192, NULL, NULL},
    {0},
};

static bool table_shape(struct shape_check *c) {
    c->result[0] = shape_matrix((int64_t)shape_attr(c, "seq"), (int64_t)shape_attr(c, "head"));
    return true;
}

static double frequency(const struct reference_call *c, int64_t pair, int64_t head) {
    double f = pow(reference_attr(c, "theta"), -2.0 * (double)pair / (double)head);
    double factor = reference_attr(c, "factor"), low = reference_attr(c, "low"), high = reference_attr(c, "high");
    double original = reference_attr(c, "original"), scaling = reference_attr(c, "scaling");
    if (scaling == 1) return f / factor;
    if (scaling != 2) return f;
    double length = 2 * PI / f;
    if (length < original / high) return f;
    if (length > original / low) return f / factor;
    double smooth = (original / length - low) / (high - low);
    return (1 - smooth) * f / factor + smooth * f;
}

static void table_reference(const struct reference_call *c) {
    int64_t head = operand_columns(&c->result[0]);
    for (int64_t t = 0; t < operand_rows(&c->result[0]); t++)
        for (int64_t j = 0; j < head / 2; j++) {
            double angle = (double)t * frequency(c, j, head);
            c->result[0].data[t * head + 2 * j] = cos(angle);
            c->result[0].data[t * head + 2 * j + 1] = sin(angle);
        }
}

static const struct op_sample table_samples[] = {
    {"linear",
     {ABSENT},
     0,
     {{"seq", 7, NULL}, {"head", 4, NULL}, {"theta", 1e4, NULL}, {"scaling", 1, NULL}, {"factor", 2, NULL}},
     5},
    {"plain", {ABSENT}, 0, {{"seq", 5, NULL}, {"head", 6, NULL}, {"theta", 1e4, NULL}}, 3},
    {"llama3",
     {ABSENT},
     0,
     {{"seq", 5, NULL},
      {"head", 8, NULL},
      {"theta", 5e5, NULL},
      {"scaling", 2, NULL},
      {"factor", 8, NULL},
      {"original", 64, NULL}},
     6},
};

const struct op op_rope_table = {
    .name = "rope_table",
    .min_args = 0,
    .max_args = 0,
    .n_results = 1,
    .attrs = table_attrs,
    .shape = table_shape,
    .reference = table_reference,
    .cost = cost_elementwise,
    .flops_each = 20,
    KERNEL(rope_table, rope_table, OUT(rope_table, table, 0), ATTR(rope_table, theta, "theta"),
           KEYWORD(rope_table, scaling, "scaling", "LRT_ROPE_"), ATTR(rope_table, factor, "factor"),
           ATTR(rope_table, low, "low"), ATTR(rope_table, high, "high"), ATTR(rope_table, original, "original")),
    SAMPLES(table_samples),
};

// The language's attributes first; seq and head come from the shapes.
static const struct op_attr rope_attrs[] = {
    {"heads", ATTR_SHAPING_REQUIRED, 0, NULL, NULL}, {"theta", ATTR_REQUIRED, 0, NULL, NULL},
    {"scaling", ATTR_OPTIONAL, 0, NULL, scalings},   {"factor", ATTR_OPTIONAL, 1, NULL, NULL},
    {"low", ATTR_OPTIONAL, 1, NULL, NULL},           {"high", ATTR_OPTIONAL, 4, NULL, NULL},
    {"original", ATTR_OPTIONAL, 8192, NULL, NULL},   {"interleaved", ATTR_OPTIONAL, 0, NULL, NULL},
    {"inverse", ATTR_INTERNAL, 0, NULL, NULL},       {"seq", ATTR_INTERNAL, 0, NULL, NULL},
    {"head", ATTR_INTERNAL, 0, NULL, NULL},          {0},
};

static bool head_of(struct shape_check *c, int64_t *head) {
    int64_t columns = shape_columns(c->arg[0].shape);
    double heads = shape_attr(c, "heads");
    if (!shape_want_attr(c, "heads", heads >= 1 && heads == floor(heads), "must be a whole number from 1"))
        return false;
    *head = columns / (int64_t)heads;
    if (*head * (int64_t)heads != columns)
        return shape_mistake(c, DIAG_E0203, "input has %lld columns, which %lld heads do not divide",
                             (long long)columns, (long long)heads);
    if (*head % 2)
        return shape_mistake(c, DIAG_E0203, "heads of %lld numbers cannot be rotated in pairs", (long long)*head);
    return true;
}

static bool rope_shape(struct shape_check *c) {
    int64_t head;
    if (!shape_want_floats(c, 0) || !shape_want_rank(c, 0, 2, 3) || !head_of(c, &head)) return false;
    if (!shape_want_attr(c, "theta", shape_attr(c, "theta") > 0, "must be positive")) return false;
    if (!shape_want_attr(c, "factor", shape_attr(c, "factor") > 0, "must be positive")) return false;
    shape_set_attr(c, "head", (double)head);
    shape_set_attr(c, "seq", (double)c->arg[0].shape.dim[c->arg[0].shape.rank - 2]);
    c->result[0] = c->arg[0].shape;
    return true;
}

// llama GGUF files permute the rows of a weight (and its bias and adapters) that feeds a rope. This records the head
// size.
static void mark_rows(struct graph *g, value_id x, int64_t head) {
    const struct node *n = graph_node(g, graph_value(g, x)->def);
    const bool vector = n->op == &op_add_vector || n->op == &op_mul_vector;
    if (n->kind != NODE_OP || !(vector || n->op == &op_linear)) return;
    for (uint32_t i = 1; i < n->n_args; i++) {
        const struct value *v = graph_value(g, node_args(g, n)[i].value);
        if (v->tensor.id && v->storage != STORAGE_INPUT) graph_tensor(g, v->tensor)->rope_head = head;
    }
    if (vector) mark_rows(g, node_args(g, n)[0].value, head);
}

static bool expand(struct expand *e) {
    struct shape x = graph_value(e->graph, e->args[0])->shape;
    double heads = 0;
    for (size_t i = 0; i < e->n_attrs; i++)
        if (strcmp(e->attrs[i].name, "heads") == 0) heads = e->attrs[i].number;
    value_id args[2] = {e->args[0], {0}};
    if (heads >= 1 && x.rank >= 2) { // else the shape rule reports it
        struct attr attrs[OP_ATTRS_MAX];
        size_t n = 0;
        for (; n < e->n_attrs; n++) attrs[n] = e->attrs[n];
        attrs[n++] = (struct attr){.name = "seq", .number = (double)x.dim[x.rank - 2]};
        attrs[n++] = (struct attr){.name = "head", .number = floor((double)shape_columns(x) / heads)};
        mark_rows(e->graph, e->args[0], (int64_t)((double)shape_columns(x) / heads));
        args[1] = op_emit(e->graph, &op_rope_table, NULL, 0, attrs, n, "rope_table", e->at);
    }
    return expand_append(e, &op_rope, args, 2);
}

static void vjp(struct vjp *v) {
    if (!v->wants[0]) return;
    struct attr attrs[OP_ATTRS_MAX];
    for (size_t i = 0; i < v->n_attrs; i++) {
        attrs[i] = v->attrs[i];
        if (strcmp(attrs[i].name, "inverse") == 0) attrs[i].number = 1 - attrs[i].number;
    }
    value_id args[] = {v->cotangent[0], v->arg[1]};
    vjp_add(v, 0, vjp_emit(v, 0, &op_rope, args, 2, attrs, v->n_attrs));
}

static void reference(const struct reference_call *c) {
    int64_t seq = (int64_t)reference_attr(c, "seq"), heads = (int64_t)reference_attr(c, "heads");
    int64_t head = (int64_t)reference_attr(c, "head"), columns = heads * head;
    bool neighbours = reference_attr(c, "interleaved") != 0;
    double sign = reference_attr(c, "inverse") != 0 ? -1 : 1;
    for (int64_t t = 0; t < operand_rows(&c->arg[0]); t++)
        for (int64_t h = 0; h < heads; h++)
            for (int64_t j = 0; j < head / 2; j++) {
                const double *rotation = c->arg[1].data + ((c->first_row + t) % seq) * head + 2 * j;
                int64_t base = t * columns + h * head;
                int64_t first = base + (neighbours ? 2 * j : j),
                        second = base + (neighbours ? 2 * j + 1 : j + head / 2);
                double a = c->arg[0].data[first], b = c->arg[0].data[second];
                c->result[0].data[first] = a * rotation[0] - sign * b * rotation[1];
                c->result[0].data[second] = b * rotation[0] + sign * a * rotation[1];
            }
}

static const struct op_sample rope_samples[] = {
    {"half split", {FLOATS_3(2, 5, 18), FLOATS_2(5, 6)}, 2, {{"heads", 3, NULL}, {"theta", 1e4, NULL}}, 2},
    {"neighbours",
     {FLOATS_2(5, 8), FLOATS_2(5, 4)},
     2,
     {{"heads", 2, NULL}, {"theta", 1e4, NULL}, {"interleaved", 1, NULL}},
     3},
    {"inverse",
     {FLOATS_2(5, 8), FLOATS_2(5, 4)},
     2,
     {{"heads", 2, NULL}, {"theta", 1e4, NULL}, {"inverse", 1, NULL}},
     3},
};

const struct op op_rope = {
    .name = "rope",
    .in_language = true,
    .min_args = 1,
    .max_args = 2,
    .n_results = 1,
    .language_args = 1,
    .attrs = rope_attrs,
    .shape = rope_shape,
    .vjp = vjp,
    .jvp = jvp_linear,
    .expand = expand,
    .reference = reference,
    .cost = cost_elementwise,
    .flops_each = 3,
    .in_place = {BIT_0},
    .by_position = true,
    .tile_args = {OP_TILE_ROWS, OP_TILE_WHOLE},
    .tile_results = {OP_TILE_ROWS},
    KERNEL(rope, rope, OUT(rope, y, 0), IN(rope, x, 0), IN(rope, table, 1), CONTEXT(rope, first_row, FIRST_ROW),
           ATTR(rope, interleaved, "interleaved"), ATTR(rope, inverse, "inverse")),
    SAMPLES(rope_samples),
};
