// linear_tangent against central differences of linear and low_rank along every possible set of directions. Frozen
// arguments have no direction, and a zero tangent omits its pair. Both ops are at most quadratic, so differences are
// exact.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compiler/op/op_common.h"

enum { ROWS = 3, IN = 7, OUT = 5, RANK = 2 };
enum { X, W, BIAS, H, B, ROLES }; // arguments of linear; low_rank has the first two

static const struct shape shapes[ROLES] = {
    [X] = {2, {ROWS, IN}}, [W] = {2, {OUT, IN}}, [BIAS] = {1, {OUT}}, [H] = {2, {ROWS, RANK}}, [B] = {2, {OUT, RANK}}};

struct point { // arguments and a direction for each
    double at[ROLES][64], dot[ROLES][64];
};

static void fill(double *x, uint32_t *state) {
    for (int i = 0; i < 64; i++) {
        *state = *state * 1664525u + 1013904223u;
        x[i] = (double)(*state >> 8) / (double)(1 << 23) - 1;
    }
}

// The op of the first n_args arguments at + step * dot; bits of `moves` mark arguments with a direction.
static void primal(const struct op *op, int n_args, const struct point *p, int moves, double step, double *y) {
    double args[ROLES][64];
    struct attr scale = {.name = "scale", .number = -1.5};
    struct reference_call c = {.op = op, .attrs = &scale, .n_attrs = 1};
    for (int a = 0; a < n_args; a++) {
        for (int i = 0; i < 64; i++) args[a][i] = p->at[a][i] + (moves >> a & 1 ? step * p->dot[a][i] : 0);
        c.arg[a] = (struct reference_operand){args[a], shapes[a]};
    }
    c.result[0] = (struct reference_operand){y, {2, {ROWS, OUT}}};
    op->reference(&c);
}

static void put_pair(struct reference_call *c, int pair, bool there, double *x, struct shape of_x, double *w,
                     struct shape of_w) {
    if (!there) return;
    c->arg[2 * pair] = (struct reference_operand){x, of_x};
    c->arg[2 * pair + 1] = (struct reference_operand){w, of_w};
}

static void check(const struct op *op, int n_args, const struct point *p, int moves, struct reference_call *tangent) {
    double y[ROWS * OUT], above[ROWS * OUT], below[ROWS * OUT];
    tangent->op = &op_linear_tangent;
    tangent->result[0] = (struct reference_operand){y, {2, {ROWS, OUT}}};
    op_linear_tangent.reference(tangent);
    primal(op, n_args, p, moves, 0.5, above);
    primal(op, n_args, p, moves, -0.5, below);
    for (int i = 0; i < ROWS * OUT; i++)
        if (!(fabs(y[i] - (above[i] - below[i])) < 1e-13))
            fail_msg("%s, directions %d: element %d: %.17g, differences give %.17g", op->name, moves, i, y[i],
                     above[i] - below[i]);
}

static void linear_with_an_adapter(void **state) {
    (void)state;
    uint32_t random = 1;
    struct point p;
    for (int a = 0; a < ROLES; a++) fill(p.at[a], &random), fill(p.dot[a], &random);
    for (int set = 1; set < 8; set++) {
        struct attr scale = {.name = "scale", .number = -1.5};
        struct reference_call c = {.attrs = &scale, .n_attrs = 1};
        put_pair(&c, 0, set & 1, p.dot[X], shapes[X], p.at[W], shapes[W]);
        put_pair(&c, 1, set & 2, p.dot[H], shapes[H], p.at[B], shapes[B]);
        put_pair(&c, 2, set & 4, p.at[H], shapes[H], p.dot[B], shapes[B]);
        check(&op_linear, ROLES, &p, (set & 1) << X | (set >> 1 & 1) << H | (set >> 2 & 1) << B, &c);
    }
}

// low_rank, or linear with a fully trained weight, whose tangent is one of the two scaled pairs, with scale 1.
static void product_of_two_that_move(void **state) {
    (void)state;
    uint32_t random = 2;
    struct point p;
    for (int a = 0; a < ROLES; a++) fill(p.at[a], &random), fill(p.dot[a], &random);
    for (int set = 1; set < 4; set++)
        for (int pair = 1; pair <= 2; pair++) {
            struct attr scale = {.name = "scale", .number = 1};
            struct reference_call c = {.attrs = &scale, .n_attrs = 1};
            put_pair(&c, 0, set & 1, p.dot[X], shapes[X], p.at[W], shapes[W]);
            put_pair(&c, pair, set & 2, p.at[X], shapes[X], p.dot[W], shapes[W]);
            check(&op_low_rank, 2, &p, set, &c);
        }
}

static struct op_sample_arg of_shape(int a) { return (struct op_sample_arg){OPERAND_FLOATS, shapes[a], 0}; }

static bool fits(const struct op_sample_arg *args) {
    struct shape_check c = {.op = &op_linear_tangent, .n_args = 6};
    for (int a = 0; a < 6; a++)
        c.arg[a] = (struct shape_operand){.present = args[a].kind != OPERAND_ABSENT, .shape = args[a].shape};
    bool yes = op_linear_tangent.shape(&c);
    if (yes) assert_true(c.result[0].rank == 2 && c.result[0].dim[0] == ROWS && c.result[0].dim[1] == OUT);
    return yes;
}
static void pairs_are_whole_and_agree(void **state) {
    (void)state;
    for (int set = 0; set < 64; set++) {
        const int roles[6] = {X, W, H, B, H, B};
        struct op_sample_arg args[6] = {ABSENT, ABSENT, ABSENT, ABSENT, ABSENT, ABSENT};
        for (int a = 0; a < 6; a++)
            if (set >> a & 1) args[a] = of_shape(roles[a]);
        int xs = set & 21, ws = set >> 1 & 21;
        assert_true(fits(args) == (xs == ws && set != 0));
        for (int a = 0; a < 6 && xs == ws && set != 0; a++)
            for (int dim = 0; dim < 2; dim++) {
                if (args[a].kind == OPERAND_ABSENT) continue;
                struct op_sample_arg kept = args[a];
                args[a].shape.dim[dim]++;
                bool alone = set == (a < 2 ? 3 : a < 4 ? 12 : 48); // no other operand has the dims of rows and outputs
                if (!alone || dim == 1) assert_false(fits(args));
                args[a] = kept;
            }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linear_with_an_adapter),
        cmocka_unit_test(product_of_two_that_move),
        cmocka_unit_test(pairs_are_whole_and_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
