// Op common: shared by the files of op rows: macros for samples, kernels and costs, shape rules, and elementwise rows.
#pragma once
#include <math.h>
#include <stddef.h>

#include "compiler/op/expand.h"
#include "compiler/op/fuse.h"
#include "compiler/op/jvp.h"
#include "compiler/op/reference.h"
#include "compiler/op/shape_check.h"
#include "compiler/op/vjp.h"
#include <lorac/lrt_kernels.h>

#define FLOATS_1(a)                                                                                                    \
    { OPERAND_FLOATS, {1, {a}}, 0 }
#define FLOATS_2(a, b)                                                                                                 \
    { OPERAND_FLOATS, {2, {a, b}}, 0 }
#define FLOATS_3(a, b, c)                                                                                              \
    { OPERAND_FLOATS, {3, {a, b, c}}, 0 }
#define IDS_1(below, a)                                                                                                \
    { OPERAND_IDS, {1, {a}}, below }
#define IDS_2(below, a, b)                                                                                             \
    { OPERAND_IDS, {2, {a, b}}, below }
#define ABSENT                                                                                                         \
    { OPERAND_ABSENT, {0, {0}}, 0 }
#define SUM                                                                                                            \
    { OPERAND_SUM, {0, {0}}, 0 }
// The kernel of a row: KERNEL(rms_norm, rms_norm, OUT(rms_norm, y, 0), IN(rms_norm, x, 0), ATTR(rms_norm, eps, "eps")).
// The members are checked against the kernel's struct at compile time.
#define ARGS_MEMBER(family, member) (((struct lrt_##family##_args *)0)->member)
#define MEMBER(family, member, kind)                                                                                   \
    .name = #member, .offset = offsetof(struct lrt_##family##_args, member), .type = (kind)
#define TENSOR_MEMBER(family, member)                                                                                  \
    MEMBER(family, member, _Generic(ARGS_MEMBER(family, member), const struct lrt_tensor * : MEMBER_TENSOR))
#define NUMBER_MEMBER(family, member)                                                                                  \
    MEMBER(family, member,                                                                                             \
           _Generic(ARGS_MEMBER(family, member),                                                                       \
               float: MEMBER_FLOAT,                                                                                    \
               double: MEMBER_DOUBLE,                                                                                  \
               int64_t: MEMBER_INTEGER,                                                                                \
               bool: MEMBER_BOOL,                                                                                      \
               double *: MEMBER_POINTER))
#define OUT(family, member, result)                                                                                    \
    { TENSOR_MEMBER(family, member), .source = FROM_RESULT, .which = (result) }
#define IN(family, member, argument)                                                                                   \
    { TENSOR_MEMBER(family, member), .source = FROM_ARGUMENT, .which = (argument) }
#define WORK(family, member, result)                                                                                   \
    { TENSOR_MEMBER(family, member), .source = FROM_RESULT, .which = (result), .work = true }
#define ATTR(family, member, attribute)                                                                                \
    { NUMBER_MEMBER(family, member), .source = FROM_ATTRIBUTE, .text = (attribute) }
#define KEYWORD(family, member, attribute, prefix)                                                                     \
    { MEMBER(family, member, MEMBER_ENUM), .source = FROM_ATTRIBUTE, .text = (attribute), .enumerators = (prefix) }
#define NUMBER(family, member, value)                                                                                  \
    { NUMBER_MEMBER(family, member), .source = FROM_NUMBER, .number = (value) }
#define CONTEXT(family, member, what)                                                                                  \
    { NUMBER_MEMBER(family, member), .source = FROM_CONTEXT, .which = CONTEXT_##what }
#define KERNEL(name_, family_, ...)                                                                                    \
    .kernel = {.name = #name_,                                                                                         \
               .family = #family_,                                                                                     \
               .bytes = sizeof(struct lrt_##family_##_args),                                                           \
               .members = (const struct op_member[]){__VA_ARGS__, {0}}}

#define SAMPLES(list) .samples = (list), .n_samples = sizeof(list) / sizeof((list)[0])

enum { BIT_0 = 1, BIT_1 = 2, BIT_2 = 4, BIT_3 = 8, BIT_4 = 16, BIT_5 = 32 }; // bits of arguments

// The cost of `flops` at this rate and the bytes of all operands.
struct op_cost cost_flops(const struct graph *g, const struct node *n, enum op_rate rate, double flops);
// `near` for a matrix that stays in the caches between calls, else `far`.
enum op_rate rate_of_matrix(struct shape s, enum op_rate near, enum op_rate far);
// The cost of a product with the matrix in argument `matrix`. `narrow`: one of its sides is at most an adapter's rank;
// `far`: it exceeds the caches; `wide`: all others.
struct op_cost cost_product(const struct graph *g, const struct node *n, uint32_t matrix, enum op_rate wide,
                            enum op_rate far, enum op_rate narrow, double flops);
// Kernel scratch for sums over rows, and for a vector that may be mapped in any file type.
int64_t scratch_row_sums(const struct graph *g, const struct node *n, int threads);
int64_t scratch_vector(const struct graph *g, const struct node *n, int threads);
// Shape rule: all operands are floats of one shape, and so is the result.
bool shape_elementwise(struct shape_check *c);
// The row's flops_each for every element of the first result.
struct op_cost cost_elementwise(const struct graph *g, const struct node *n);
struct shape node_arg_shape(const struct graph *g, const struct node *n, uint32_t arg); // seen from inside its loops
struct shape node_result_shape(const struct graph *g, const struct node *n, uint32_t result);

// ---- pointwise functions y = f(x): a file defines f and its derivative; the rest of its two rows is here ----
extern const struct op_sample pointwise_samples[1], pointwise_dx_samples[1];
void vjp_pointwise(struct vjp *v, const struct op *dx);
void reference_pointwise(const struct reference_call *c, double (*f)(double));
void reference_pointwise_dx(const struct reference_call *c, double (*derivative)(double)); // of dy and x
#define POINTWISE(word)                                                                                                \
    .name = #word, .in_language = true, .min_args = 1, .max_args = 1, .n_results = 1, .shape = shape_elementwise,      \
    .cost = cost_elementwise, .cheap = true, .in_place = {BIT_0}, .tile_args = {OP_TILE_ROWS},                         \
    .tile_results = {OP_TILE_ROWS}, KERNEL(word, unary, OUT(unary, y, 0), IN(unary, x, 0)), SAMPLES(pointwise_samples)
#define POINTWISE_DX(word)                                                                                             \
    .name = #word, .min_args = 2, .max_args = 2, .n_results = 1, .shape = shape_elementwise, .cost = cost_elementwise, \
    .in_place = {BIT_0 | BIT_1}, .tile_args = {OP_TILE_ROWS, OP_TILE_ROWS}, .tile_results = {OP_TILE_ROWS},            \
    KERNEL(word, unary_dx, OUT(unary_dx, dx, 0), IN(unary_dx, dy, 0), IN(unary_dx, x, 1)),                             \
    SAMPLES(pointwise_dx_samples)

// ---- y = f(a, b) of two operands of one shape; the kernel's struct names them y, `first` and `second` ----
extern const struct op_sample binary_samples[1];
void reference_binary(const struct reference_call *c, double (*f)(double, double));
#define BINARY(word, family, first, second)                                                                            \
    .name = #word, .in_language = true, .min_args = 2, .max_args = 2, .n_results = 1, .shape = shape_elementwise,      \
    .cost = cost_elementwise, .in_place = {BIT_0 | BIT_1}, .tile_args = {OP_TILE_ROWS, OP_TILE_ROWS},                  \
    .tile_results = {OP_TILE_ROWS},                                                                                    \
    KERNEL(word, family, OUT(family, y, 0), IN(family, first, 0), IN(family, second, 1)), SAMPLES(binary_samples)

// The rows, columns and elements of a row-major operand.
static inline int64_t operand_rows(const struct reference_operand *o) { return shape_rows(o->shape); }
static inline int64_t operand_columns(const struct reference_operand *o) { return shape_columns(o->shape); }
static inline int64_t operand_count(const struct reference_operand *o) { return shape_count(o->shape); }
