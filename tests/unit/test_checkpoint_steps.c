// Checkpoint schedules: each is simulated (the current value and the content of every slot), and its length is compared
// with the closed form of Griewank and Walther (ACM TOMS 26, 2000).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "compiler/base/arena.h"
#include "compiler/pass/checkpoint_steps.h"

enum { BLOCKS_MAX = 64, FIRST = 3, NOTHING = -1 };

struct paper {
    int64_t at_hand, slots[BLOCKS_MAX], file[BLOCKS_MAX], runs[BLOCKS_MAX], advances, next, used;
};

static void run_step(struct paper *p, const struct checkpoint_step *s) {
    int64_t block = s->iteration - FIRST;
    switch (s->kind) {
    case CHECKPOINT_ADVANCE:
        assert_int_equal(p->at_hand, block);
        p->at_hand++;
        p->runs[block]++;
        p->advances++;
        break;
    case CHECKPOINT_SNAPSHOT:
        assert_int_equal(p->at_hand, block);
        p->slots[s->slot] = block;
        if (p->used < s->slot + 1) p->used = s->slot + 1;
        break;
    case CHECKPOINT_RESTORE:
        assert_int_equal(p->slots[s->slot], block);
        p->at_hand = block;
        break;
    case CHECKPOINT_PAGE_OUT:
        assert_int_equal(p->at_hand, block);
        p->file[block] = 1;
        break;
    case CHECKPOINT_PAGE_IN:
        assert_int_equal(p->file[block], 1);
        p->at_hand = block;
        break;
    case CHECKPOINT_FIRST:
        assert_int_equal(block, 0);
        p->at_hand = 0;
        break;
    case CHECKPOINT_REVERSE:
        assert_int_equal(p->at_hand, block);
        assert_int_equal(p->next, block);
        p->next--;
        break;
    }
}

static struct paper run_on_paper(const struct checkpoint_plan *s, int64_t length) {
    struct paper p = {.at_hand = 0, .next = length - 1};
    for (int i = 0; i < BLOCKS_MAX; i++) p.slots[i] = NOTHING;
    for (size_t i = 0; i < s->n_forward_steps; i++) {
        assert_int_not_equal(s->steps[i].kind, CHECKPOINT_REVERSE);
        run_step(&p, &s->steps[i]);
    }
    assert_int_equal(p.at_hand, length);
    p.at_hand = NOTHING; // the loss may use its slot
    for (size_t i = s->n_forward_steps; i < s->n_steps; i++) run_step(&p, &s->steps[i]);
    assert_int_equal(p.next, -1);
    assert_int_equal(p.advances, s->advances);
    assert_int_equal(p.used, s->slots);
    return p;
}

static int64_t choose(int64_t n, int64_t k) {
    int64_t c = 1;
    for (int64_t i = 1; i <= k; i++) c = c * (n - k + i) / i;
    return k < 0 ? 0 : c;
}

// The number of forward runs of blocks in a checkpoint schedule for this many blocks (including the loss) and `slots`
// inputs (including the first).
static int64_t fewest_runs(int64_t blocks, int64_t slots, int64_t *repetitions) {
    int64_t r = 1;
    while (choose(slots + r, slots) < blocks) r++;
    *repetitions = r;
    return r * blocks - choose(slots + r, r - 1);
}

static void test_fewest_runs(void **state) {
    (void)state;
    for (int64_t length = 1; length <= 33; length++)
        for (int64_t slots = 1; slots <= 9; slots++)
            for (int remade = 0; remade < 2; remade++) {
                struct arena a = {0};
                struct checkpoint_plan s;
                int64_t repetitions, beside = remade ? slots : slots - 1;
                assert_true(
                    checkpoint_plan_make(&a, FIRST, length, remade, (struct checkpoint_limits){.slots = slots}, &s));
                run_on_paper(&s, length);
                assert_true(s.slots <= slots);
                if (beside + 1 <= length) // more slots than the schedule can use
                    assert_int_equal(s.advances, fewest_runs(length + 1, beside + 1, &repetitions));
                else
                    assert_int_equal(s.advances, length);
                arena_free(&a);
            }
}

static void test_forwards(void **state) {
    (void)state;
    for (int64_t length = 1; length <= 40; length++)
        for (int64_t forwards = 1; forwards <= 5; forwards++) {
            struct arena a = {0};
            struct checkpoint_plan s, fewer;
            struct checkpoint_limits limits = {.forwards = forwards};
            assert_true(checkpoint_plan_make(&a, FIRST, length, true, limits, &s));
            struct paper p = run_on_paper(&s, length);
            for (int64_t b = 0; b < length; b++) assert_true(p.runs[b] >= 1 && p.runs[b] <= forwards);
            assert_true(choose(s.slots + 1 + forwards, forwards) >= length + 1);
            limits.slots = s.slots - 1;
            if (s.slots > 1) assert_false(checkpoint_plan_make(&a, FIRST, length, true, limits, &fewer));
            arena_free(&a);
        }
}

static void test_paged(void **state) {
    (void)state;
    for (int64_t length = 1; length <= 20; length++)
        for (int64_t slots = 0; slots <= 4; slots++)
            for (int remade = 0; remade < 2; remade++) {
                struct arena a = {0};
                struct checkpoint_plan s;
                struct checkpoint_limits limits = {.slots = slots, .page = true};
                assert_true(checkpoint_plan_make(&a, FIRST, length, remade, limits, &s));
                struct paper p = run_on_paper(&s, length);
                assert_int_equal(s.advances, length);
                int64_t paged = 0, kept = length - remade < slots ? length - remade : slots;
                for (int64_t b = 0; b < length; b++) paged += p.file[b];
                assert_true(s.slots <= slots);
                assert_true(paged <= length - remade && paged >= length - remade - kept - 1);
                arena_free(&a);
            }
}

// A table over blocks, slots and runs would have 10^10 entries here.
static void test_many_blocks(void **state) {
    (void)state;
    struct arena a = {0};
    struct checkpoint_plan s;
    struct checkpoint_limits limits = {.slots = 5000, .forwards = 100};
    assert_true(checkpoint_plan_make(&a, 0, 20000, true, limits, &s));
    int64_t repetitions;
    assert_int_equal(s.advances, fewest_runs(20001, 5001, &repetitions));
    assert_true(s.slots <= 5000);
    limits = (struct checkpoint_limits){.slots = 1};
    assert_true(checkpoint_plan_make(&a, 0, 1000, true, limits, &s));
    assert_int_equal(s.advances, fewest_runs(1001, 2, &repetitions));
    assert_false(checkpoint_plan_make(&a, 0, 200000, true, limits, &s)); // more advances than a program may list
    arena_free(&a);
}

static void test_impossible(void **state) {
    (void)state;
    struct arena a = {0};
    struct checkpoint_plan s;
    assert_false(checkpoint_plan_make(&a, 0, 30, true, (struct checkpoint_limits){.slots = 2, .forwards = 2}, &s));
    assert_false(checkpoint_plan_make(&a, 0, 30, true, (struct checkpoint_limits){.slots = 0}, &s));
    assert_true(checkpoint_plan_make(&a, 0, 30, true, (struct checkpoint_limits){.slots = 3, .forwards = 3}, &s));
    arena_free(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fewest_runs), cmocka_unit_test(test_forwards),   cmocka_unit_test(test_paged),
        cmocka_unit_test(test_many_blocks), cmocka_unit_test(test_impossible),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
