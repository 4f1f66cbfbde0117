// The output and measurements of the trainer: numbers in any locale, progress on a terminal and elsewhere, memory in
// pages.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "runtime/trainer/trainer_line.h"
#include "runtime/trainer/trainer_memory.h"
#include "runtime/trainer/trainer_progress.h"

// Switches to a locale that writes 0,5; false when the machine has none and localedef cannot make one.
static bool comma_locale(void) {
    const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE", "fr_FR"};
    for (int made = 0; made < 2; made++) {
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
            if (setlocale(LC_ALL, names[i]) && strcmp(localeconv()->decimal_point, ",") == 0) return true;
        if (system("mkdir -p /tmp/lorac-locale && localedef -i de_DE -f UTF-8 /tmp/lorac-locale/de_DE.UTF-8 >/dev/null "
                   "2>&1") != 0)
            break;
        setenv("LOCPATH", "/tmp/lorac-locale", 1);
    }
    return false;
}

static const char *text_of(struct trainer_line *l) {
    l->text[l->length] = 0;
    return l->text;
}

static void check_numbers(void) {
    double x = 0;
    int64_t n = 0;
    assert_true(lrt_trainer_parse_number("2.5e-4", &x));
    assert_true(x == 2.5e-4);
    assert_true(lrt_trainer_parse_number(".5", &x) && x == 0.5);
    const char *const bad[] = {"", "0,5", "1.5x", "nan", "inf", "1e999", "0x10", " 1", "1 ", "--1", "1.2.3"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (lrt_trainer_parse_number(bad[i], &x)) fail_msg("'%s' is no number", bad[i]);
    assert_true(lrt_trainer_parse_integer("9223372036854775807", 0, &n) && n == INT64_MAX);
    const char *const no_integer[] = {"", "9223372036854775808", "1.0", "-1", "+1", "1e3", " 1"};
    for (size_t i = 0; i < sizeof no_integer / sizeof no_integer[0]; i++)
        if (lrt_trainer_parse_integer(no_integer[i], 0, &n)) fail_msg("'%s' is no integer", no_integer[i]);
    assert_false(lrt_trainer_parse_integer("0", 1, &n));
    struct trainer_line l = {.length = 0};
    lrt_line_exact(&l, 0.1);
    lrt_line_text(&l, " ");
    lrt_line_exact(&l, 1.0 / 3);
    lrt_line_text(&l, " ");
    lrt_line_exact(&l, -2.5e-300);
    lrt_line_text(&l, " ");
    lrt_line_digits(&l, 3.14159, 2);
    lrt_line_text(&l, " ");
    lrt_line_bytes(&l, 24600576);
    lrt_line_text(&l, " ");
    lrt_line_bytes(&l, 512);
    lrt_line_text(&l, " ");
    lrt_line_duration(&l, 7421);
    lrt_line_text(&l, " ");
    lrt_line_duration(&l, 65);
    assert_string_equal(text_of(&l), "0.1 0.3333333333333333 -2.5e-300 3.14 23.5 MiB 512 B 2:03:41 1:05");
}

static void numbers_read_and_write_alike(void **state) {
    (void)state;
    check_numbers();
}

static void numbers_do_not_follow_the_locale(void **state) {
    (void)state;
    if (!comma_locale()) {
        print_message("no locale with a decimal comma here\n");
        skip();
    }
    check_numbers();
    setlocale(LC_ALL, "C");
}

static void exact_numbers_read_back(void **state) {
    (void)state;
    uint64_t bits = 12345;
    for (int i = 0; i < 20000; i++) {
        double x, y;
        bits = bits * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        memcpy(&x, &bits, sizeof x);
        struct trainer_line l = {.length = 0};
        lrt_line_exact(&l, x);
        if (x - x != 0)
            assert_string_equal(text_of(&l), "null");
        else {
            y = strtod(text_of(&l), NULL);
            assert_memory_equal(&x, &y, sizeof x);
        }
    }
}

static void a_long_line_is_cut_not_overrun(void **state) {
    (void)state;
    struct trainer_line l = {.length = 0};
    for (int i = 0; i < 300; i++) lrt_line_text(&l, "abcdefghij");
    assert_int_equal(l.length, sizeof l.text);
}

static size_t progress_output(int write_end, int read_end, bool quiet, int64_t steps, char *text, size_t size) {
    struct trainer_progress p = {.lost = false};
    size_t n = 0;
    lrt_trainer_progress_begin(&p, write_end, quiet, 1, steps);
    for (int64_t i = 1; i <= steps; i++) {
        lrt_trainer_progress_step(&p, i, 2.5, 128, 1 << 20);
        ssize_t got = 0;
        while (n + 1 < size && (got = read(read_end, text + n, size - 1 - n)) > 0) n += (size_t)got;
    }
    lrt_trainer_progress_say(&p, "said");
    lrt_trainer_progress_end(&p);
    ssize_t got = 0;
    while (n + 1 < size && (got = read(read_end, text + n, size - 1 - n)) > 0) n += (size_t)got;
    text[n] = 0;
    return n;
}

static void progress_is_plain_lines_in_a_pipe(void **state) {
    (void)state;
    static char text[1 << 16];
    int ends[2];
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    progress_output(ends[1], ends[0], false, 1000, text, sizeof text);
    assert_null(strchr(text, '\r'));
    assert_null(strchr(text, '\033'));
    int lines = 0;
    for (const char *p = text; *p; p++) lines += *p == '\n';
    assert_true(lines >= 20 && lines <= 23);
    assert_non_null(strstr(text, "1000/1000"));
    assert_non_null(strstr(text, "loss 2.5000"));
    assert_non_null(strstr(text, "said\n"));
    assert_int_equal(progress_output(ends[1], ends[0], true, 1000, text, sizeof text), 0); // quiet
    close(ends[0]);
    close(ends[1]);
}

static void progress_is_a_bar_on_a_terminal(void **state) {
    (void)state;
    static char text[1 << 18];
    const int master = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    const int terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
    assert_true(terminal >= 0);
    assert_int_equal(fcntl(master, F_SETFL, O_NONBLOCK), 0);
    progress_output(terminal, master, false, 50, text, sizeof text);
    assert_non_null(strstr(text, "\r["));
    assert_non_null(strstr(text, "] 50/50  loss 2.5000  "));
    assert_non_null(strstr(text, " tokens/s  "));
    assert_non_null(strstr(text, " left  1.00 MiB"));
    assert_non_null(strstr(text, "\r\033[Ksaid"));
    close(terminal);
    close(master);
}

static void pages_are_counted_as_they_are_touched(void **state) {
    (void)state;
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), pages = 40;
    char *start = lrt_trainer_memory_map(pages * page);
    assert_non_null(start);
    assert_int_equal(lrt_trainer_memory_resident(start, pages * page), 0);
    for (size_t i = 0; i < 10; i++) start[i * page] = 1;
    assert_int_equal(lrt_trainer_memory_resident(start, pages * page), 10 * page);
    assert_int_equal(lrt_trainer_memory_resident(start + 100, 50), 50); // part of a page
    assert_int_equal(lrt_trainer_memory_resident(start + 9 * page + 8, page), page - 8);
    const struct trainer_memory before = lrt_trainer_memory_now();
    lrt_trainer_memory_unmap(start, pages * page);
    assert_true(before.anonymous > 10 * page && before.file > 0);
    const size_t large = (size_t)64 << 20;
    start = lrt_trainer_memory_map(large);
    assert_non_null(start);
    memset(start, 1, large);
    const struct trainer_memory with = lrt_trainer_memory_now();
    assert_true(with.anonymous >= before.anonymous + large * 98 / 100);
    lrt_trainer_memory_unmap(start, large);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_read_and_write_alike),
        cmocka_unit_test(numbers_do_not_follow_the_locale),
        cmocka_unit_test(exact_numbers_read_back),
        cmocka_unit_test(a_long_line_is_cut_not_overrun),
        cmocka_unit_test(progress_is_plain_lines_in_a_pipe),
        cmocka_unit_test(progress_is_a_bar_on_a_terminal),
        cmocka_unit_test(pages_are_counted_as_they_are_touched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
