/* Fixture for the tests of kernels: a context for every kernel set that this machine runs, input numbers, comparisons.
 */
#ifndef KERNEL_FIXTURE_H
#define KERNEL_FIXTURE_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <lorac/lrt.h>

/* The sets of this kind of processor, the best last. */
#if defined(__x86_64__)
enum { KERNEL_SETS = 4 };
#elif defined(__aarch64__)
enum { KERNEL_SETS = 3 };
#else
enum { KERNEL_SETS = 2 };
#endif
extern const char *const kernel_sets[KERNEL_SETS];
enum { FIXTURE_SCRATCH = 4 << 20 };
/* Whether this processor runs the set, according to the C compiler's builtins. */
int kernel_set_must_run(const char *set);

struct fixture {
    struct lrt run;
    void *pool, *scratch;
};

void fixture_stop(struct fixture *f);

/* set NULL: the best one. Returns NULL when this processor does not run the set, which counts as a skip. A set that it
 * runs must exist. */
struct fixture *fixture_start(const char *set, int threads);
float *fixture_floats(int64_t n, uint64_t tensor, float scale);
float *fixture_copy(const float *x, int64_t n);
void assert_same_bits(const void *a, const void *b, int64_t n, const char *what);
/* |x - y| <= tolerance * (1 + |y|) */
void assert_near(const float *x, const double *y, int64_t n, double tolerance, const char *what);
#endif
