/* Operands: the tensors of a kernel's arguments as C arrays. An absent operand is NULL. */
#ifndef LRT_OPERAND_H
#define LRT_OPERAND_H
#include <lorac/lrt.h>

static inline const float *lrt_in(const struct lrt_tensor *t) { return t ? (const float *)t->data : NULL; }
static inline float *lrt_out(const struct lrt_tensor *t) { return t ? (float *)t->data : NULL; }
static inline const int32_t *lrt_in_ids(const struct lrt_tensor *t) { return (const int32_t *)t->data; }
static inline int32_t *lrt_out_ids(const struct lrt_tensor *t) { return (int32_t *)t->data; }
static inline double *lrt_out_sums(const struct lrt_tensor *t) { return (double *)t->data; }
static inline int64_t lrt_count(const struct lrt_tensor *t) { return t->rows * t->columns; }
#endif
