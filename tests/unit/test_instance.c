// Placement instances as files: reading and writing, every truncation, a change of every byte, another locale; and the
// minimising search against the bound and against a capacity.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/base/arena.h"
#include "compiler/base/text.h"
#include "compiler/plan/instance.h"
#include "compiler/plan/minimise.h"

static const char good[] = "id,lower,upper,size\nfirst,0,3,1000\nsecond,1,12,64\n\nthird,3,4,7\n";

// True when the text is read; else there must be a message and a line.
static bool reads(struct instance *in, struct arena *a, const char *bytes, size_t length) {
    struct text problem = {0};
    char *copy = malloc(length + 1); // exactly as long as it says, for the sanitizer
    if (length) memcpy(copy, bytes, length);
    uint32_t line = 0;
    bool ok = instance_read(in, a, copy, length, &problem, &line);
    if (ok) {
        assert_int_equal(problem.length, 0);
    } else {
        assert_true(problem.length > 0);
        assert_true(line > 0);
    }
    free(copy);
    text_free(&problem);
    return ok;
}

static void test_round_trip(void **state) {
    (void)state;
    struct arena a = {0};
    struct instance in, again;
    struct text out = {0};
    assert_true(reads(&in, &a, good, strlen(good)));
    assert_int_equal(in.n, 3);
    assert_string_equal(in.ids[1], "second");
    assert_int_equal(in.buffers[1].lower, 1);
    assert_int_equal(in.buffers[1].upper, 12);
    assert_int_equal(in.buffers[1].size, 64);
    in.buffers[1].offset = 1000;
    instance_write(&in, &out);
    assert_string_equal(out.bytes,
                        "id,lower,upper,size,offset\nfirst,0,3,1000,0\nsecond,1,12,64,1000\nthird,3,4,7,0\n");
    assert_true(reads(&again, &a, out.bytes, out.length));
    assert_int_equal(again.n, 3);
    assert_int_equal(again.buffers[1].offset, 0);
    text_free(&out);
    arena_free(&a);
}

static void test_truncated(void **state) {
    (void)state;
    struct arena a = {0};
    int refused = 0;
    for (size_t length = 0; length < strlen(good); length++) {
        struct instance in;
        if (reads(&in, &a, good, length))
            assert_true(in.n <= 3);
        else
            refused++;
    }
    assert_true(refused >= 35); // all of the header but its last byte, and the inside of every line
    arena_free(&a);
}

static void test_corrupt(void **state) {
    (void)state;
    static const char changes[] = {'\0', ',', '\n', '-', 'x', '9', '\r', '"', (char)0xff, '.'};
    struct arena a = {0};
    char bytes[sizeof good];
    for (size_t i = 0; i + 1 < sizeof good; i++)
        for (size_t k = 0; k < sizeof changes; k++) {
            struct instance in;
            memcpy(bytes, good, sizeof good);
            bytes[i] = changes[k];
            if (!reads(&in, &a, bytes, sizeof good - 1)) continue;
            assert_true(in.n >= 2 && in.n <= 4);
            for (size_t b = 0; b < in.n; b++)
                assert_true(in.buffers[b].lower <= in.buffers[b].upper && in.buffers[b].size >= 0);
        }
    arena_free(&a);
}

static void test_locale(void **state) {
    if (!setlocale(LC_ALL, "de_DE.UTF-8")) setlocale(LC_ALL, ""); // a comma in numbers, where it is installed
    test_round_trip(state);
    setlocale(LC_ALL, "C");
}

static void test_capacity(void **state) {
    (void)state;
    assert_int_equal(instance_capacity("A.1048576.csv"), 1048576);
    assert_int_equal(instance_capacity("/tmp.5/A.1048576.csv"), 1048576);
    assert_int_equal(instance_capacity("model-0.5B.30.csv"), 30);
    assert_int_equal(instance_capacity("model-0.5B.csv"), -1);
    assert_int_equal(instance_capacity("model.C4.csv"), -1);
    assert_int_equal(instance_capacity("dir.7/model.csv"), -1);
    assert_int_equal(instance_capacity("7.csv"), -1);
    assert_int_equal(instance_capacity("A.99999999999999999999999999.csv"), -1);
    assert_int_equal(instance_capacity("A.12"), -1);
}

// Three buffers, of which at most two are live at a time: 3 + 2 bytes, and no more are needed.
static void test_search(void **state) {
    (void)state;
    struct arena a = {0};
    struct place_buffer b[] = {{0, 2, 3, 0}, {1, 3, 2, 0}, {2, 4, 3, 0}};
    struct placement p = place_minimise(&a, b, 3, 1, 1000, NULL);
    assert_int_equal(p.peak, 5);
    assert_int_equal(p.bound, 5);
    assert_true(p.proven);
    assert_int_equal(place_peak(b, 3), 5);
    assert_int_equal(place_within(&a, b, 3, 5, NULL, &p), EXACT_PLACED);
    assert_int_equal(place_within(&a, b, 3, 100, NULL, &p), EXACT_PLACED);
    assert_true(p.peak <= 100);
    assert_int_equal(place_within(&a, b, 3, 4, NULL, &p), EXACT_IMPOSSIBLE);
    assert_int_equal(p.bound, 5);
    arena_free(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_truncated), cmocka_unit_test(test_corrupt),
        cmocka_unit_test(test_locale),     cmocka_unit_test(test_capacity),  cmocka_unit_test(test_search),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
