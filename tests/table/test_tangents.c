// Every tangent op of the table, J v, on all of its samples: against central differences of its primal's reference
// along v, and against the reference of the op that gives J^T u (<u, J v> = <J^T u, v>).
#include "compiler/base/arena.h"
#include "compiler/op/op_common.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

// The source of an argument of the primal or its adjoint: argument n of the tangent op, zeros shaped as argument n -
// 16, nothing, or numbers shaped as the result.
enum { ZEROS_OF = 16, NOTHING = -1, COTANGENT = -2 };

enum { ROLES_MAX = 8 };

struct tangent_test {
    const struct op *tangent, *primal, *adjoint;
    int primal_args[ROLES_MAX], n_primal;
    int result;                 // the result of the primal whose tangent is tested
    int tangent_result;         // of the tangent op
    int dots[ROLES_MAX];        // of primal argument n: argument of the tangent op, or NOTHING
    int from_primal[ROLES_MAX]; // of tangent argument n: 1 + the result of the primal that it is; 0: free
    int adjoint_args[ROLES_MAX + 2], n_adjoint;
    int gradients[ROLES_MAX]; // of primal argument n: result of the adjoint, or NOTHING
};

static double noise(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return (double)(*state >> 8) / (double)(1 << 23) - 1;
}

// One node: operands of an op with buffers for its results, ready for its reference.
struct run {
    struct arena arena;
    struct reference_call call;
    struct attr attrs[OP_ATTRS_MAX];
};

static void run_free(struct run *r) {
    for (int a = 0; a < OP_ARGS_MAX; a++) free(r->call.arg[a].data);
    for (int i = 0; i < OP_RESULTS_MAX; i++) free(r->call.result[i].data);
    arena_free(&r->arena);
    free(r);
}

static double *numbers(struct shape s) { return calloc((size_t)shape_count(s), sizeof(double)); }

// Operands of these kinds and shapes (absent: OPERAND_ABSENT), zero, through the op's shape rule.
static struct run *run_new(const struct op *op, const struct op_sample_arg *args, size_t n_args,
                           const struct attr *attrs, size_t n_attrs) {
    struct run *r = calloc(1, sizeof *r);
    struct graph *g = graph_new(&r->arena, "sample");
    struct use uses[OP_ARGS_MAX] = {0};
    for (size_t a = 0; a < n_args; a++) {
        if (args[a].kind == OPERAND_ABSENT) continue;
        enum dtype dtype = args[a].kind == OPERAND_IDS   ? DTYPE_I32
                           : args[a].kind == OPERAND_SUM ? DTYPE_F64
                                                         : DTYPE_F32;
        struct value v = {.name = "x", .shape = args[a].shape, .dtype = dtype, .storage = STORAGE_INPUT};
        v.tensor = (tensor_id){(uint32_t)a + 1};
        uses[a].value = graph_add_value(g, v);
        r->call.arg[a] = (struct reference_operand){numbers(v.shape), v.shape};
    }
    struct op_call call = {.op = op, .args = uses, .n_args = n_args, .attrs = attrs, .n_attrs = n_attrs, .name = "y"};
    value_id results[OP_RESULTS_MAX] = {{0}};
    assert_true(op_append(g, &call, results));
    const struct node *n = graph_node(g, (node_id){1});
    for (uint32_t i = 0; i < n->n_attrs; i++) r->attrs[i] = g->attrs[n->attrs + i];
    r->call.op = op;
    r->call.attrs = r->attrs;
    r->call.n_attrs = n->n_attrs;
    r->call.loss_weight = 1;
    for (int i = 0; i < op->n_results; i++) {
        struct shape s = graph_value(g, results[i])->shape;
        r->call.result[i] = (struct reference_operand){numbers(s), s};
    }
    return r;
}

struct bench {
    const struct tangent_test *t;
    const struct op_sample *sample;
    struct run *tangent, *primal, *adjoint;
};

static struct op_sample_arg role_of(const struct bench *b, int from) {
    if (from == NOTHING) return (struct op_sample_arg){.kind = OPERAND_ABSENT};
    if (from == COTANGENT)
        return (struct op_sample_arg){.kind = OPERAND_FLOATS, .shape = b->primal->call.result[0].shape};
    if (from >= ZEROS_OF) from -= ZEROS_OF;
    return (size_t)from < b->sample->n_args ? b->sample->args[from] : (struct op_sample_arg){.kind = OPERAND_ABSENT};
}

static struct run *run_of_roles(const struct bench *b, const struct op *op, const int *from, int n) {
    struct op_sample_arg args[OP_ARGS_MAX];
    for (int a = 0; a < n; a++) args[a] = role_of(b, from[a]);
    return run_new(op, args, (size_t)n, b->tangent->attrs, b->tangent->call.n_attrs);
}

static void copy_operand(const struct reference_operand *to, const struct reference_operand *from) {
    if (to->data) memcpy(to->data, from->data, (size_t)shape_count(to->shape) * sizeof(double));
}

// The primal at x + step * v.
static void run_primal(struct bench *b, double step) {
    const struct tangent_test *t = b->t;
    for (int a = 0; a < t->n_primal; a++) {
        struct reference_operand *to = &b->primal->call.arg[a];
        if (!to->data) continue;
        copy_operand(to, &b->tangent->call.arg[t->primal_args[a]]);
        const double *dot = t->dots[a] == NOTHING ? NULL : b->tangent->call.arg[t->dots[a]].data;
        for (int64_t i = 0; dot && i < shape_count(to->shape); i++) to->data[i] += step * dot[i];
    }
    t->primal->reference(&b->primal->call);
}

static struct bench bench_new(const struct tangent_test *t, const struct op_sample *s, uint32_t *random) {
    struct bench b = {.t = t, .sample = s};
    b.tangent = run_new(t->tangent, s->args, s->n_args, s->attrs, s->n_attrs);
    for (size_t a = 0; a < s->n_args; a++) {
        struct reference_operand *x = &b.tangent->call.arg[a];
        for (int64_t i = 0; x->data && i < shape_count(x->shape); i++)
            x->data[i] = s->args[a].kind == OPERAND_IDS ? (double)((i * 7 + 3) % s->args[a].ids) : noise(random);
    }
    b.primal = run_of_roles(&b, t->primal, t->primal_args, t->n_primal);
    run_primal(&b, 0);
    for (int a = 0; a < ROLES_MAX; a++)
        if (t->from_primal[a]) copy_operand(&b.tangent->call.arg[a], &b.primal->call.result[t->from_primal[a] - 1]);
    t->tangent->reference(&b.tangent->call);
    b.adjoint = run_of_roles(&b, t->adjoint, t->adjoint_args, t->n_adjoint);
    for (int a = 0; a < t->n_adjoint; a++) {
        const int from = t->adjoint_args[a];
        struct reference_operand *to = &b.adjoint->call.arg[a];
        if (from >= 0 && from < ZEROS_OF) copy_operand(to, &b.tangent->call.arg[from]);
        for (int64_t i = 0; from == COTANGENT && i < shape_count(to->shape); i++) to->data[i] = noise(random);
    }
    return b;
}

static void bench_free(struct bench *b) {
    run_free(b->tangent);
    run_free(b->primal);
    run_free(b->adjoint);
}

// A loss adds to the stored value.
static double before(const struct bench *b) {
    const uint8_t argument = b->t->tangent->accumulates[b->t->tangent_result];
    return argument ? b->tangent->call.arg[argument - 1].data[0] : 0;
}

static void check_differences(struct bench *b) {
    const struct reference_operand *y = &b->primal->call.result[0];
    const double *got = b->tangent->call.result[b->t->tangent_result].data, step = 1e-5;
    int64_t n = shape_count(y->shape);
    double *above = numbers(y->shape);
    run_primal(b, step);
    memcpy(above, y->data, (size_t)n * sizeof *above);
    run_primal(b, -step);
    for (int64_t i = 0; i < n; i++) {
        double want = (above[i] - y->data[i]) / (2 * step);
        if (!(fabs(got[i] - before(b) - want) <= 1e-7 * (1 + fabs(want))))
            fail_msg("%s, %s: element %d: %g, differences give %g", b->t->tangent->name, b->sample->what, (int)i,
                     got[i] - before(b), want);
    }
    free(above);
    run_primal(b, 0);
    if (b->t->tangent->is_loss) assert_true(b->tangent->call.result[0].data[0] == y->data[0]);
}

static void check_adjoint(struct bench *b) {
    const struct tangent_test *t = b->t;
    struct run *j = b->adjoint;
    double along = 0, pulled = 0;
    t->adjoint->reference(&j->call);
    const struct reference_operand *y = &b->tangent->call.result[t->tangent_result];
    const double *u = t->adjoint_args[0] == COTANGENT ? j->call.arg[0].data : &j->call.loss_weight;
    for (int64_t i = 0; i < shape_count(y->shape); i++) along += u[i] * (y->data[i] - before(b));
    for (int a = 0; a < t->n_primal; a++) {
        const struct reference_operand *v = t->dots[a] == NOTHING ? NULL : &b->tangent->call.arg[t->dots[a]];
        for (int64_t i = 0; v && v->data && i < shape_count(v->shape); i++)
            pulled += v->data[i] * j->call.result[t->gradients[a]].data[i];
    }
    if (!(fabs(along - pulled) <= 1e-12 * (1 + fabs(along))))
        fail_msg("%s, %s: <u, J v> = %.15g, <J^T u, v> = %.15g", t->tangent->name, b->sample->what, along, pulled);
}

static const struct tangent_test tests[] = {
    {
        .tangent = &op_rms_norm_tangent,
        .primal = &op_rms_norm,
        .primal_args = {1, 2},
        .n_primal = 2,
        .dots = {0, NOTHING},
        .adjoint = &op_rms_norm_dx,
        .adjoint_args = {COTANGENT, 1, 2},
        .n_adjoint = 3,
        .gradients = {0},
    },
    {
        .tangent = &op_silu_mul_tangent,
        .primal = &op_silu_mul,
        .primal_args = {0, 1},
        .n_primal = 2,
        .dots = {2, 3},
        .adjoint = &op_silu_mul_dx,
        .adjoint_args = {COTANGENT, 0, 1},
        .n_adjoint = 3,
        .gradients = {0, 1},
    },
    {
        .tangent = &op_attention_tangent,
        .primal = &op_attention,
        .primal_args = {0, 1, 2},
        .n_primal = 3,
        .dots = {5, 6, 7},
        .from_primal = {[3] = 1, [4] = 2},
        .adjoint = &op_attention_backward,
        .adjoint_args = {COTANGENT, 0, 1, 2, 3, 4, ZEROS_OF + 1, ZEROS_OF + 2},
        .n_adjoint = 8,
        .gradients = {0, 1, 2},
    },
    {
        .tangent = &op_cross_entropy_tangent,
        .primal = &op_cross_entropy,
        .primal_args = {0, 1, 2},
        .n_primal = 3,
        .tangent_result = 1,
        .dots = {4, NOTHING, NOTHING},
        .adjoint = &op_cross_entropy_grad,
        .adjoint_args = {0, 1, 2},
        .n_adjoint = 3,
        .gradients = {1},
    },
    {
        .tangent = &op_linear_cross_entropy_tangent,
        .primal = &op_linear_cross_entropy,
        .primal_args = {0, 1, 2, 4, 5},
        .n_primal = 5,
        .tangent_result = 1,
        .dots = {6, NOTHING, NOTHING, NOTHING, NOTHING},
        .adjoint = &op_linear_cross_entropy_grad,
        .adjoint_args = {0, 1, 2, 4, 5},
        .n_adjoint = 5,
        .gradients = {1},
    },
};
enum { TESTS = sizeof tests / sizeof tests[0] };

static void each_sample(void (*check)(struct bench *b)) {
    uint32_t random = 12345;
    for (int i = 0; i < TESTS; i++)
        for (size_t s = 0; s < tests[i].tangent->n_samples; s++) {
            struct bench b = bench_new(&tests[i], &tests[i].tangent->samples[s], &random);
            check(&b);
            bench_free(&b);
        }
}

static void differences_agree(void **state) {
    (void)state;
    each_sample(check_differences);
}
static void adjoints_agree(void **state) {
    (void)state;
    each_sample(check_adjoint);
}

static bool has_end(const char *name, const char *end) {
    size_t n = strlen(name), m = strlen(end);
    return n >= m && strcmp(name + n - m, end) == 0;
}
// Every tangent op of the op table must have a row here.
static void every_tangent_is_tested(void **state) {
    (void)state;
    for (size_t i = 0; i < op_count; i++) {
        bool tested = !has_end(op_table[i]->name, "_tangent") || strcmp(op_table[i]->name, "linear_tangent") == 0;
        for (int t = 0; t < TESTS; t++) tested |= tests[t].tangent == op_table[i];
        if (!tested) fail_msg("%s has no row", op_table[i]->name);
    }
}

int main(void) {
    const struct CMUnitTest all[] = {
        cmocka_unit_test(every_tangent_is_tested),
        cmocka_unit_test(differences_agree),
        cmocka_unit_test(adjoints_agree),
    };
    return cmocka_run_group_tests(all, NULL, NULL);
}
