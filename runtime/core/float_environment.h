/* Float environment: how the processor rounds, whether it keeps denormal numbers, and which exceptions stop it. The
 * same numbers come of the same bits in one environment only, so every computation enters the default one and leaves
 * what the caller had. */
#ifndef LRT_FLOAT_ENVIRONMENT_H
#define LRT_FLOAT_ENVIRONMENT_H
#include <stdint.h>
#if !defined(__SSE__) && !defined(__aarch64__)
#include <fenv.h>
#endif

#ifdef __FAST_MATH__
#error "lorac's numbers need exact arithmetic: compile without -ffast-math and -Ofast"
#endif

struct lrt_float_environment { /* the caller's */
#if defined(__SSE__)
    uint32_t control;
#elif defined(__aarch64__)
    uint64_t control;
#else
    fenv_t all;
#endif
};

static inline struct lrt_float_environment lrt_float_enter(void) {
    struct lrt_float_environment was;
#if defined(__SSE__)
    was.control = __builtin_ia32_stmxcsr();
    __builtin_ia32_ldmxcsr(0x1f80); /* to nearest, denormals kept, no exception stops */
#elif defined(__aarch64__)
    __asm__ volatile("mrs %0, fpcr" : "=r"(was.control));
    __asm__ volatile("msr fpcr, %0" : : "r"((uint64_t)0));
#else
    (void)fegetenv(&was.all);
    (void)fesetenv(FE_DFL_ENV);
#endif
    return was;
}

static inline void lrt_float_leave(const struct lrt_float_environment *was) {
#if defined(__SSE__)
    __builtin_ia32_ldmxcsr(was->control);
#elif defined(__aarch64__)
    __asm__ volatile("msr fpcr, %0" : : "r"(was->control));
#else
    (void)fesetenv(&was->all);
#endif
}
#endif
