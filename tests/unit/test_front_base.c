// Sources, numbers, suggestions of similar names, and diagnostics in their three forms.
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/base/bytes.h"
#include "compiler/base/near.h"
#include "compiler/base/number.h"
#include "compiler/base/visible.h"
#include "tests/unit/front_fixture.h"

static void places(void **state) {
    (void)state;
    struct compilation c;
    compilation_begin(&c);
    const struct {
        uint32_t offset, line, column;
    } cases[] = {{0, 1, 1}, {1, 1, 2}, {2, 1, 3}, {3, 2, 1}, {4, 3, 1}, {6, 3, 3}, {7, 3, 4}, {99, 3, 4}};
    uint32_t source = source_add(&c.sources, "a", "ab\n\ncde", 7);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t line, column;
        source_place(source_get(&c.sources, source), cases[i].offset, &line, &column);
        assert_int_equal(line, cases[i].line);
        assert_int_equal(column, cases[i].column);
    }
    assert_null(source_get(&c.sources, 0));
    assert_null(source_get(&c.sources, 2));
    struct span joined = span_join((struct span){1, 3, 5}, (struct span){1, 1, 4});
    assert_int_equal(joined.first, 1);
    assert_int_equal(joined.last, 5);
    assert_int_equal(span_join((struct span){0}, (struct span){1, 2, 3}).first, 2);
    compilation_end(&c);
}

static void files(void **state) {
    (void)state;
    struct compilation c;
    compilation_begin(&c);
    const char *why = NULL;
    assert_int_equal(source_read(&c.sources, "/no/such/file", &why), 0);
    assert_string_equal(why, strerror(ENOENT));
    assert_int_equal(source_read(&c.sources, "/", &why), 0);
    assert_string_equal(why, "it is a folder");
    assert_int_equal(source_read(&c.sources, "/dev/zero", &why), 0);
    assert_non_null(strstr(why, "no regular file"));
    char path[] = "/tmp/lorac-test-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    size_t length = 200000; // more than one block of the reader
    char *bytes = malloc(length);
    for (size_t i = 0; i < length; i++) bytes[i] = i % 100 == 99 ? '\n' : 'x';
    assert_int_equal(write(file, bytes, length), (ssize_t)length);
    close(file);
    uint32_t source = source_read(&c.sources, path, &why);
    unlink(path);
    assert_int_equal(source_get(&c.sources, source)->length, length);
    assert_int_equal(source_get(&c.sources, source)->n_lines, length / 100 + 1);
    assert_memory_equal(source_get(&c.sources, source)->bytes, bytes, length);
    free(bytes);
    compilation_end(&c);
}

// Nobody writes to this FIFO: a reader that opens it as a file would wait for ever.
static void a_fifo_is_not_waited_for(void **state) {
    (void)state;
    struct compilation c;
    compilation_begin(&c);
    char folder[] = "/tmp/lorac-test-XXXXXX", path[64];
    const char *why = NULL;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/fifo", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(source_read(&c.sources, path, &why), 0);
    assert_non_null(strstr(why, "no regular file"));
    unlink(path);
    rmdir(folder);
    compilation_end(&c);
}

static void a_byte_order_mark_is_no_text(void **state) {
    (void)state;
    struct compilation c;
    compilation_begin(&c);
    char path[] = "/tmp/lorac-test-XXXXXX";
    const char *why = NULL;
    int file = mkstemp(path);
    assert_int_equal(write(file, "\xEF\xBB\xBFmodel m\n", 11), 11);
    close(file);
    uint32_t source = source_read(&c.sources, path, &why);
    unlink(path);
    assert_string_equal(source_get(&c.sources, source)->bytes, "model m\n");
    compilation_end(&c);
}

static void strange_text_is_visible(void **state) {
    (void)state;
    const struct {
        const char *text, *shown;
    } cases[] = {{"plain \xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80\t.", "plain \xC3\xA4 \xE2\x82\xAC \xF0\x9F\x98\x80\t."},
                 {"\x1B[2J\x07\x7F", "\\x1B[2J\\x07\\x7F"},
                 {"two\nlines\r", "two\\nlines\\x0D"},
                 {"\xC2\x9B", "\\xC2\\x9B"},                    // a control character of ISO 6429
                 {"\xE2\x80\xAE", "\\xE2\\x80\\xAE"},           // right-to-left override
                 {"\xFF\xC3", "\\xFF\\xC3"},                    // no UTF-8
                 {"\xC0\x80", "\\xC0\\x80"},                    // overlong
                 {"\xED\xA0\x80", "\\xED\\xA0\\x80"},           // a surrogate
                 {"\xF4\x90\x80\x80", "\\xF4\\x90\\x80\\x80"}}; // beyond Unicode
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text t = {0};
        text_puts_visible(&t, cases[i].text);
        assert_string_equal(t.bytes, cases[i].shown);
        text_free(&t);
    }
}

// The line under a diagnostic whose span begins at byte `at`.
static void assert_snippet(const char *bytes, uint32_t length, uint32_t at, const char *wanted) {
    struct compilation c;
    compilation_begin(&c);
    uint32_t source = source_add(&c.sources, "a.lora", bytes, length);
    diag_report(c.diagnostics, DIAG_E0103, (struct span){source, at, at + 1}, "here");
    struct text t = {0};
    diag_write(c.diagnostics, &t, DIAG_TEXT, false);
    if (!strstr(t.bytes, wanted)) fail_msg("%s", t.bytes);
    text_free(&t);
    compilation_end(&c);
}

// A place behind what the line shows: behind a NUL byte, or behind carriage returns at its end, in a long line.
static void places_behind_the_line(void **state) {
    (void)state;
    char long_line[600];
    memset(long_line, 'x', sizeof long_line);
    memset(long_line + 250, '\r', sizeof long_line - 250);
    assert_snippet(long_line, sizeof long_line, sizeof long_line - 1, "x\n");
    memset(long_line, ' ', sizeof long_line);
    long_line[20] = '\0';
    assert_snippet(long_line, sizeof long_line, sizeof long_line - 1, " ^\n");
    assert_snippet("x\0\x1B[31my\n", 9, 7, "x\xEF\xBF\xBD\xEF\xBF\xBD[31my\n      |        ^\n");
}

static void numbers(void **state) {
    (void)state;
    double value;
    assert_true(number_read("1e-5", &value));
    assert_true(value == 1e-5);
    assert_true(number_read("-0.1", &value));
    assert_true(value == -0.1);
    const char *const bad[] = {"", "1,5", "0x10", "nan", "inf", " 1", "1 ", "1e", "1e999", "1.2.3", "--1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(number_read(bad[i], &value));
}

static void sizes_from_people(void **state) {
    (void)state;
    uint64_t bytes = 0;
    const struct {
        const char *words;
        uint64_t bytes;
    } good[] = {{"4096", 4096}, {"40MiB", 40 << 20}, {"1.5 GB", 1500000000}, {"1e3kB", 1000000}, {"0", 0}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(bytes_read(good[i].words, &bytes));
        assert_int_equal(bytes, good[i].bytes);
    }
    const char *const bad[] = {"", "MiB", "1 MIB", "-1", "1e16", "1,5 MB", "9007199254740993 kB", "1 MiB "};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(bytes_read(bad[i], &bytes));
    assert_true(bytes_has_unit("B"));
    assert_false(bytes_has_unit("b"));
}

static void sizes_for_people(void **state) {
    (void)state;
    struct arena a = {0};
    struct text t = {0};
    int64_t unit;
    bytes_words(&t, 8, 0);
    bytes_words(&t, 0, 102399);
    bytes_words(&t, 0, 102400);
    bytes_words(&t, 8, 12952011);
    assert_string_equal(t.bytes, "    0.00 MiB100.00 KiB0.10 MiB   12.35 MiB");
    assert_string_equal(bytes_unit(1048575, &unit), "KiB");
    assert_int_equal(unit, 1024);
    assert_string_equal(bytes_unit(1048576, &unit), "MiB");
    assert_int_equal(unit, 1048576);
    assert_string_equal(bytes_rounded_up(&a, 1048577, 1048576), "1.01");
    assert_string_equal(bytes_rounded_up(&a, 1048, 1048576), "0.001000"); // never printed as less than it is
    text_free(&t);
    arena_free(&a);
}

static const char *nearest(const char *wanted, const char *const *candidates) {
    struct near near = near_begin(wanted);
    for (; *candidates; candidates++) near_try(&near, *candidates);
    return near.best;
}

static void near_misses(void **state) {
    (void)state;
    const char *const names[] = {"width", "depth", "heads", "kv_heads", "a", NULL};
    assert_string_equal(nearest("widht", names), "width");
    assert_string_equal(nearest("kv_head", names), "kv_heads");
    assert_string_equal(nearest("head", names), "heads");
    assert_null(nearest("banana", names));
    assert_null(nearest("b", names)); // a name of one letter is similar to none
}

static void report_two(struct compilation *c) {
    compilation_begin(c);
    uint32_t source = source_add(&c->sources, "a.lora", "dim \xc3\xa4 = 1\n\tx = y\n", 18);
    diag_report(c->diagnostics, DIAG_E0103, (struct span){source, 16, 17}, "unknown name '%s'", "y");
    diag_note(c->diagnostics, (struct span){source, 0, 3}, "here");
    diag_hint(c->diagnostics, "did you mean '%s'?", "x");
    assert_true(diag_failed(c->diagnostics));
    diag_report(c->diagnostics, DIAG_E0003, (struct span){0}, "bytes \xff");
}

static void diagnostics_as_text(void **state) {
    (void)state;
    struct compilation c;
    report_two(&c);
    struct text t = {0};
    diag_write(c.diagnostics, &t, DIAG_TEXT, false);
    assert_string_equal(t.bytes, "a.lora:2:6: error: unknown name 'y' [E0103]\n"
                                 "    2 | \tx = y\n"
                                 "      | \t    ^\n"
                                 "a.lora:1:1: note: here\n"
                                 "    1 | dim \xc3\xa4 = 1\n"
                                 "      | ^~~\n"
                                 "      hint: did you mean 'x'?\n"
                                 "lorac: warning: bytes \\xFF [E0003]\n");
    text_free(&t);
    diag_write(c.diagnostics, &t, DIAG_TEXT, true);
    assert_non_null(strstr(t.bytes, "\033[1;31merror:\033[0m"));
    text_free(&t);
    compilation_end(&c);
}

static void diagnostics_as_json(void **state) {
    (void)state;
    struct compilation c;
    report_two(&c);
    struct text t = {0};
    diag_write(c.diagnostics, &t, DIAG_JSON, false);
    json_t *list = json_loads(t.bytes, 0, NULL);
    assert_int_equal(json_array_size(list), 2);
    const char *file, *id, *severity, *message, *hint, *note;
    int line, column, end_line, end_column, note_line;
    assert_int_equal(json_unpack(json_array_get(list, 0), "{s:s,s:i,s:i,s:{s:i,s:i},s:s,s:s,s:s,s:s,s:[{s:i,s:s}]}",
                                 "file", &file, "line", &line, "column", &column, "end", "line", &end_line, "column",
                                 &end_column, "id", &id, "severity", &severity, "message", &message, "hint", &hint,
                                 "notes", "line", &note_line, "message", &note),
                     0);
    assert_string_equal(file, "a.lora");
    assert_int_equal(line, 2);
    assert_int_equal(column, 6);
    assert_int_equal(end_line, 2);
    assert_int_equal(end_column, 7);
    assert_string_equal(id, "E0103");
    assert_string_equal(severity, "error");
    assert_string_equal(message, "unknown name 'y'");
    assert_string_equal(hint, "did you mean 'x'?");
    assert_int_equal(note_line, 1);
    assert_string_equal(note, "here");
    const json_t *second = json_array_get(list, 1);
    assert_null(json_object_get(second, "file"));
    assert_string_equal(json_string_value(json_object_get(second, "message")), "bytes \xEF\xBF\xBD");
    json_decref(list);
    text_free(&t);
    compilation_end(&c);
}

static void diagnostics_as_sarif(void **state) {
    (void)state;
    struct compilation c;
    report_two(&c);
    struct text t = {0};
    diag_write(c.diagnostics, &t, DIAG_SARIF, false);
    json_t *log = json_loads(t.bytes, 0, NULL);
    const char *version, *rule, *uri;
    int line;
    assert_int_equal(json_unpack(log, "{s:s,s:[{s:[{s:s,s:[{s:{s:{s:s},s:{s:i}}}]}]}]}", "version", &version, "runs",
                                 "results", "ruleId", &rule, "locations", "physicalLocation", "artifactLocation", "uri",
                                 &uri, "region", "startLine", &line),
                     0);
    assert_string_equal(version, "2.1.0");
    assert_string_equal(rule, "E0103");
    assert_string_equal(uri, "a.lora");
    assert_int_equal(line, 2);
    json_decref(log);
    text_free(&t);
    compilation_end(&c);
}

static void empty_documents(void **state) {
    (void)state;
    struct compilation c;
    compilation_begin(&c);
    struct text t = {0};
    diag_write(c.diagnostics, &t, DIAG_JSON, false);
    assert_string_equal(t.bytes, "[]\n");
    assert_false(diag_failed(c.diagnostics));
    text_free(&t);
    compilation_end(&c);
}

static void explanations(void **state) {
    (void)state;
    for (int i = 0; i < DIAG_COUNT; i++) {
        struct text t = {0};
        assert_true(diag_explain(diag_name((enum diag_id)i), &t));
        assert_memory_equal(t.bytes, diag_name((enum diag_id)i), 5);
        assert_true(t.length > strlen(diag_title((enum diag_id)i)) + 40); // more than the title
        text_free(&t);
    }
    struct text t = {0};
    assert_false(diag_explain("E9999", &t));
    text_free(&t);
}

static int c_locale(void **state) {
    (void)state;
    return setlocale(LC_ALL, "C") ? 0 : -1;
}

static void numbers_under_a_comma_locale(void **state) {
    (void)state;
    if (!comma_locale()) skip();
    double value = 0;
    assert_true(number_read("0.5", &value));
    assert_false(number_read("0,5", &value));
    c_locale(NULL);
    assert_true(value == 0.5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places),
        cmocka_unit_test(files),
        cmocka_unit_test(a_fifo_is_not_waited_for),
        cmocka_unit_test(a_byte_order_mark_is_no_text),
        cmocka_unit_test(strange_text_is_visible),
        cmocka_unit_test(places_behind_the_line),
        cmocka_unit_test(numbers),
        cmocka_unit_test(sizes_from_people),
        cmocka_unit_test(sizes_for_people),
        cmocka_unit_test(near_misses),
        cmocka_unit_test(diagnostics_as_text),
        cmocka_unit_test(diagnostics_as_json),
        cmocka_unit_test(diagnostics_as_sarif),
        cmocka_unit_test(empty_documents),
        cmocka_unit_test(explanations),
        cmocka_unit_test_teardown(numbers_under_a_comma_locale, c_locale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
