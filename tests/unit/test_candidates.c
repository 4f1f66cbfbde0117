// Candidates: the numbers of block inputs that a checkpoint schedule may keep. There are few, growing by a half or a
// third each, and nearly all inputs is among them: one slot less costs almost no time there.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "compiler/base/arena.h"
#include "compiler/schedule/candidates.h"

enum { ITERATIONS = 40 };

static void find_slots(const char *method, int64_t fixed, bool *found) {
    struct arena a = {0};
    const struct search_space space = {.method = gradient_find(method),
                                       .rows = 64,
                                       .iterations = ITERATIONS,
                                       .vocabulary = 100,
                                       .vocabulary_chunk = 100,
                                       .slots = fixed};
    struct candidates c = candidates_list(&a, &space);
    assert_true(c.count > 0);
    for (size_t i = 0; i < c.count; i++) {
        assert_in_range(c.list[i].slots, 0, ITERATIONS - 1);
        found[c.list[i].slots] = true;
    }
    arena_free(&a);
}

static void few_and_nearly_all_inputs_are_tried(void **state) {
    (void)state;
    static const int64_t few[] = {0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32}, left_out[] = {2, 3, 4, 6, 8, 12, 16};
    static const char *const methods[] = {"checkpoint", "structured"};
    for (size_t m = 0; m < 2; m++) {
        bool found[ITERATIONS] = {false};
        find_slots(methods[m], 0, found);
        for (size_t i = 0; i < sizeof few / sizeof *few; i++) assert_true(found[few[i]]);
        for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++) assert_true(found[ITERATIONS - left_out[i]]);
    }
}

static void a_number_that_the_user_names_is_the_only_one(void **state) {
    (void)state;
    bool found[ITERATIONS] = {false};
    find_slots("checkpoint", 5, found);
    for (int64_t n = 0; n < ITERATIONS; n++) assert_int_equal(found[n], n == 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_and_nearly_all_inputs_are_tried),
        cmocka_unit_test(a_number_that_the_user_names_is_the_only_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
