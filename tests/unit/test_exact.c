// Exact placement against brute force on thousands of small random cases, and on thousands of instances with a known
// optimum: rectangles of time and bytes cut into buffers, small and hard ones.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/base/arena.h"
#include "compiler/plan/exact.h"
#include "rectangles.h"

enum { MOST = 7, ENDLESS = 100000000 };

static bool share_time(const struct place_buffer *a, const struct place_buffer *b) {
    return a->lower < b->upper && b->lower < a->upper;
}

// The least top over all orders in which each buffer is placed on the skyline of the earlier ones. Every
// bottom-justified packing comes from such an order.
static int64_t brute_force(struct place_buffer *b, size_t n, bool *placed, size_t done, int64_t top, int64_t best) {
    if (top >= best) return best;
    if (done == n) return top;
    for (size_t i = 0; i < n; i++) {
        if (placed[i]) continue;
        b[i].offset = 0;
        for (size_t j = 0; j < n; j++)
            if (placed[j] && share_time(&b[i], &b[j]) && b[j].offset + b[j].size > b[i].offset)
                b[i].offset = b[j].offset + b[j].size;
        placed[i] = true;
        int64_t end = b[i].offset + b[i].size;
        int64_t found = brute_force(b, n, placed, done + 1, end > top ? end : top, best);
        if (found < best) best = found;
        placed[i] = false;
    }
    return best;
}

static void equals_brute_force(void **state) {
    (void)state;
    uint32_t seed = 7;
    for (int round = 0; round < 1000; round++) {
        struct place_buffer b[MOST] = {0}, tried[MOST];
        size_t n = 1 + next_random(&seed) % MOST;
        for (size_t i = 0; i < n; i++) {
            b[i].lower = next_random(&seed) % 8;
            b[i].upper = b[i].lower + 1 + next_random(&seed) % 5;
            b[i].size = 1 + next_random(&seed) % 9;
        }
        bool placed[MOST] = {0};
        memcpy(tried, b, sizeof b);
        int64_t least = brute_force(tried, n, placed, 0, 0, INT64_MAX);
        assert_true(place_bound(b, n, NULL) <= least);
        assert_int_equal(exact_place(b, n, least, ENDLESS, NULL), EXACT_PLACED);
        assert_true(is_packing(b, n, least));
        assert_int_equal(exact_place(b, n, least - 1, ENDLESS, NULL), EXACT_IMPOSSIBLE);
    }
}

static void empty_and_zero_sized(void **state) {
    (void)state;
    struct place_buffer b[] = {{0, 3, 0, 9}, {2, 2, 5, 9}, {0, 2, 4, 9}, {2, 4, 4, 9}};
    assert_int_equal(exact_place(b, 0, 0, 1, NULL), EXACT_PLACED);
    assert_int_equal(exact_place(b, 4, 4, ENDLESS, NULL), EXACT_PLACED);
    assert_int_equal(b[0].offset, 0);
    assert_int_equal(b[2].offset, 0);
    assert_int_equal(b[3].offset, 0);
    assert_int_equal(exact_place(b, 4, 3, ENDLESS, NULL), EXACT_IMPOSSIBLE);
}

static void what_never_lives_is_in_nobodys_way(void **state) {
    (void)state;
    struct arena a = {0};
    struct place_buffer b[] = {{0, 4, 4, 9}, {2, 2, 5, 9}, {0, 4, 1, 9}};
    assert_int_equal(place_greedy(&a, b, 3, NULL, NULL), 5);
    assert_int_equal(b[1].offset, 0);
    arena_free(&a);
}

static void finds_small_cut_rectangles(void **state) {
    (void)state;
    struct place_buffer b[40];
    uint32_t seed = 1;
    for (int round = 0; round < 2000; round++) {
        size_t n = 2 + next_random(&seed) % 30;
        int64_t steps = 2 + next_random(&seed) % 30, bytes = 40 + next_random(&seed) % 1000;
        cut(b, n, CUT_ANY, steps, bytes, &seed);
        assert_int_equal(place_bound(b, n, NULL), bytes);
        assert_int_equal(exact_place(b, n, bytes - 1, ENDLESS, NULL), EXACT_IMPOSSIBLE);
        assert_int_equal(exact_place(b, n, bytes, ENDLESS, NULL), EXACT_PLACED);
        assert_true(is_packing(b, n, bytes));
    }
}

// As hard as the public sets: 150 to 450 buffers and no spare byte anywhere.
static void finds_hard_cut_rectangles(void **state) {
    (void)state;
    static struct place_buffer b[450];
    uint32_t seed = 9;
    for (size_t n = 150; n <= 450; n += 10) {
        cut(b, n, CUT_ANY, 1000, 1048576, &seed);
        assert_int_equal(exact_place(b, n, 1048576, ENDLESS, NULL), EXACT_PLACED);
        assert_true(is_packing(b, n, 1048576));
    }
}

static void stays_impossible_with_a_byte_more(void **state) {
    (void)state;
    struct place_buffer b[20];
    uint32_t seed = 5;
    for (int round = 0; round < 100; round++) {
        cut(b, 12, CUT_ANY, 12, 60, &seed);
        b[12] = (struct place_buffer){0, 12, 1, 0};
        assert_int_equal(exact_place(b, 13, 60, ENDLESS, NULL), EXACT_IMPOSSIBLE);
        assert_int_equal(exact_place(b, 13, 61, ENDLESS, NULL), EXACT_PLACED);
        assert_true(is_packing(b, 13, 61));
    }
}

static void gives_up_when_told(void **state) {
    (void)state;
    struct place_buffer b[100];
    uint32_t seed = 3;
    cut(b, 100, CUT_ANY, 1000, 1000000, &seed);
    for (size_t i = 0; i < 100; i++) b[i].offset = -1;
    assert_int_equal(exact_place(b, 100, 1000000, 0, NULL), EXACT_GAVE_UP);
    assert_int_equal(exact_place(b, 100, 1000000, 5, NULL), EXACT_GAVE_UP);
    for (size_t i = 0; i < 100; i++) assert_int_equal(b[i].offset, -1);
    assert_int_equal(exact_place(b, 100, 999999, ENDLESS, NULL), EXACT_IMPOSSIBLE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_brute_force),
        cmocka_unit_test(empty_and_zero_sized),
        cmocka_unit_test(what_never_lives_is_in_nobodys_way),
        cmocka_unit_test(finds_small_cut_rectangles),
        cmocka_unit_test(finds_hard_cut_rectangles),
        cmocka_unit_test(stays_impossible_with_a_byte_more),
        cmocka_unit_test(gives_up_when_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
