/* Tensors for kernel calls in tests: addresses of tensors that live as long as the enclosing block. */
#ifndef TENSORS_H
#define TENSORS_H
#include <lorac/lrt.h>

#define TENSOR(data, type, rows, columns) (&(struct lrt_tensor){(data), (type), 0, (rows), (columns), (columns)})
#define F32(data, rows, columns) TENSOR(data, LRT_F32, rows, columns)
#define I32(data, count) TENSOR(data, LRT_I32, 1, count)
#define F64(data, count) TENSOR(data, LRT_F64, 1, count)

/* NULL for an absent tensor. */
static inline const struct lrt_tensor *present(const struct lrt_tensor *t) {
    return t->data || t->type >= LRT_PERTURBED ? t : NULL;
}
#endif
