// JSON of strangers: what a tree takes is known before it is made, and bounded; objects are read member by member; what
// an index names is found in time that grows with the index.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <lorac/lrt_files.h>
#include "runtime/formats/json_bounded.h"

// ---- what Jansson takes ----
static size_t taken, most;

static void *counting_malloc(size_t n) {
    void *p = malloc(n);
    taken += malloc_usable_size(p) + 8;
    if (taken > most) most = taken;
    return p;
}

static void counting_free(void *p) {
    if (p) taken -= malloc_usable_size(p) + 8;
    free(p);
}

// begin, then `middle` n times, then end; malloc'd.
static char *repeated(const char *begin, const char *middle, size_t n, const char *end, size_t *bytes) {
    const size_t b = strlen(begin), m = strlen(middle), e = strlen(end);
    char *text = malloc(b + n * m + e + 1), *at = text + b;
    memcpy(text, begin, b);
    for (size_t i = 0; i < n; i++, at += m) memcpy(at, middle, m);
    memcpy(at, end, e + 1);
    *bytes = b + n * m + e;
    return text;
}

static void no_tree_takes_more_than_its_cost(void **state) {
    (void)state;
    static const char *const shapes[][3] = {
        {"[", "{},", "1]"},        {"[", "[],", "1]"},           {"[", "1,", "1]"},
        {"[", "1.5e3,", "1]"},     {"[", "\"\",", "1]"},         {"[", "[[[{\"a\":[1]}]]],", "1]"},
        {"[", "{\"\":{}},", "1]"}, {"[", "null,", "1]"},         {"[", "{\"a\":1,\"b\":\"c\"},", "1]"},
        {"[\"", "\\u00e9", "\"]"}, {"[\"", "aaaaaaaaaa", "\"]"},
    };
    json_set_alloc_funcs(counting_malloc, counting_free);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (size_t n = 1; n < 5000; n += n / 3 + 1) {
            size_t bytes;
            char *text = repeated(shapes[i][0], shapes[i][1], n, shapes[i][2], &bytes);
            most = taken = 0;
            json_t *tree = json_loadb(text, bytes, 0, NULL);
            assert_non_null(tree);
            if (most > lrt_json_cost(text, bytes) + 4096)
                fail_msg("%zu times %s: %zu bytes taken, %llu said", n, shapes[i][1], most,
                         (unsigned long long)lrt_json_cost(text, bytes));
            json_decref(tree);
            free(text);
        }
    // An object of many members.
    char *text = malloc(1 << 20), *at = text;
    at += sprintf(at, "{");
    for (int i = 0; i < 20000; i++) at += sprintf(at, "%s\"k%d\":%d", i ? "," : "", i, i);
    at += sprintf(at, "}");
    most = taken = 0;
    json_t *tree = json_loadb(text, (size_t)(at - text), 0, NULL);
    assert_true(most <= lrt_json_cost(text, (size_t)(at - text)));
    json_decref(tree);
    free(text);
    json_set_alloc_funcs(malloc, free);
}

static void what_would_take_too_much_is_refused(void **state) {
    (void)state;
    json_error_t error;
    size_t bytes;
    char *text = repeated("{\"model\":[", "{},", 4600000, "1]}", &bytes);
    assert_null(lrt_json_parse(text, bytes, 0, &error));
    assert_non_null(strstr(error.text, "8 times"));
    free(text);
    text = repeated("{\"model\":[", "[\"one\",\"two\"],", 200000, "1]}", &bytes); // as merges of a tokenizer
    json_t *tree = lrt_json_parse(text, bytes, 0, &error);
    assert_non_null(tree);
    json_decref(tree);
    free(text);
    assert_null(lrt_json_parse("{}\0{\"a\":1}", 10, 0, &error)); // a NUL ends nothing
}

// ---- members ----
static int members_of(const char *text, char *keys) {
    struct json_members m = lrt_json_members(text, strlen(text));
    struct json_member one;
    keys[0] = '\0';
    while (lrt_json_next(&m, &one)) {
        strcat(keys, json_string_value(one.key));
        json_decref(one.key);
        json_decref(one.value);
    }
    return m.error.text[0] ? -1 : 0;
}

static void members_come_one_by_one(void **state) {
    (void)state;
    char keys[64];
    assert_int_equal(members_of(" { \"a\" : {\"x\":[1,2,{}]} , \"b,\\\"}\":\"]\\\\\", \"\\u0063\" : -1.5 } \n", keys),
                     0);
    assert_string_equal(keys, "ab,\"}c");
    assert_int_equal(members_of("{}", keys), 0);
    static const char *const wrong[] = {"",
                                        "[",
                                        "{",
                                        "{\"a\"",
                                        "{\"a\":",
                                        "{\"a\":1",
                                        "{\"a\":1,",
                                        "{\"a\" 1}",
                                        "{\"a\":1,}",
                                        "{\"a\":1 2}",
                                        "{\"a\":}",
                                        "{\"a\":1}}",
                                        "{,}",
                                        "{a:1}",
                                        "{\"a\":[1}",
                                        "{\"a\":[1}]}",
                                        "{\"a\":\"\\",
                                        "{\"a\":1}x",
                                        "{\"\\ud800\":1}"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (members_of(wrong[i], keys) != -1) fail_msg("%s is taken", wrong[i]);
}

// ---- an index ----
static void write_file(const char *path, const char *prefix, size_t n, const char *text, size_t bytes) {
    FILE *f = fopen(path, "wb");
    assert_true(f && fwrite(prefix, 1, n, f) == n && fwrite(text, 1, bytes, f) == bytes && fclose(f) == 0);
}

// 200,000 names, of which the shard lacks the last: compared each with each it would take minutes.
static void an_index_is_read_in_linear_time(void **state) {
    (void)state;
    enum { NAMES = 200000 };
    char folder[] = "/tmp/lrt-index-XXXXXX", index[64], shard[64];
    assert_non_null(mkdtemp(folder));
    snprintf(index, sizeof index, "%s/model.safetensors.index.json", folder);
    snprintf(shard, sizeof shard, "%s/a.safetensors", folder);
    char *header = malloc(NAMES * 64), *map = malloc(NAMES * 32), *h = header, *m = map;
    h += sprintf(h, "{");
    m += sprintf(m, "{\"weight_map\":{");
    for (int i = 0; i < NAMES; i++) {
        h += sprintf(h, "%s\"x%d\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}", i ? "," : "", i);
        m += sprintf(m, "\"x%d\":\"a.safetensors\",", i);
    }
    h += sprintf(h, "}");
    m += sprintf(m, "\"zzz\":\"a.safetensors\"}}");
    const uint64_t length = (uint64_t)(h - header);
    write_file(shard, (const char *)&length, 8, header, (size_t)length);
    write_file(index, "", 0, map, (size_t)(m - map));
    struct lrt_report report;
    struct lrt_weight_file *file;
    const clock_t begin = clock();
    assert_int_equal(lrt_weight_file_open(&file, folder, &report), LRT_ERR_FILE);
    assert_non_null(strstr(report.text, "tensor zzz is not in a.safetensors"));
    assert_true((double)(clock() - begin) / CLOCKS_PER_SEC < 20); // under sanitizers too
    unlink(index);
    assert_int_equal(lrt_weight_file_open(&file, shard, &report), LRT_OK);
    assert_int_equal(lrt_weight_file_count(file), NAMES);
    lrt_weight_file_close(file);
    unlink(shard);
    assert_int_equal(rmdir(folder), 0);
    free(header);
    free(map);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_tree_takes_more_than_its_cost),
        cmocka_unit_test(what_would_take_too_much_is_refused),
        cmocka_unit_test(members_come_one_by_one),
        cmocka_unit_test(an_index_is_read_in_linear_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
