// Dispatch: the runtime chooses the best kernel set that the processor runs, and every set that it runs can be chosen
// by name. The test asks the C compiler, not the code under test, which sets the processor runs.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "tests/unit/kernel_fixture.h"

static void the_best_set_is_chosen(void **state) {
    (void)state;
    const char *best = NULL;
    for (int k = 0; k < KERNEL_SETS; k++)
        if (kernel_set_must_run(kernel_sets[k])) best = kernel_sets[k];
    struct lrt run = {.threads = 1};
    assert_int_equal(lrt_choose_kernels(&run, NULL), LRT_OK);
    assert_string_equal(lrt_kernels_name(&run), best);
}

static void every_set_is_chosen_by_name(void **state) {
    (void)state;
    for (int k = 0; k < KERNEL_SETS; k++) {
        struct lrt run = {.threads = 1};
        bool runs = lrt_choose_kernels(&run, kernel_sets[k]) == LRT_OK;
        assert_int_equal(runs, kernel_set_must_run(kernel_sets[k]));
        if (runs) assert_string_equal(lrt_kernels_name(&run), kernel_sets[k]);
    }
    struct lrt run = {.threads = 1};
    assert_int_not_equal(lrt_choose_kernels(&run, "abacus"), LRT_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_set_is_chosen),
        cmocka_unit_test(every_set_is_chosen_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
