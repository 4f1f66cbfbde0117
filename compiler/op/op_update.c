// Update phase: the squared norm of all gradients, its clipping factor, and the optimizers' steps. adamw (arXiv
// 1711.05101) and sgd (momentum optional) follow PyTorch. These are the only ops with effects.
#include "compiler/op/op_common.h"

// sum so far, gradient
static bool shape_sum(struct shape_check *c) {
    c->result[0] = (struct shape){0};
    c->dtype[0] = DTYPE_F64;
    return shape_want_floats(c, 1);
}

static void reference_sum(const struct reference_call *c) {
    double sum = c->arg[0].data[0];
    for (int64_t i = 0; i < operand_count(&c->arg[1]); i++) sum += c->arg[1].data[i] * c->arg[1].data[i];
    c->result[0].data[0] = sum;
}

static struct op_cost cost_update(const struct graph *g, const struct node *n) {
    return cost_flops(g, n, RATE_elements, 12 * (double)shape_count(node_arg_shape(g, n, n->n_args > 1 ? 1 : 0)));
}

static const struct op_sample samples_sum[] = {{"matrix", {SUM, FLOATS_2(3, 7)}, 2, {{0}}, 0}};

const struct op op_sum_squares = {
    .name = "sum_squares",
    .scratch = scratch_row_sums,
    .min_args = 2,
    .max_args = 2,
    .n_results = 1,
    .shape = shape_sum,
    .reference = reference_sum,
    .cost = cost_update,
    .weight_args = BIT_1,
    .in_place = {BIT_0},
    .accumulates = {1},
    KERNEL(sum_squares, sum_squares, OUT(sum_squares, sum, 0), IN(sum_squares, g, 1)),
    SAMPLES(samples_sum),
};

// The squared norm of all gradients -> the context's grad_norm and grad_scale; limit 0: no clipping.
static const struct op_attr clip_attrs[] = {{"limit", ATTR_INTERNAL, 0, NULL, NULL}, {0}};

static bool shape_none(struct shape_check *c) { return c->n_args > 0; }

static void reference_clip(const struct reference_call *c) {
    double limit = reference_attr(c, "limit"), norm = sqrt(c->arg[0].data[0]), scale = limit / (norm + 1e-6);
    *c->grad_norm = norm;
    *c->grad_scale = limit > 0 && scale < 1 ? scale : 1;
}

static const struct op_sample samples_clip[] = {
    {"off", {SUM}, 1, {{0}}, 0},
    {"on", {SUM}, 1, {{"limit", 0.5, NULL}}, 1},
};

const struct op op_clip = {
    .name = "clip",
    .min_args = 1,
    .max_args = 1,
    .n_results = 0,
    .attrs = clip_attrs,
    .shape = shape_none,
    .reference = reference_clip,
    .cost = cost_update,
    .has_effect = true,
    KERNEL(clip, clip, CONTEXT(clip, scale, GRAD_SCALE), CONTEXT(clip, norm, GRAD_NORM), IN(clip, sum, 0),
           ATTR(clip, limit, "limit")),
    SAMPLES(samples_clip),
};

// parameter, gradient, first and second moment
static const struct op_attr adamw_attrs[] = {
    {"beta1", ATTR_INTERNAL, 0.9, NULL, NULL},
    {"beta2", ATTR_INTERNAL, 0.999, NULL, NULL},
    {"eps", ATTR_INTERNAL, 1e-8, NULL, NULL},
    {"weight_decay", ATTR_INTERNAL, 0.01, NULL, NULL},
    {0},
};

static void reference_adamw(const struct reference_call *c) {
    double beta1 = reference_attr(c, "beta1"), beta2 = reference_attr(c, "beta2"), step = (double)(c->step + 1);
    for (int64_t i = 0; i < operand_count(&c->arg[0]); i++) {
        double *p = &c->arg[0].data[i], *m = &c->arg[2].data[i], *v = &c->arg[3].data[i];
        double g = c->arg[1].data[i] * *c->grad_scale;
        *p -= c->learning_rate * reference_attr(c, "weight_decay") * *p;
        *m = beta1 * *m + (1 - beta1) * g;
        *v = beta2 * *v + (1 - beta2) * g * g;
        double root = sqrt(*v / (1 - pow(beta2, step))) + reference_attr(c, "eps");
        *p -= c->learning_rate * *m / (1 - pow(beta1, step)) / root;
    }
}

static const struct op_sample samples_adamw[] = {
    {"matrix", {FLOATS_2(3, 7), FLOATS_2(3, 7), FLOATS_2(3, 7), {OPERAND_POSITIVE, {2, {3, 7}}, 0}}, 4, {{0}}, 0},
};

const struct op op_adamw = {
    .name = "adamw",
    .min_args = 4,
    .max_args = 4,
    .n_results = 0,
    .attrs = adamw_attrs,
    .shape = shape_elementwise,
    .reference = reference_adamw,
    .cost = cost_update,
    .weight_args = BIT_1,
    .writes_params = true,
    .has_effect = true,
    KERNEL(adamw, adamw, IN(adamw, p, 0), IN(adamw, g, 1), IN(adamw, m, 2), IN(adamw, v, 3),
           CONTEXT(adamw, learning_rate, LEARNING_RATE), ATTR(adamw, beta1, "beta1"), ATTR(adamw, beta2, "beta2"),
           ATTR(adamw, eps, "eps"), ATTR(adamw, weight_decay, "weight_decay"), CONTEXT(adamw, grad_scale, GRAD_SCALE),
           CONTEXT(adamw, step, STEP)),
    SAMPLES(samples_adamw),
};

// parameter, gradient, momentum's buffer or absent
static const struct op_attr sgd_attrs[] = {
    {"momentum", ATTR_INTERNAL, 0, NULL, NULL},
    {"weight_decay", ATTR_INTERNAL, 0, NULL, NULL},
    {0},
};

static void reference_sgd(const struct reference_call *c) {
    for (int64_t i = 0; i < operand_count(&c->arg[0]); i++) {
        double *p = &c->arg[0].data[i];
        double g = c->arg[1].data[i] * *c->grad_scale + reference_attr(c, "weight_decay") * *p;
        if (c->arg[2].data) {
            double *buffer = &c->arg[2].data[i];
            *buffer = c->step == 0 ? g : reference_attr(c, "momentum") * *buffer + g;
            g = *buffer;
        }
        *p -= c->learning_rate * g;
    }
}

static const struct op_sample samples_sgd[] = {
    {"plain", {FLOATS_2(3, 7), FLOATS_2(3, 7)}, 2, {{0}}, 0},
    {"momentum", {FLOATS_2(3, 7), FLOATS_2(3, 7), FLOATS_2(3, 7)}, 3, {{"momentum", 0.9, NULL}}, 1},
};

const struct op op_sgd = {
    .name = "sgd",
    .min_args = 2,
    .max_args = 3,
    .n_results = 0,
    .attrs = sgd_attrs,
    .shape = shape_elementwise,
    .reference = reference_sgd,
    .cost = cost_update,
    .weight_args = BIT_1,
    .writes_params = true,
    .has_effect = true,
    KERNEL(sgd, sgd, IN(sgd, p, 0), IN(sgd, g, 1), IN(sgd, buf, 2), CONTEXT(sgd, learning_rate, LEARNING_RATE),
           ATTR(sgd, momentum, "momentum"), ATTR(sgd, weight_decay, "weight_decay"),
           CONTEXT(sgd, grad_scale, GRAD_SCALE), CONTEXT(sgd, step, STEP)),
    SAMPLES(samples_sgd),
};
