// Trajectories as bytes: a written trajectory is read back unchanged, and no damaged, truncated or forged file is
// accepted.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include <lorac/lrt.h>
#include "runtime/trainer/trainer_hash.h"
#include "runtime/trainer/trajectory.h"

enum { MOST = 1 << 17 };

struct file {
    unsigned char bytes[MOST];
    size_t n;
};

static const struct trajectory_segment a_segment = {.tangents = 3,
                                                    .shard = 2,
                                                    .shards = 5,
                                                    .program = UINT64_C(0xfedcba9876543210),
                                                    .seed = UINT64_C(0x8000000000000001),
                                                    .first_step = 1,
                                                    .schedule_steps = 77,
                                                    .learning_rate = 0.1,
                                                    .base = 42,
                                                    .tensors = 7,
                                                    .numbers = INT64_C(0x123456789a),
                                                    .states = 2,
                                                    .rate = {LRT_SCHEDULE_COSINE, 5, 70, 0.25},
                                                    .clip = 0.5};

static uint64_t hash_of(const struct file *f) { return lrt_trainer_hash_bytes(TRAINER_HASH_START, f->bytes, f->n); }

static void add_segment(struct file *f, const struct trajectory_segment *s) {
    lrt_trajectory_put_segment(f->bytes + f->n, s);
    f->n += TRAJECTORY_SEGMENT_BYTES;
}

static void add_check(struct file *f, uint64_t state) {
    lrt_trajectory_put_check(f->bytes + f->n, hash_of(f), state);
    f->n += TRAJECTORY_CHECK_BYTES;
}

static float scalar_of(int64_t step, int k) { return (float)step / 7 - (float)k; }

// Steps first..last of a segment that began with `first`, with their checks.
static void add_steps(struct file *f, const struct trajectory_segment *s, int64_t last) {
    for (int64_t step = s->first_step; step <= last; step++) {
        for (int k = 0; k < s->tangents; k++, f->n += 4) lrt_trajectory_put_scalar(f->bytes + f->n, scalar_of(step, k));
        if ((step - s->first_step + 1) % TRAJECTORY_CHECK_EVERY == 0) add_check(f, (uint64_t)step);
    }
}

// Two segments: steps 1..300 and, with another rate, 301..310.
static void make(struct file *f) {
    struct trajectory_segment later = a_segment;
    f->n = 0;
    add_segment(f, &a_segment);
    add_steps(f, &a_segment, 300);
    later.first_step = 301;
    later.learning_rate = 0.05;
    later.schedule_steps = 0;
    add_segment(f, &later);
    add_steps(f, &later, 310);
    add_check(f, 310);
}

// True when the bytes are a whole trajectory. *steps: the steps up to the end, or up to the first error.
static bool whole(const void *bytes, size_t n, int64_t *steps) {
    unsigned char *copy = malloc(n + 1); // so a sanitizer detects reads past the end
    assert_non_null(copy);
    if (n) memcpy(copy, bytes, n);
    unsigned char *exact = realloc(copy, n ? n : 1);
    assert_non_null(exact);
    struct trajectory_reader r = lrt_trajectory_read(exact, n);
    enum trajectory_record record;
    *steps = 0;
    while ((record = lrt_trajectory_next(&r)) != TRAJECTORY_END && record != TRAJECTORY_CORRUPT)
        *steps += record == TRAJECTORY_STEP;
    if (record == TRAJECTORY_CORRUPT) assert_non_null(r.wrong);
    free(exact);
    return record == TRAJECTORY_END && r.checked;
}

static void what_is_put_is_got_again(void **state) {
    (void)state;
    static struct file f;
    make(&f);
    struct trajectory_reader r = lrt_trajectory_read(f.bytes, f.n);
    assert_int_equal(lrt_trajectory_next(&r), TRAJECTORY_SEGMENT);
    unsigned char again[TRAJECTORY_SEGMENT_BYTES];
    lrt_trajectory_put_segment(again, &r.segment);
    assert_memory_equal(f.bytes, again, sizeof again);
    assert_true(r.segment.tangents == 3 && r.segment.shard == 2 && r.segment.shards == 5);
    assert_true(r.segment.program == a_segment.program && r.segment.seed == a_segment.seed);
    assert_true(r.segment.learning_rate == 0.1 && r.segment.perturbation == 0 && r.segment.base == 42);
    assert_true(r.segment.tensors == 7 && r.segment.numbers == a_segment.numbers && r.segment.states == 2);
    assert_true(r.segment.rate.kind == LRT_SCHEDULE_COSINE && r.segment.rate.warmup == 5 && r.segment.rate.steps == 70);
    assert_true(r.segment.rate.floor == 0.25 && r.segment.clip == 0.5);
    for (int64_t step = 1; step <= 310; step++) {
        if (step == 301) {
            assert_int_equal(lrt_trajectory_next(&r), TRAJECTORY_SEGMENT);
            assert_true(r.segment.learning_rate == 0.05 && r.segment.schedule_steps == 0);
        }
        assert_int_equal(lrt_trajectory_next(&r), TRAJECTORY_STEP);
        assert_int_equal(r.step, step);
        for (int k = 0; k < 3; k++) assert_true(lrt_trajectory_scalar(r.scalars + 4 * k) == scalar_of(step, k));
        if (step != 256 && step != 310) continue;
        assert_int_equal(lrt_trajectory_next(&r), TRAJECTORY_CHECK);
        assert_int_equal(r.state, step);
    }
    assert_int_equal(lrt_trajectory_next(&r), TRAJECTORY_END);
    assert_true(r.checked);
    assert_int_equal(r.hash, hash_of(&f));
}

static void every_damaged_bit_is_found(void **state) {
    (void)state;
    static struct file f;
    int64_t steps;
    make(&f);
    for (size_t i = 0; i < f.n; i++) {
        for (int bit = (int)(i % 3); bit < 8; bit += 3) { // every bit of three bytes; all bytes would take longer
            f.bytes[i] ^= (unsigned char)(1 << bit);
            if (whole(f.bytes, f.n, &steps)) fail_msg("byte %zu, bit %d", i, bit);
            f.bytes[i] ^= (unsigned char)(1 << bit);
        }
    }
    assert_true(whole(f.bytes, f.n, &steps));
    assert_int_equal(steps, 310);
}

static void a_cut_file_is_not_whole(void **state) {
    (void)state;
    static struct file f;
    int64_t steps;
    make(&f);
    const size_t check = TRAJECTORY_SEGMENT_BYTES + 12 * 256 + TRAJECTORY_CHECK_BYTES;
    for (size_t n = 0; n < f.n; n++) // except a prefix that ends with a check, which is itself a trajectory
        if (whole(f.bytes, n, &steps) != (n == check)) fail_msg("cut to %zu bytes", n);
    memmove(f.bytes + check - TRAJECTORY_CHECK_BYTES, f.bytes + check, f.n - check);
    assert_false(whole(f.bytes, f.n - TRAJECTORY_CHECK_BYTES, &steps)); // a check that is missing in between
    assert_int_equal(steps, 256);
}

static void impossible_segments_are_found(void **state) {
    (void)state;
    static struct file f;
    struct trajectory_segment wrong[21];
    int64_t steps;
    for (int i = 0; i < 21; i++) wrong[i] = a_segment;
    wrong[0].tangents = 0;
    wrong[1].tangents = -1;
    wrong[2].shard = 6;
    wrong[3].shard = 0;
    wrong[4].shards = -1;
    wrong[5].first_step = 0;
    wrong[6].first_step = INT64_MAX;
    wrong[7].schedule_steps = -1;
    wrong[8].learning_rate = 0;
    wrong[9].learning_rate = (double)__builtin_inff();
    wrong[10].perturbation = -1;
    wrong[11].perturbation = 1e-3; // zeroth order has one scalar
    wrong[12].tensors = -1;
    wrong[13].numbers = -1;
    wrong[14].states = -1;
    wrong[15].rate.kind = LRT_SCHEDULE_COMPILED;
    wrong[16].rate.kind = LRT_SCHEDULE_COSINE + 1;
    wrong[17].rate.warmup = -1;
    wrong[18].rate.steps = INT64_MAX;
    wrong[19].rate.floor = 1.5;
    wrong[20].clip = -1;
    for (int i = 0; i < 21; i++) {
        f.n = 0;
        add_segment(&f, &wrong[i]);
        add_check(&f, 0);
        if (whole(f.bytes, f.n, &steps)) fail_msg("segment %d", i);
    }
    f.n = 0; // steps missing between two segments
    add_segment(&f, &a_segment);
    add_steps(&f, &a_segment, 3);
    struct trajectory_segment later = a_segment;
    later.first_step = 5;
    add_segment(&f, &later);
    add_check(&f, 0);
    assert_false(whole(f.bytes, f.n, &steps));
    assert_int_equal(steps, 3);
    f.n = 0; // more scalars than any file has
    later.first_step = 1;
    later.tangents = INT32_MAX;
    add_segment(&f, &later);
    lrt_trajectory_put_scalar(f.bytes + f.n, 1);
    assert_false(whole(f.bytes, f.n + 4, &steps));
}

static void random_bytes_are_no_trajectory(void **state) {
    (void)state;
    static struct file f;
    int64_t steps;
    srand(3);
    for (int trial = 0; trial < 3000; trial++) {
        make(&f);
        const size_t n = (size_t)rand() % f.n, from = (size_t)rand() % f.n, length = (size_t)rand() % (f.n - from);
        switch (trial % 3) {
        case 0: // random bytes after a valid beginning
            for (size_t i = n; i < f.n; i++) f.bytes[i] = (unsigned char)rand();
            break;
        case 1: // words changed, some of them into marks
            for (int i = 0; i < 4; i++) {
                const uint32_t word = i % 2 ? TRAJECTORY_MARK_SEGMENT + (uint32_t)rand() % 2 : (uint32_t)rand();
                memcpy(f.bytes + (size_t)rand() % (f.n / 4) * 4, &word, 4);
            }
            break;
        default: // a piece taken out, or put elsewhere
            memmove(f.bytes + n, f.bytes + from, length < MOST - n ? length : 0);
            f.n -= (size_t)rand() % 64;
        }
        whole(f.bytes, f.n, &steps);
    }
}

static void a_long_run_is_a_small_file(void **state) {
    (void)state;
    static struct file f;
    int64_t steps;
    struct trajectory_segment s = a_segment;
    s.tangents = 1;
    s.perturbation = 1e-3;
    f.n = 0;
    add_segment(&f, &s);
    for (int64_t step = 1; step <= 20000; step++, f.n += 4) {
        lrt_trajectory_put_scalar(f.bytes + f.n, scalar_of(step, 0));
        if (step % TRAJECTORY_CHECK_EVERY == 0) f.n += TRAJECTORY_CHECK_BYTES; // their hash does not matter here
    }
    assert_true(f.n < 100000);
    assert_false(whole(f.bytes, f.n, &steps));
}

static void a_scalar_that_is_none_stays_what_it_is(void **state) {
    (void)state;
    unsigned char bytes[4], again[4];
    const uint32_t none = LRT_NO_SCALAR;
    float scalar;
    memcpy(&scalar, &none, sizeof scalar);
    lrt_trajectory_put_scalar(bytes, scalar);
    assert_memory_equal(bytes, ((unsigned char[]){0xa5, 0xa5, 0xe0, 0x7f}), 4);
    lrt_trajectory_put_scalar(again, lrt_trajectory_scalar(bytes));
    assert_memory_equal(bytes, again, 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_is_got_again),
        cmocka_unit_test(every_damaged_bit_is_found),
        cmocka_unit_test(a_cut_file_is_not_whole),
        cmocka_unit_test(impossible_segments_are_found),
        cmocka_unit_test(random_bytes_are_no_trajectory),
        cmocka_unit_test(a_long_run_is_a_small_file),
        cmocka_unit_test(a_scalar_that_is_none_stays_what_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
