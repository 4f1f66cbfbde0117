// Exact placement against brute force on thousands of small random cases, and on thousands of instances with a known
// optimum. These are a rectangle of time and bytes cut into buffers: small, hard and large ones.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/base/arena.h"
#include "compiler/plan/minimise.h"

enum { MOST = 7, ENDLESS = 100000000 };

static bool share_time(const struct place_buffer *a, const struct place_buffer *b) {
    return a->lower < b->upper && b->lower < a->upper;
}

static int by_birth(const void *a, const void *b) {
    const struct place_buffer *x = a, *y = b;
    return (x->lower > y->lower) - (x->lower < y->lower);
}

// Sorts the buffers by birth. Returns false when two overlap or one exceeds the capacity.
static bool is_packing(struct place_buffer *b, size_t n, int64_t capacity) {
    qsort(b, n, sizeof *b, by_birth);
    for (size_t i = 0; i < n; i++) {
        if (b[i].offset < 0 || b[i].offset + b[i].size > capacity) return false;
        for (size_t j = i + 1; j < n && b[j].lower < b[i].upper; j++)
            if (share_time(&b[i], &b[j]) && b[i].offset < b[j].offset + b[j].size &&
                b[j].offset < b[i].offset + b[i].size)
                return false;
    }
    return true;
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

static uint32_t next_random(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
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

// Cuts the rectangle [0, steps) x [0, bytes) into n buffers: at random, across the larger side more often.
static void cut(struct place_buffer *b, size_t n, int64_t steps, int64_t bytes, uint32_t *seed) {
    b[0] = (struct place_buffer){0, steps, bytes, 0};
    for (size_t count = 1; count < n;) {
        struct place_buffer *old = &b[next_random(seed) % count];
        int64_t width = old->upper - old->lower;
        if (width > 1 && (old->size == 1 || (int64_t)(next_random(seed) % 1000) * bytes < 600 * old->size)) {
            int64_t at = old->lower + 1 + next_random(seed) % (width - 1);
            b[count++] = (struct place_buffer){at, old->upper, old->size, 0};
            old->upper = at;
        } else if (old->size > 1) {
            int64_t part = 1 + next_random(seed) % (old->size - 1);
            b[count++] = (struct place_buffer){old->lower, old->upper, part, 0};
            old->size -= part;
        }
    }
    for (size_t i = n; i-- > 1;) { // in no order
        size_t j = next_random(seed) % (i + 1);
        struct place_buffer other = b[i];
        b[i] = b[j], b[j] = other;
    }
}

static void finds_small_cut_rectangles(void **state) {
    (void)state;
    struct place_buffer b[40];
    uint32_t seed = 1;
    for (int round = 0; round < 2000; round++) {
        size_t n = 2 + next_random(&seed) % 30;
        int64_t steps = 2 + next_random(&seed) % 30, bytes = 40 + next_random(&seed) % 1000;
        cut(b, n, steps, bytes, &seed);
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
        cut(b, n, 1000, 1048576, &seed);
        assert_int_equal(exact_place(b, n, 1048576, ENDLESS, NULL), EXACT_PLACED);
        assert_true(is_packing(b, n, 1048576));
    }
}

static void stays_impossible_with_a_byte_more(void **state) {
    (void)state;
    struct place_buffer b[20];
    uint32_t seed = 5;
    for (int round = 0; round < 100; round++) {
        cut(b, 12, 12, 60, &seed);
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
    cut(b, 100, 1000, 1000000, &seed);
    for (size_t i = 0; i < 100; i++) b[i].offset = -1;
    assert_int_equal(exact_place(b, 100, 1000000, 0, NULL), EXACT_GAVE_UP);
    assert_int_equal(exact_place(b, 100, 1000000, 5, NULL), EXACT_GAVE_UP);
    for (size_t i = 0; i < 100; i++) assert_int_equal(b[i].offset, -1);
    assert_int_equal(exact_place(b, 100, 999999, ENDLESS, NULL), EXACT_IMPOSSIBLE);
}

static bool countdown(void *context) {
    int *left = context;
    return --*left < 0;
}

// Whenever the search is stopped, its result is a valid placement with the reported peak.
static void stops_with_a_placement(void **state) {
    (void)state;
    enum { N = 400 };
    static struct place_buffer b[N];
    for (int asked = 0; asked < 60; asked += 3) {
        struct arena a = {0};
        uint32_t seed = 11;
        int left = asked;
        struct place_stop stop = {countdown, &left};
        cut(b, N, 300, 1048576, &seed);
        struct placement p = place_minimise(&a, b, N, 1, 1000, &stop);
        assert_int_equal(p.bound, 1048576);
        assert_int_equal(p.peak, place_peak(b, N));
        assert_true(p.peak >= p.least && p.least >= p.bound);
        assert_true(is_packing(b, N, p.peak));
        arena_free(&a);
    }
}

static void large_ones_come_near_the_bound(void **state) {
    (void)state;
    enum { N = 10000 };
    struct place_buffer *b = calloc(N, sizeof *b);
    struct arena a = {0};
    uint32_t seed = 2;
    int left = 700;
    struct place_stop stop = {countdown, &left};
    assert_non_null(b);
    cut(b, N, 5000, INT64_C(1) << 30, &seed);
    struct placement p = place_minimise(&a, b, N, 1, 1000, &stop);
    assert_int_equal(p.bound, INT64_C(1) << 30);
    assert_true(is_packing(b, N, p.peak));
    assert_true(p.peak < p.bound + p.bound / 4);
    arena_free(&a);
    free(b);
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
        cmocka_unit_test(stops_with_a_placement),
        cmocka_unit_test(large_ones_come_near_the_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
