// Candidates: the numbers of block inputs that a checkpoint schedule may keep. There are few, growing by a half or a
// third each, and nearly all inputs is among them: one slot less costs almost no time there. A search tries all
// combinations of these with what blocks keep, heights, chunks and cuts.
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

enum { ROWS = 64, CHUNK = 512, SETS = 3 };

struct tally {
    size_t kept[SETS], tiles[ROWS], heads[ROWS + 1][2], cuts[ITERATIONS][SETS], slots[ITERATIONS], paged, count;
};

static size_t set_of(uint64_t kept) { return kept == KEPT_ALL ? 2 : (size_t)kept; }

static void count_choices(struct search_space *space, struct tally *t) {
    struct keep_set sets[SETS] = {{.kept = 0}, {.kept = 1}, {.kept = 3}};
    struct arena a = {0};
    space->sets = (struct keep_sets){sets, SETS};
    struct candidates c = candidates_list(&a, space);
    t->count = c.count;
    for (size_t i = 0; i < c.count; i++) {
        const struct schedule_choice *x = &c.list[i];
        assert_true(set_of(x->kept) < SETS && (x->kept == 0 || (x->slots == space->slots && !x->page)));
        assert_true(!x->split || set_of(x->kept_above) == set_of(x->kept) + 1);
        t->kept[set_of(x->kept)] += !x->split;
        t->tiles[x->tile_rows]++;
        t->heads[x->head_rows][x->vocabulary_chunk != 0]++;
        t->cuts[x->split][set_of(x->kept)] += x->split != 0;
        t->slots[x->slots]++;
        t->paged += x->page;
        for (size_t j = i; j-- > 0 && c.list[j].kept == x->kept && c.list[j].tile_rows == x->tile_rows;)
            assert_memory_not_equal(&c.list[j], x, sizeof *x);
    }
    arena_free(&a);
}

// 9 heights of blocks (0: whole) times 11 heads, of which 7 with whole rows of logits; of block inputs 17 ways; each
// cut mixes two neighbouring sets.
static void a_search_tries_all_combinations(void **state) {
    (void)state;
    enum { HEADS = 11, HEIGHTS = 9, WAYS = 17, ALL = HEADS * HEIGHTS };
    struct tally t = {.count = 0};
    struct search_space space = {.method = gradient_find("auto"),
                                 .rows = ROWS,
                                 .iterations = ITERATIONS,
                                 .cuts = {5, 10, 15, 20, 25, 30, 35},
                                 .vocabulary = 1000,
                                 .vocabulary_chunk = CHUNK,
                                 .page = true};
    count_choices(&space, &t);
    assert_int_equal(t.count, ALL * (WAYS + 2 + 2 * SEARCH_CUTS));
    assert_true(t.kept[0] == ALL * WAYS && t.kept[1] == ALL && t.kept[2] == ALL);
    assert_int_equal(t.paged, ALL);
    static const int64_t heights[HEIGHTS] = {0, 4, 6, 8, 12, 16, 24, 32, 48}, whole[] = {1, 2, 4, 8, 16, 32, 64},
                         chunked[] = {8, 16, 32, 64};
    for (size_t i = 0; i < HEIGHTS; i++) assert_int_equal(t.tiles[heights[i]], t.count / HEIGHTS);
    for (size_t i = 0; i < 7; i++) assert_int_equal(t.heads[whole[i]][0], t.count / HEADS);
    for (size_t i = 0; i < 4; i++) assert_int_equal(t.heads[chunked[i]][1], t.count / HEADS);
    for (int i = 0; i < SEARCH_CUTS; i++)
        for (int k = 0; k < SETS; k++) assert_int_equal(t.cuts[space.cuts[i]][k], k < SETS - 1 ? ALL : 0);
    // What the user fixes is not varied: a height, a number of inputs; a loss that knows no chunks has whole rows.
    struct tally fixed = {.count = 0};
    space.tile = 10, space.slots = 7, space.page = false, space.vocabulary_chunk = space.vocabulary;
    count_choices(&space, &fixed);
    assert_int_equal(fixed.count, 7 * (SETS + 2 * SEARCH_CUTS));
    assert_true(fixed.tiles[10] == fixed.count && fixed.paged == 0 && fixed.slots[7] == fixed.count);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_and_nearly_all_inputs_are_tried),
        cmocka_unit_test(a_search_tries_all_combinations),
        cmocka_unit_test(a_number_that_the_user_names_is_the_only_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
