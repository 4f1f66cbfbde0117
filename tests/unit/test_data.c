/* Training rows: windows, examples with masks, their order, and the errors for invalid files. The test has its own
 * tokenizer: bytes, and a few merges. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "runtime/text/tokenizer.h"

static char folder[] = "/tmp/lorac-data-XXXXXX";

static const char *write_file(const char *name, const void *bytes, size_t n) {
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    fclose(f);
    return path;
}

static const char *write_text(const char *name, const char *text) { return write_file(name, text, strlen(text)); }

/* llama2.c's format: 3 special tokens, 256 bytes, " a" .. as given. Ids: byte b is 3 + b, extra token k is 259 + k. */
static struct lrt_tokenizer *make_tokenizer(struct lrt *c) {
    static const char *const extra[] = {" ", "a", "b", "c", " a", "bc"};
    char bytes[8192];
    size_t n = 4;
    memcpy(bytes, (unsigned char[]){7, 0, 0, 0}, 4);
    for (int id = 0; id < 259 + 6; id++) {
        char text[16];
        if (id < 3)
            snprintf(text, sizeof text, "%s", id == 0 ? "<unk>" : id == 1 ? "\n<s>\n" : "\n</s>\n");
        else if (id < 259)
            snprintf(text, sizeof text, "<0x%02X>", id - 3);
        else
            snprintf(text, sizeof text, "%s", extra[id - 259]);
        const float score = (float)-id;
        memcpy(bytes + n, &score, 4);
        memcpy(bytes + n + 4, (unsigned char[]){(unsigned char)strlen(text), 0, 0, 0}, 4);
        memcpy(bytes + n + 8, text, strlen(text));
        n += 8 + strlen(text);
    }
    struct lrt_tokenizer *t;
    if (lrt_tokenizer_open(c, &t, write_file("tok.bin", bytes, n))) fail_msg("%s", lrt_error(c));
    t->info.add_bos = 0; /* test_tokenizer_bounds.c has it */
    return t;
}

static const struct lrt_data_options four = {.seq = 4, .ignore = -100, .vocab = 300, .folder = NULL};

static struct lrt_data *open_data(const char *path, struct lrt_tokenizer *t, const struct lrt_data_options *o) {
    struct lrt c = {0};
    struct lrt_data *d;
    if (lrt_data_open(&c, &d, path, t, o)) fail_msg("%s", lrt_error(&c));
    return d;
}

static void expect_row(const struct lrt_data *d, int64_t row, const int32_t tokens[4], const int32_t targets[4]) {
    int32_t got_tokens[4], got_targets[4];
    lrt_data_row(d, row, got_tokens, got_targets);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(got_tokens[i], tokens[i]);
        assert_int_equal(got_targets[i], targets[i]);
    }
}
#define ROW(...) ((const int32_t[4]){__VA_ARGS__})

static const char *write_ids(const char *name, int32_t n) {
    int32_t ids[64];
    for (int32_t i = 0; i < n; i++) ids[i] = 10 + i;
    return write_file(name, ids, 4 * (size_t)n);
}

static void windows_have_stride_seq(void **state) {
    (void)state;
    struct lrt_data *d = open_data(write_ids("w.tok", 7), NULL, &four);
    assert_int_equal(lrt_data_info(d)->tokens, 7);
    assert_int_equal(lrt_data_info(d)->rows, 2);
    assert_int_equal(lrt_data_info(d)->counted, 6);
    expect_row(d, 0, ROW(10, 11, 12, 13), ROW(11, 12, 13, 14));
    expect_row(d, 1, ROW(14, 15, 16, 0), ROW(15, 16, -100, -100));
    lrt_data_close(d);
    for (int32_t n = 2; n < 20; n++) { /* every token except the first is a target exactly once */
        d = open_data(write_ids("w.tok", n), NULL, &four);
        int32_t seen = 0, tokens[4], targets[4];
        for (int64_t r = 0; r < lrt_data_info(d)->rows; r++) {
            lrt_data_row(d, r, tokens, targets);
            for (int i = 0; i < 4; i++)
                if (targets[i] != -100) {
                    assert_int_equal(targets[i], 11 + seen++);
                    assert_int_equal(tokens[i], targets[i] - 1);
                }
        }
        assert_int_equal(seen, n - 1);
        lrt_data_close(d);
    }
}

static void padding_needs_an_ignored_target(void **state) {
    (void)state;
    struct lrt c = {0};
    struct lrt_data_options o = four;
    struct lrt_data *d;
    o.ignore = INT64_MIN;
    assert_int_equal(lrt_data_open(&c, &d, write_ids("p.tok", 7), NULL, &o), LRT_ERR_FILE);
    assert_non_null(strstr(lrt_error(&c), "ignore -100"));
    assert_null(d);
    d = open_data(write_ids("p.tok", 9), NULL, &o); /* two whole windows */
    expect_row(d, 1, ROW(14, 15, 16, 17), ROW(15, 16, 17, 18));
    lrt_data_close(d);
}

static void text_is_one_stream(void **state) {
    (void)state;
    struct lrt c = {0};
    struct lrt_tokenizer *t = make_tokenizer(&c);
    struct lrt_data *d = open_data(write_text("t.txt", "a bc\nb"), t, &four); /* " a", " ", "bc", \n, "b" */
    assert_int_equal(lrt_data_info(d)->tokens, 5);
    expect_row(d, 0, ROW(263, 259, 264, 13), ROW(259, 264, 13, 261));
    lrt_data_close(d);
    d = open_data(write_text("t.txt", "a bc\nb\n"), t, &four); /* a final newline counts */
    lrt_tokenizer_close(t);                                    /* the rows do not need it any more */
    assert_int_equal(lrt_data_info(d)->tokens, 6);
    expect_row(d, 1, ROW(261, 13, 0, 0), ROW(13, -100, -100, -100));
    lrt_data_close(d);
}

static void examples_are_masked(void **state) {
    (void)state;
    struct lrt c = {0};
    struct lrt_tokenizer *t = make_tokenizer(&c);
    struct lrt_data *d = open_data(write_text("e.jsonl", "{\"text\": \"abc\"}\n"
                                                         "\n"
                                                         "{\"prompt\": \"a\", \"completion\": \"bc\"}\r\n"
                                                         "{\"prompt\": \"abababab\", \"completion\": \"b\"}\n"
                                                         "{\"prompt\": \"a\", \"completion\": \"bbbbb\"}"),
                                   t, &four);
    const struct lrt_data_info *info = lrt_data_info(d);
    assert_int_equal(info->rows, 3);
    assert_int_equal(info->dropped, 1);   /* its prompt fills the row */
    assert_int_equal(info->truncated, 2); /* that one, and the last */
    assert_int_equal(info->counted, 2 + 2 + 4);
    expect_row(d, 0, ROW(263, 264, 2, 0), ROW(264, 2, -100, -100));
    expect_row(d, 1, ROW(263, 264, 2, 0), ROW(264, 2, -100, -100));
    expect_row(d, 2, ROW(263, 261, 261, 261), ROW(261, 261, 261, 261));
    lrt_data_close(d);
    lrt_tokenizer_close(t);
}

/* Rows as text, with "_" for targets that do not count, in a tokenizer where every byte is a token. */
static void chat_counts_the_assistant(void **state) {
    (void)state;
    struct lrt c = {0};
    struct lrt_tokenizer *t = make_tokenizer(&c);
    struct lrt_data_options o = {.seq = 60, .ignore = -100, .vocab = 300};
    struct lrt_data *d = open_data(
        write_text("m.jsonl",
                   "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"},{\"role\":\"assistant\",\"content\":\"Yo\"},"
                   "{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"assistant\",\"content\":\"y\"}]}"),
        t, &o);
    int32_t tokens[60], targets[60];
    char shown[256] = "";
    size_t n = 0;
    lrt_data_row(d, 0, tokens, targets);
    for (int i = 0; i < 60; i++) {
        size_t bytes;
        const char *s = lrt_token_bytes(t, targets[i] == -100 ? tokens[i + 1 < 60 ? i + 1 : i] : targets[i], &bytes);
        if (i > 0 && tokens[i] == 0) break;
        if (targets[i] == -100) {
            shown[n++] = '_';
        } else {
            memcpy(shown + n, s, bytes);
            n += bytes;
        }
    }
    shown[n] = 0;
    /* behind " ": "User: Hi\n" "Assistant:\n" "Yo" </s>, " \n" "User: x\n" "Assistant:\n" "y" </s>, " \n" and the end
     */
    assert_string_equal(shown, "____________________Yo</s>_____________________y</s>___");
    lrt_data_close(d);
    lrt_tokenizer_close(t);
}

/* The last turn is all that the assistant says behind the last question. */
static void the_last_turn_alone(void **state) {
    (void)state;
    static const char line[] =
        "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":\"b\"},"
        "{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":\"b\"},"
        "{\"role\":\"assistant\",\"content\":\"b\"},{\"role\":\"user\",\"content\":\"a\"}]}";
    struct lrt c = {0};
    struct lrt_tokenizer *t = make_tokenizer(&c);
    struct lrt_data_options o = {.seq = 200, .ignore = -100, .vocab = 300};
    const char *path = write_text("last.jsonl", line);
    for (int last = 0; last < 2; last++) {
        o.train_on = last ? LRT_TRAIN_ON_LAST_TURN : LRT_TRAIN_ON_ALL_TURNS;
        struct lrt_data *d = open_data(path, t, &o);
        assert_int_equal(lrt_data_info(d)->counted, last ? 4 : 6); /* each is "b" and </s> */
        lrt_data_close(d);
    }
    lrt_tokenizer_close(t);
}

static void expect_error(const char *path, struct lrt_tokenizer *t, const char *words) {
    struct lrt c = {0};
    struct lrt_data *d;
    assert_int_equal(lrt_data_open(&c, &d, path, t, &four), LRT_ERR_FILE);
    assert_null(d);
    if (!strstr(lrt_error(&c), words)) fail_msg("'%s' does not say '%s'", lrt_error(&c), words);
}

static void endings_in_any_case(void **state) {
    (void)state;
    assert_int_equal(lrt_data_format("x/A.JSONL"), LRT_DATA_EXAMPLES);
    assert_int_equal(lrt_data_format("a.ndjson"), LRT_DATA_EXAMPLES);
    assert_int_equal(lrt_data_format("a.Tok"), LRT_DATA_TOKENS);
    assert_int_equal(lrt_data_format("a.Json"), LRT_DATA_EXAMPLES);
    assert_int_equal(lrt_data_format("a.CSV"), LRT_DATA_EXAMPLES);
    assert_int_equal(lrt_data_format("a.Parquet"), LRT_DATA_REFUSED);
    assert_int_equal(lrt_data_format("jsonl"), LRT_DATA_TEXT);
    assert_int_equal(lrt_data_format("a.md"), LRT_DATA_TEXT);
}

/* With and without a byte-order mark a file has the same ids. */
static void a_byte_order_mark_is_skipped(void **state) {
    (void)state;
    static const struct {
        const char *name, *plain, *marked;
    } files[] = {{"m.txt", "a b [c",
                  "\xEF\xBB\xBF"
                  "a b [c"},
                 {"m.jsonl", "{\"text\":\"a\"}\n", "\xEF\xBB\xBF{\"text\":\"a\"}\n"}};
    struct lrt c = {0};
    struct lrt_tokenizer *t = make_tokenizer(&c);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        int32_t tokens[2][4], targets[2][4];
        for (int k = 0; k < 2; k++) {
            struct lrt_data *d = open_data(write_text(files[i].name, k ? files[i].marked : files[i].plain), t, &four);
            assert_int_equal(lrt_data_info(d)->rows, 1 + (i == 0 && lrt_data_info(d)->tokens > 5));
            lrt_data_row(d, 0, tokens[k], targets[k]);
            lrt_data_close(d);
        }
        assert_memory_equal(tokens[0], tokens[1], sizeof tokens[0]);
        assert_memory_equal(targets[0], targets[1], sizeof targets[0]);
    }
    lrt_tokenizer_close(t);
}

static void errors_name_the_place(void **state) {
    (void)state;
    struct lrt c = {0};
    struct lrt_tokenizer *t = make_tokenizer(&c);
    const int32_t large[] = {1, 2, 300}, negative[] = {1, -5};
    expect_error("/nowhere/x.txt", t, "/nowhere/x.txt");
    expect_error(folder, t, "not a regular file");
    expect_error(write_text("e.txt", ""), t, "at least 2");
    expect_error(write_text("e.tok", "abc"), NULL, "truncated");
    expect_error(write_text("e.tok", ""), NULL, "at least 2");
    expect_error(write_file("e.tok", large, sizeof large), NULL, "token 2 is 300");
    expect_error(write_file("e.tok", negative, sizeof negative), NULL, "token 1 is -5");
    expect_error(write_text("e.jsonl", ""), t, "the file is empty");
    expect_error(write_text("e.jsonl", "{\"prompt\":\"aaaaaaaa\",\"completion\":\"b\"}\n"), t, "-D seq=");
    expect_error(write_text("e.jsonl", "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}\n"), t, "(1 left out)");
    expect_error(write_text("e.txt", "[{\"text\": \"a b c\"}]"), t, "braces and keys would be learned");
    expect_error(write_text("e.txt", "\xEF\xBB\xBF \n{ \"text\": \"a b c\"}"), t, "braces and keys would be learned");
    static const struct {
        const char *name, *text, *words;
    } refused[] = {{"e.parquet", "PAR1", "a file of this form is not read; write the table as .csv or .jsonl"},
                   {"e.JSONL.GZ", "a b", "a file of this form is not read; it is packed: unpack it"},
                   {"e.jsonl", "\x1f\x8b\x08", "it is packed: unpack it"},
                   {"e.txt", "PK\3\4abc", "it is packed: unpack it"},
                   {"e.csv", "PAR1", "write the table as .csv"},
                   {"e.txt", "%PDF-1.7", "write its text"},
                   {"e.jsonl", "\xff\xfe{", "UTF-16"}};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        expect_error(write_text(refused[i].name, refused[i].text), t, refused[i].words);
    expect_error(write_text("e.jsonl", "{\"text\":\"a\"}\n{\"text\": 5}\n"), t, "e.jsonl:2:");
    expect_error(write_text("e.jsonl", "{\"text\":\"a\"}\n\n{\"text\":"), t, "e.jsonl:3:");
    expect_error(write_text("e.jsonl", "[1]\n"), t, "e.jsonl:1 (record 1): not a JSON object");
    expect_error(write_text("e.jsonl", "{\"text\":\"\xff\"}\n"), t, "e.jsonl:1:");
    expect_error(write_text("e.jsonl", "{\"messages\":{}}\n"), t, "list of messages");
    expect_error(write_text("e.jsonl", "{\"messages\":[3]}\n"), t, "message 1 is not an object");
    expect_error(write_text("e.jsonl", "{\"messages\":[{\"role\":\"tool\",\"content\":\"\"}]}\n"), t,
                 "no place for the role tool");
    lrt_tokenizer_close(t);
    struct lrt_data *d;
    assert_int_equal(lrt_data_open(&c, &d, write_text("e.txt", "abc"), NULL, &four), LRT_ERR_ARGUMENT);
    t = make_tokenizer(&c);
    struct lrt_data_options small = four;
    small.vocab = 100; /* a model of another vocabulary */
    assert_int_equal(lrt_data_open(&c, &d, write_text("e.txt", "abc"), t, &small), LRT_ERR_FILE);
    small = four;
    small.folder = "/nowhere";
    assert_int_equal(lrt_data_open(&c, &d, write_text("e.txt", "abc"), t, &small), LRT_ERR_SYSTEM);
    lrt_tokenizer_close(t);
}

static int count_files(void) {
    DIR *directory = opendir(folder);
    int n = 0;
    while (readdir(directory)) n++;
    closedir(directory);
    return n;
}

static void no_file_stays_behind(void **state) {
    (void)state;
    struct lrt c = {0};
    struct lrt_tokenizer *t = make_tokenizer(&c);
    const char *path = write_text("s.jsonl", "{\"text\":\"abc\"}\n");
    struct lrt_data_options o = four;
    o.folder = folder;
    const int before = count_files();
    struct lrt_data *d = open_data(path, t, &o);
    assert_int_equal(count_files(), before); /* the file is unlinked while it is in use */
    lrt_data_close(d);
    lrt_tokenizer_close(t);
}

static void order_is_a_permutation_each_epoch(void **state) {
    (void)state;
    static const int64_t sizes[] = {1, 2, 3, 5, 16, 17, 100, 1000, 4097};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        const struct lrt_order o = {.rows = sizes[s], .seed = 7, .shuffled = 1};
        unsigned char seen[3][4097] = {{0}};
        int moved = 0, differs = 0;
        for (int64_t p = 0; p < 3 * o.rows; p++) {
            const int64_t row = lrt_order_row(&o, p);
            assert_in_range(row, 0, o.rows - 1);
            assert_int_equal(seen[p / o.rows][row]++, 0);
            moved += row != p % o.rows;
            differs += row != lrt_order_row(&o, p % o.rows);
        }
        if (o.rows >= 100) { /* a fixed point has chance 1/rows: about one an epoch */
            assert_true(moved > 3 * o.rows - 20);
            assert_true(differs > 2 * o.rows - 20);
        }
        const struct lrt_order plain = {.rows = sizes[s], .seed = 7, .shuffled = 0};
        for (int64_t p = 0; p < 2 * o.rows; p++) assert_int_equal(lrt_order_row(&plain, p), p % o.rows);
    }
    const struct lrt_order a = {.rows = 1000, .seed = 1, .shuffled = 1}, b = {.rows = 1000, .seed = 2, .shuffled = 1};
    int same = 0;
    for (int64_t p = 0; p < 1000; p++) same += lrt_order_row(&a, p) == lrt_order_row(&b, p);
    assert_true(same < 20);
}

static void batches_follow_the_order(void **state) {
    (void)state;
    struct lrt_data *d = open_data(write_ids("b.tok", 41), NULL, &four);
    const struct lrt_order o = {.rows = lrt_data_info(d)->rows, .seed = 3, .shuffled = 1};
    int32_t tokens[3 * 4], targets[3 * 4], row_tokens[4], row_targets[4];
    assert_int_equal(o.rows, 10);
    lrt_data_batch(d, &o, 8, 3, tokens, targets); /* across the end of an epoch */
    for (int64_t r = 0; r < 3; r++) {
        lrt_data_row(d, lrt_order_row(&o, 8 + r), row_tokens, row_targets);
        assert_memory_equal(tokens + 4 * r, row_tokens, sizeof row_tokens);
        assert_memory_equal(targets + 4 * r, row_targets, sizeof row_targets);
    }
    lrt_data_close(d);
}

static int make_folder(void **state) {
    (void)state;
    if (!setlocale(LC_ALL, "de_DE.UTF-8")) setlocale(LC_ALL, ""); /* a comma in numbers, where it is installed */
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    char path[600];
    DIR *directory = opendir(folder);
    for (struct dirent *e; directory && (e = readdir(directory)) != NULL;) {
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        unlink(path);
    }
    if (directory) closedir(directory);
    return rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_have_stride_seq),
        cmocka_unit_test(padding_needs_an_ignored_target),
        cmocka_unit_test(text_is_one_stream),
        cmocka_unit_test(examples_are_masked),
        cmocka_unit_test(chat_counts_the_assistant),
        cmocka_unit_test(the_last_turn_alone),
        cmocka_unit_test(errors_name_the_place),
        cmocka_unit_test(endings_in_any_case),
        cmocka_unit_test(a_byte_order_mark_is_skipped),
        cmocka_unit_test(no_file_stays_behind),
        cmocka_unit_test(order_is_a_permutation_each_epoch),
        cmocka_unit_test(batches_follow_the_order),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
