/* Dispatch: the table of kernel sets that this library was built with, best last, and the choice of a set that the
 * processor supports. */
#include <string.h>

#include "runtime/kernels/kernel_set.h"
#include <lorac/lrt.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#define DECLARE_(name, set, parameters) void lrt_##name##_##set parameters;
#define ENTRY_(name, set) lrt_##name##_##set,

#define KERNEL(name, parameters) DECLARE_(name, reference, parameters) DECLARE_(name, portable, parameters)
#include "runtime/kernels/kernels.def"
#undef KERNEL
static const struct lrt_kernel_set reference_set = {
    "reference",
#define KERNEL(name, parameters) ENTRY_(name, reference)
#include "runtime/kernels/kernels.def"
#undef KERNEL
};
static const struct lrt_kernel_set portable_set = {
    "portable",
#define KERNEL(name, parameters) ENTRY_(name, portable)
#include "runtime/kernels/kernels.def"
#undef KERNEL
};

#ifdef LRT_HAVE_avx2
#define KERNEL(name, parameters) DECLARE_(name, avx2, parameters) DECLARE_(name, avx512, parameters)
#include "runtime/kernels/kernels.def"
#undef KERNEL
static const struct lrt_kernel_set avx2_set = {
    "avx2",
#define KERNEL(name, parameters) ENTRY_(name, avx2)
#include "runtime/kernels/kernels.def"
#undef KERNEL
};
static const struct lrt_kernel_set avx512_set = {
    "avx512",
#define KERNEL(name, parameters) ENTRY_(name, avx512)
#include "runtime/kernels/kernels.def"
#undef KERNEL
};
#endif

#ifdef LRT_HAVE_neon
#define KERNEL(name, parameters) DECLARE_(name, neon, parameters)
#include "runtime/kernels/kernels.def"
#undef KERNEL
static const struct lrt_kernel_set neon_set = {
    "neon",
#define KERNEL(name, parameters) ENTRY_(name, neon)
#include "runtime/kernels/kernels.def"
#undef KERNEL
};
#endif

static int always(void) { return 1; }

#if defined(LRT_HAVE_avx2)
/* The registers that the operating system saves when it switches threads (XCR0). Instructions on other registers trap.
 */
static unsigned saved_state(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE)) return 0;
    unsigned low, high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

static int has_avx2(void) {
    unsigned a, b, c, d, ymm = 0x6;
    if ((saved_state() & ymm) != ymm) return 0;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_FMA) || !(c & bit_F16C)) return 0;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_AVX2);
}

static int has_avx512(void) {
    unsigned a, b, c, d, zmm = 0xe6;
    if (!has_avx2() || (saved_state() & zmm) != zmm) return 0;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 0;
    unsigned wanted = bit_AVX512F | bit_AVX512BW | bit_AVX512VL | bit_AVX512DQ;
    return (b & wanted) == wanted;
}
#endif

static const struct {
    const struct lrt_kernel_set *set;
    int (*usable)(void);
} sets[] = {
    {&reference_set, always}, {&portable_set, always},
#ifdef LRT_HAVE_avx2
    {&avx2_set, has_avx2},    {&avx512_set, has_avx512},
#endif
#ifdef LRT_HAVE_neon
    {&neon_set, always},
#endif
};

const struct lrt_kernel_set *lrt_portable_kernels(void) { return &portable_set; }

int lrt_choose_kernels(struct lrt *c, const char *name) {
    for (size_t i = sizeof sets / sizeof sets[0]; i-- > 0;) {
        if (name != NULL && strcmp(name, sets[i].set->name) != 0) continue;
        if (sets[i].usable()) {
            c->kernels = sets[i].set;
            return LRT_OK;
        }
        if (name != NULL) return lrt_fail(c, LRT_ERR_ARGUMENT, "this processor cannot run the %s kernels", name);
    }
    return lrt_fail(c, LRT_ERR_ARGUMENT, "there are no kernels named %s", name);
}

const char *lrt_kernels_name(const struct lrt *c) { return c->kernels == NULL ? "none" : c->kernels->name; }
