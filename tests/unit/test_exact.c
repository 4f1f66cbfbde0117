// Exact placement against brute force on thousands of small random cases, and on packings that greedy orders miss.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "compiler/plan/exact.h"

enum { MOST = 7 };

static bool share_time(const struct exact_buffer *a, const struct exact_buffer *b) {
    return a->lower < b->upper && b->lower < a->upper;
}

static bool is_packing(const struct exact_buffer *b, size_t n, int64_t capacity) {
    for (size_t i = 0; i < n; i++) {
        if (b[i].offset < 0 || b[i].offset + b[i].size > capacity) return false;
        for (size_t j = 0; j < i; j++)
            if (share_time(&b[i], &b[j]) && b[i].offset < b[j].offset + b[j].size &&
                b[j].offset < b[i].offset + b[i].size)
                return false;
    }
    return true;
}

// Least top over all orders of placing each buffer at the lowest gap-free skyline of those before it: every
// bottom-justified packing comes from such an order.
static int64_t brute_force(struct exact_buffer *b, size_t n, bool *placed, size_t done, int64_t top, int64_t best) {
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

static uint32_t next_random(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void equals_brute_force(void **state) {
    (void)state;
    uint32_t seed = 7;
    for (int round = 0; round < 4000; round++) {
        struct exact_buffer b[MOST] = {0}, tried[MOST];
        size_t n = 1 + next_random(&seed) % MOST;
        for (size_t i = 0; i < n; i++) {
            b[i].lower = next_random(&seed) % 8;
            b[i].upper = b[i].lower + 1 + next_random(&seed) % 5;
            b[i].size = 1 + next_random(&seed) % 9;
        }
        bool placed[MOST] = {0};
        memcpy(tried, b, sizeof b);
        int64_t least = brute_force(tried, n, placed, 0, 0, INT64_MAX);
        assert_true(exact_bound(b, n) <= least);
        assert_int_equal(exact_place(b, n, least, 0), EXACT_PLACED);
        assert_true(is_packing(b, n, least));
        assert_int_equal(exact_place(b, n, least - 1, 0), EXACT_IMPOSSIBLE);
    }
}

static void empty_and_zero_sized(void **state) {
    (void)state;
    struct exact_buffer b[] = {{0, 3, 0, 9}, {2, 2, 5, 9}, {0, 2, 4, 9}, {2, 4, 4, 9}};
    assert_int_equal(exact_place(b, 0, 0, 0), EXACT_PLACED);
    assert_int_equal(exact_place(b, 4, 4, 0), EXACT_PLACED);
    assert_int_equal(b[0].offset, 0);
    assert_int_equal(b[2].offset, 0);
    assert_int_equal(b[3].offset, 0);
    assert_int_equal(exact_place(b, 4, 3, 0), EXACT_IMPOSSIBLE);
}

static void gives_up_when_told(void **state) {
    (void)state;
    struct exact_buffer b[40];
    uint32_t seed = 3;
    for (size_t i = 0; i < 40; i++) {
        int64_t lower = next_random(&seed) % 60;
        b[i] = (struct exact_buffer){lower, lower + 5 + next_random(&seed) % 30, 1 + next_random(&seed) % 1000, -1};
    }
    int64_t capacity = exact_bound(b, 40);
    enum exact_result result = exact_place(b, 40, capacity, 1);
    if (result != EXACT_PLACED) assert_int_equal(b[0].offset, -1);
    assert_int_equal(exact_place(b, 40, capacity - 1, 0), EXACT_IMPOSSIBLE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_brute_force),
        cmocka_unit_test(empty_and_zero_sized),
        cmocka_unit_test(gives_up_when_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
