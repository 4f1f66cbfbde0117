/* Kernel sets: the same functions (rows of kernels.def) compiled for several instruction sets; lrt_start picks one.
 *
 * A kernel is written once, in vector/NAME.c, with the types of vector.h; it defines LRT_KERNEL(name), which is
 * compiled as lrt_name_portable, lrt_name_avx2, ... The public function of lrt_kernels.h splits the outputs over the
 * threads and calls c->kernels->name. */
#ifndef LRT_KERNEL_SET_H
#define LRT_KERNEL_SET_H
#include <stddef.h>
#include <stdint.h>

#include "runtime/kernels/multiply.h"
#include "runtime/kernels/kernel_calls.h"
#include <lorac/lrt.h>
#include "runtime/core/float_environment.h" /* refuses -ffast-math */

struct lrt_kernel_set {
    const char *name;
#define KERNEL(name, parameters) void(*name) parameters;
#include "runtime/kernels/kernels.def"
#undef KERNEL
};

/* The set that runs on every processor, for callers without a context. */
const struct lrt_kernel_set *lrt_portable_kernels(void);

/* For the files of vector/ and reference/: the name of a function's variant in this set, and prototypes of all
 * functions. */
#define LRT_PASTE_(name, set) lrt_##name##_##set
#define LRT_PASTE(name, set) LRT_PASTE_(name, set)
#ifdef LRT_SET
#define LRT_KERNEL(name) LRT_PASTE(name, LRT_SET)
#define KERNEL(name, parameters) void LRT_KERNEL(name) parameters;
#include "runtime/kernels/kernels.def"
#undef KERNEL
#endif
#endif
