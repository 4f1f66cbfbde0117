/* exp, tanh, erf and log of sixteen floats: range reduction and a polynomial in Horner form.
 *
 * Coefficients interpolate the function at Chebyshev nodes of the reduced range, in exact arithmetic. The largest
 * errors in units in the last place, measured by tests/unit/test_kernels_elementwise.c without fused multiply-adds,
 * are: exp 1.0, tanh 2.1, erf 2.4, log 0.8. NaN stays NaN. */
#ifndef LRT_SIXTEEN_MATH_H
#define LRT_SIXTEEN_MATH_H
#include "runtime/kernels/sixteen.h"

/* Not inlined when the sixteen numbers are not in registers, or every access is checked: compiling would take minutes.
 */
#if defined(LRT_SET_IS_reference) || defined(LRT_SET_IS_portable) || defined(__SANITIZE_ADDRESS__)
#define LRT_MATH static __attribute__((noinline, unused))
#else
#define LRT_MATH LRT_INLINE
#endif

/* x = n log 2 + r, |r| <= log(2)/2: returns e^r - 1 and sets n; x within [-110, 110]. */
LRT_MATH struct v16 v_reduced_expm1(struct v16 x, struct v16_int *n) {
    const struct v16 magic = v_set(12582912.0f); /* 1.5 * 2^23: adding it rounds to an integer in the low bits */
    struct v16 k = v_fma(x, v_set(1.44269504f), magic);
    V_EACH(i) n->p[i] = (lrt_ivec)k.p[i] - 0x4b400000;
    k = v_sub(k, magic);
    struct v16 r = v_fma(k, v_set(-0.693359375f), x); /* log 2 as a sum of two numbers, the first with few bits */
    r = v_fma(k, v_set(2.12194440e-4f), r);
    struct v16 q = v_fma(v_set(0.00139262038f), r, v_set(0.00836319476f));
    q = v_fma(q, r, v_set(0.0416665561f));
    q = v_fma(q, r, v_set(0.166665763f));
    q = v_fma(q, r, v_set(0.5f));
    return v_fma(v_mul(r, r), q, r);
}
/* 2^n for -126 <= n <= 127 */
LRT_MATH struct v16 v_power_of_two(struct v16_int n) {
    struct v16 r;
    V_EACH(i) r.p[i] = (lrt_vec)((n.p[i] + 127) << 23);
    return r;
}
/* e^x; 0 below -104, infinity above 88.73; exp(0) is exactly 1. */
LRT_MATH struct v16 v_exp(struct v16 x) {
    x = v_min(v_set(100.0f), v_max(v_set(-110.0f), x));
    struct v16_int n, half;
    const struct v16 t = v_reduced_expm1(x, &n);
    V_EACH(i) {
        half.p[i] = n.p[i] >> 1;
        n.p[i] -= half.p[i];
    }
    return v_mul(v_mul(v_add(t, v_set(1.0f)), v_power_of_two(half)), v_power_of_two(n));
}
/* e^x for x <= 0, the case of softmax: 0 below -87. */
LRT_MATH struct v16 v_exp_negative(struct v16 x) {
    const struct v16_int kept = v_greater(v_set(-87.0f), x);
    struct v16_int n;
    const struct v16 t = v_reduced_expm1(v_max(v_set(-87.0f), x), &n);
    return v_select(kept, v_zero(), v_mul(v_add(t, v_set(1.0f)), v_power_of_two(n)));
}
/* e^x - 1 for 0 <= x <= 80 */
LRT_MATH struct v16 v_expm1_positive(struct v16 x) {
    struct v16_int n;
    const struct v16 t = v_reduced_expm1(x, &n), scale = v_power_of_two(n);
    return v_fma(scale, t, v_sub(scale, v_set(1.0f)));
}
/* (e^2a - 1) / (e^2a + 1) with the sign of x, a = |x| */
LRT_MATH struct v16 v_tanh(struct v16 x) {
    const struct v16 a = v_min(v_set(20.0f), v_add(v_abs(x), v_abs(x)));
    const struct v16 t = v_expm1_positive(a);
    return v_copy_sign(v_div(t, v_add(t, v_set(2.0f))), x);
}
/* 1 / (1 + e^-x) */
LRT_MATH struct v16 v_sigmoid(struct v16 x) {
    return v_div(v_set(1.0f), v_add(v_set(1.0f), v_exp(v_sub(v_zero(), x))));
}
/* |x| < 1: x P(x^2); else 1 - e^Q(|x|) with the sign of x, where Q approximates the logarithm of erfc. */
LRT_MATH struct v16 v_erf(struct v16 x) {
    const struct v16 a = v_min(v_set(4.0f), v_abs(x)), z = v_mul(a, a);
    struct v16 p = v_fma(v_set(7.87587487e-05f), z, v_set(-0.00080168643f));
    p = v_fma(p, z, v_set(0.00518908724f));
    p = v_fma(p, z, v_set(-0.0268542115f));
    p = v_fma(p, z, v_set(0.112835944f));
    p = v_fma(p, z, v_set(-0.37612626f));
    p = v_mul(v_fma(p, z, v_set(1.12837911f)), a);
    struct v16 q = v_fma(v_set(1.6371514e-06f), a, v_set(-4.60580413e-05f));
    q = v_fma(q, a, v_set(0.00059680565f));
    q = v_fma(q, a, v_set(-0.0047595962f));
    q = v_fma(q, a, v_set(0.0264211353f));
    q = v_fma(q, a, v_set(-0.110080086f));
    q = v_fma(q, a, v_set(-0.631826043f));
    q = v_fma(q, a, v_set(-1.13023341f));
    q = v_fma(q, a, v_set(0.00032013806f));
    q = v_sub(v_set(1.0f), v_exp_negative(q));
    return v_copy_sign(v_select(v_greater(v_set(1.0f), a), p, q), x);
}
/* natural logarithm of normal positive numbers: x = 2^n m, m within [sqrt(1/2), sqrt 2] */
LRT_MATH struct v16 v_log(struct v16 x) {
    struct v16 m, n;
    V_EACH(i) {
        const lrt_ivec bits = (lrt_ivec)x.p[i], e = (bits - 0x3f3504f3) >> 23;
        m.p[i] = (lrt_vec)(bits - (e << 23));
        n.p[i] = __builtin_convertvector(e, lrt_vec);
    }
    const struct v16 f = v_sub(m, v_set(1.0f)), f2 = v_mul(f, f);
    struct v16 p = v_fma(v_set(0.0697161183f), f, v_set(-0.114797339f));
    p = v_fma(p, f, v_set(0.116854198f));
    p = v_fma(p, f, v_set(-0.124256872f));
    p = v_fma(p, f, v_set(0.142490581f));
    p = v_fma(p, f, v_set(-0.166678026f));
    p = v_fma(p, f, v_set(0.200007156f));
    p = v_fma(p, f, v_set(-0.24999997f));
    p = v_fma(p, f, v_set(0.333333313f));
    p = v_mul(v_mul(p, f), f2);
    p = v_fma(n, v_set(-2.12194440e-4f), p);
    p = v_fma(f2, v_set(-0.5f), p);
    const struct v16 y = v_fma(n, v_set(0.693359375f), v_add(f, p));
    const struct v16_int good = v_greater(v_set(3.4028235e38f), v_sub(x, x)); /* false for infinity and NaN */
    return v_select(good, y, x);
}
#endif
