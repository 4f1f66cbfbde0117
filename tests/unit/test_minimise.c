// Minimise: rectangles cut into buffers, whose least peak is known. Hundreds of hard ones reach it, ten thousand
// buffers come within 2 %, boxes waste nothing, and whenever the search is stopped there is a placement.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/base/arena.h"
#include "compiler/plan/boxes.h"
#include "compiler/plan/minimise.h"
#include "rectangles.h"

static const int64_t MEBIBYTE = 1048576, GIBIBYTE = 1073741824;

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
        cut(b, N, CUT_ANY, 300, 1048576, &seed);
        struct placement p = place_minimise(&a, b, N, 1, 1000, &stop);
        assert_int_equal(p.bound, 1048576);
        assert_int_equal(p.peak, place_peak(b, N));
        assert_true(p.peak >= p.least && p.least >= p.bound);
        assert_true(is_packing(b, N, p.peak));
        arena_free(&a);
    }
}

// Cut rectangles with buffers left out, so that not all fits together, and some without life or bytes.
static void boxes_waste_nothing(void **state) {
    (void)state;
    enum { N = 300 };
    struct place_buffer b[N], outer[N];
    uint32_t seed = 21;
    for (int round = 0; round < 600; round++) {
        struct arena a = {0};
        uint64_t random = round % 2 ? (uint64_t)round : 0;
        cut(b, N, (enum cut_kind)(round % CUT_KINDS), 200, round % 5 ? MEBIBYTE : 400, &seed);
        size_t n = N - (size_t)(round % 7) * 20;
        b[0].upper = b[0].lower, b[0].size = 1, b[1].size = 0;
        int64_t bound = place_bound(b, n, NULL);
        struct boxes *boxes = boxes_start(&a, b, n, &random);
        for (int most = 8; most > 0; most /= 2) {
            size_t left = boxes_merge(boxes, round % 4 < 2 ? BOXES_SMALL_GROUPS : BOXES_SMALL_SIZES, most, NULL);
            assert_true(left <= n);
            boxes_list(boxes, outer);
            assert_int_equal(place_bound(outer, left, NULL), bound);
            int64_t peak = place_greedy(&a, outer, left, NULL, NULL);
            boxes_open(boxes, outer, b);
            b[0].offset = b[1].offset = 0;
            struct place_buffer opened[N];
            memcpy(opened, b, sizeof opened);
            assert_true(is_packing(opened, n, peak));
        }
        arena_free(&a);
    }
}

static void cut_rectangles_become_whole(void **state) {
    (void)state;
    struct place_buffer b[300];
    uint32_t seed = 4;
    for (int round = 0; round < 100; round++) {
        struct arena a = {0};
        uint64_t random = 0;
        cut(b, 300, CUT_EVEN, 1000, GIBIBYTE, &seed);
        assert_true(boxes_merge(boxes_start(&a, b, 300, &random), BOXES_SMALL_GROUPS, 1, NULL) <= 30);
        arena_free(&a);
    }
}

// As many buffers as the public instances, and no spare byte anywhere.
static void hard_ones_reach_the_bound(void **state) {
    (void)state;
    static struct place_buffer b[450];
    uint32_t seed = 31;
    for (int round = 0; round < 150; round++) {
        struct arena a = {0};
        int left = 100000;
        struct place_stop stop = {countdown, &left};
        size_t n = 150 + 2 * (size_t)round;
        cut(b, n, (enum cut_kind)(round % CUT_KINDS), 1000, MEBIBYTE, &seed);
        struct placement p = place_minimise(&a, b, n, 1, 20000, &stop);
        assert_int_equal(p.peak, MEBIBYTE);
        assert_true(p.proven);
        assert_true(is_packing(b, n, MEBIBYTE));
        cut(b, n, (enum cut_kind)(round % CUT_KINDS), 1000, MEBIBYTE, &seed);
        left = 100000;
        assert_int_equal(place_within(&a, b, n, MEBIBYTE, &stop, &p), EXACT_PLACED);
        assert_true(is_packing(b, n, MEBIBYTE));
        arena_free(&a);
    }
}

static void large_ones_come_within_2_percent(void **state) {
    (void)state;
    enum { N = 10000 };
    struct place_buffer *b = calloc(N, sizeof *b);
    uint32_t seed = 2;
    assert_non_null(b);
    for (int round = 0; round < CUT_KINDS; round++) {
        struct arena a = {0};
        int left = 4500;
        struct place_stop stop = {countdown, &left};
        cut(b, N, (enum cut_kind)(round % CUT_KINDS), 5000, GIBIBYTE, &seed);
        struct placement p = place_minimise(&a, b, N, 1, 20000, &stop);
        assert_int_equal(p.bound, GIBIBYTE);
        assert_true(is_packing(b, N, p.peak));
        assert_true(p.peak <= p.bound + p.bound / 50);
        arena_free(&a);
    }
    free(b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stops_with_a_placement),           cmocka_unit_test(boxes_waste_nothing),
        cmocka_unit_test(cut_rectangles_become_whole),      cmocka_unit_test(hard_ones_reach_the_bound),
        cmocka_unit_test(large_ones_come_within_2_percent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
