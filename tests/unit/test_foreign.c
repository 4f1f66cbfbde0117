// What strangers give: pipes and devices are refused without waiting, by every reader; names in messages are plain.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lorac/lrt_files.h>
#include <lorac/lrt_foreign.h>
#include <lorac/lrt_text.h>

static char folder[64];

static const char *in_folder(const char *name) {
    static char paths[4][128];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static int make_folder(void **state) {
    (void)state;
    strcpy(folder, "/tmp/lrt-foreign-XXXXXX");
    if (!mkdtemp(folder)) return -1;
    alarm(60); // a reader that waits ends the test
    return mkfifo(in_folder("fifo"), 0600) || mkdir(in_folder("model"), 0700) ||
           mkfifo(in_folder("model/config.json"), 0600) || mkfifo(in_folder("pipe.gguf"), 0600) ||
           mkfifo(in_folder("pipe.tok"), 0600);
}

static int remove_folder(void **state) {
    (void)state;
    static const char *const names[] = {"fifo", "model/config.json", "model/model.safetensors", "pipe.gguf", "pipe.tok",
                                        "text", "named.gguf"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) unlink(in_folder(names[i]));
    return rmdir(in_folder("model")) || rmdir(folder);
}

static void write_file(const char *path, const void *bytes, size_t n) {
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static void only_regular_files_are_opened(void **state) {
    (void)state;
    const char *const refused[] = {"/dev/zero", "/dev/null", folder, in_folder("fifo")};
    const char *why = NULL;
    size_t bytes = 0;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        assert_int_equal(lrt_open_regular(refused[i], &bytes, &why), -1);
        assert_non_null(strstr(why, "not a"));
    }
    write_file(in_folder("text"), "twelve bytes", 12);
    const int file = lrt_open_regular(in_folder("text"), &bytes, &why);
    assert_true(file >= 0 && bytes == 12);
    close(file);
    char *text = lrt_read_regular(in_folder("text"), 12, &bytes, &why);
    assert_string_equal(text, "twelve bytes");
    free(text);
    assert_null(lrt_read_regular(in_folder("text"), 11, &bytes, &why));
    assert_non_null(strstr(why, "larger"));
    text = lrt_read_regular("/proc/self/status", 1 << 20, &bytes, &why); // says that it is empty
    assert_true(text && bytes > 100);
    free(text);
}

static void no_reader_waits_for_a_pipe(void **state) {
    (void)state;
    struct lrt c = {.threads = 1};
    struct lrt_report report;
    struct lrt_weight_file *file;
    struct lrt_tokenizer *tokenizer;
    struct lrt_data *data;
    const struct lrt_data_options options = {.seq = 8, .vocab = 10};
    assert_int_equal(lrt_weight_file_open(&file, in_folder("pipe.gguf"), &report), LRT_ERR_FILE);
    assert_non_null(strstr(report.text, "not a regular file"));
    static const char empty[] = "\2\0\0\0\0\0\0\0{}";
    write_file(in_folder("model/model.safetensors"), empty, sizeof empty - 1);
    assert_int_equal(lrt_weight_file_open(&file, in_folder("model"), &report), LRT_ERR_FILE);
    assert_non_null(strstr(report.text, "config.json: cannot be read: not a regular file"));
    assert_int_equal(lrt_tokenizer_open(&c, &tokenizer, in_folder("fifo")), LRT_ERR_FILE);
    assert_int_equal(lrt_tokenizer_open(&c, &tokenizer, in_folder("pipe.gguf")), LRT_ERR_FILE);
    assert_int_equal(lrt_data_open(&c, &data, in_folder("pipe.tok"), NULL, &options), LRT_ERR_FILE);
}

static void plain(const char *from, size_t n, const char *keep, const char *wanted) {
    char to[64];
    assert_int_equal(lrt_plain_text(to, sizeof to, from, n, keep), strlen(wanted));
    assert_string_equal(to, wanted);
}
#define PLAIN(from, keep, wanted) plain(from, sizeof(from) - 1, keep, wanted)

static void what_acts_on_a_terminal_is_shown(void **state) {
    (void)state;
    PLAIN("Größe 模型 \xF0\x9F\x98\x80\t", "", "Größe 模型 \xF0\x9F\x98\x80\t");
    PLAIN("a\033[2Jb\nlorac: done\r\x7f\0.", "", "a\\x1b[2Jb\\x0alorac: done\\x0d\\x7f\\x00.");
    PLAIN("two\nlines\033", "\n", "two\nlines\\x1b");
    PLAIN("\xC2\x9B"
          "31m",
          "", "\\x9b31m"); // the escape sequence of eight bits
    PLAIN("\x9B\xC3(\xED\xA0\x80", "",
          "\\x9b\\xc3(\\xed\\xa0\\x80"); // no UTF-8: a lone byte, a cut letter, a surrogate
    PLAIN("\xE2\x80\xAE"
          "gpj.exe",
          "", "\\u202egpj.exe");
    char small[6];
    assert_int_equal(lrt_plain_text(small, sizeof small, "abc\033", 4, ""), 3); // none is cut in its middle
    assert_string_equal(small, "abc");
}

static void names_in_messages_are_plain(void **state) {
    (void)state;
    static const char header[] =
        "GGUF\3\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\x0a\0\0\0\0\0\0\0k\033]0;own\ny\x4d\0\0\0";
    struct lrt_report report;
    struct lrt_weight_file *file;
    write_file(in_folder("named.gguf"), header, sizeof header - 1);
    assert_int_equal(lrt_weight_file_open(&file, in_folder("named.gguf"), &report), LRT_ERR_FILE);
    assert_non_null(strstr(report.text, "k\\x1b]0;own\\x0ay has the unknown value type 77"));
    struct lrt c;
    lrt_fail(&c, LRT_ERR_FILE, "role %s", "\033c\nuser");
    assert_string_equal(lrt_error(&c), "role \\x1bc\\x0auser");
}

// Its size is checked by nobody, as nobody reads it.
static void a_tensor_of_an_unknown_type_is_not_measured(void **state) {
    (void)state;
    const struct lrt_file_tensor t = {.name = "t", .type = 77, .rank = 2, .shape = {INT64_C(1) << 62, 8}};
    float y[1];
    assert_int_equal(lrt_file_tensor_floats(&t, y, 0), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_regular_files_are_opened),
        cmocka_unit_test(no_reader_waits_for_a_pipe),
        cmocka_unit_test(what_acts_on_a_terminal_is_shown),
        cmocka_unit_test(names_in_messages_are_plain),
        cmocka_unit_test(a_tensor_of_an_unknown_type_is_not_measured),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
