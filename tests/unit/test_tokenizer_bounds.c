/* The tokens around a text: what each kind of file wants, also where it is silent, and that a bos or eos that the text
 * spells is there once. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "runtime/text/tokenizer.h"
#include "tests/unit/tokenizer_fixture.h"

enum { BOS = 1, EOS = 2, START = 300, END = 301 };

static struct lrt_tokenizer *open_path(const char *path) {
    struct lrt c = {0};
    struct lrt_tokenizer *t;
    if (lrt_tokenizer_open(&c, &t, path)) fail_msg("%s", lrt_error(&c));
    return t;
}

/* The ids of a text as a line: "1 264". */
static const char *ids_of(struct lrt_tokenizer *t, const char *text, int flags) {
    static char line[1024];
    struct lrt c = {0};
    int32_t ids[64];
    size_t n, length = 0;
    assert_int_equal(lrt_encode_array(&c, t, text, strlen(text), flags, ids, 64, &n), LRT_OK);
    line[0] = 0;
    for (size_t i = 0; i < n; i++)
        length += (size_t)snprintf(line + length, sizeof line - length, "%s%d", i ? " " : "", ids[i]);
    return line;
}

static void scored_files_add_bos(void **state) {
    (void)state;
    for (int k = 0; k < 2; k++) { /* a llama2.c .bin, and a GGUF whose ids and flags are not given */
        struct text_buffer b = {.n = 0};
        if (k == 0) put_llama2c(&b);
        if (k == 1) put_silent_gguf(&b);
        struct lrt_tokenizer *t = open_path(fixture_write(k ? "v.gguf" : "v.bin", b.bytes, b.n));
        const int all = LRT_ENCODE_BOUNDS | LRT_ENCODE_SPECIAL;
        assert_string_equal(ids_of(t, "a", 0), "264");
        assert_string_equal(ids_of(t, "a", all), "1 264");
        assert_string_equal(ids_of(t, "", all), "1");
        assert_string_equal(ids_of(t, "<s>a", all), "1 264");
        assert_string_equal(ids_of(t, "<s><s>a", all), "1 1 264");
        assert_string_equal(ids_of(t, "a<s>", all), "1 264 1");
        assert_string_equal(ids_of(t, "<s>", LRT_ENCODE_BOS | LRT_ENCODE_SPECIAL), "1");
        t->info.add_eos = 1;
        assert_string_equal(ids_of(t, "a", all), "1 264 2");
        assert_string_equal(ids_of(t, "a</s>", all), "1 264 2");
        assert_string_equal(ids_of(t, "", all), "1 2");
        assert_string_equal(ids_of(t, "a", LRT_ENCODE_EOS), "264 2");
        lrt_tokenizer_close(t);
    }
}

/* A byte-level tokenizer of a GGUF: its way to split says whether bos is there, unless a flag does. */
static void byte_level_files_say_by_their_split(void **state) {
    (void)state;
    static const struct {
        const char *pre;
        int flag; /* -1: none */
        const char *ids;
    } cases[] = {{"gpt-2", -1, "97"}, {"gpt-2", 1, "300 97"},   {"llama-bpe", -1, "300 97"}, {"llama-bpe", 0, "97"},
                 {"qwen2", -1, "97"}, {"tekken", -1, "300 97"}, {"lfm2", -1, "300 97"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text_buffer b = {.n = 0};
        put_byte_level_gguf(&b, cases[i].pre, 300, cases[i].flag);
        struct lrt_tokenizer *t = open_path(fixture_write("b.gguf", b.bytes, b.n));
        assert_string_equal(ids_of(t, "a", LRT_ENCODE_BOUNDS), cases[i].ids);
        lrt_tokenizer_close(t);
    }
    struct text_buffer b = {.n = 0};
    struct lrt c = {0};
    struct lrt_tokenizer *t;
    put_byte_level_gguf(&b, "llama-bpe", -1, -1);
    assert_int_equal(lrt_tokenizer_open(&c, &t, fixture_write("b.gguf", b.bytes, b.n)), LRT_ERR_FILE);
    assert_non_null(strstr(lrt_error(&c), "bos_token_id"));
}

/* tokenizer.json with a post-processor, beside a configuration; NULL: none. */
static int open_folder(struct lrt *c, struct lrt_tokenizer **t, const char *processor, const char *config) {
    struct text_buffer b = {.n = 0}, changed = {.n = 0};
    char path[600];
    put_tokenizer_json(&b, BYTE_LEVEL, 0);
    static const char null[] = "\"post_processor\":null";
    const char *at = strstr(b.bytes, null);
    assert_non_null(at);
    put(&changed, "%.*s\"post_processor\":%s%s", (int)(at - b.bytes), b.bytes, processor, at + sizeof null - 1);
    snprintf(path, sizeof path, "%s/tokenizer_config.json", fixture_folder());
    remove(path);
    if (config) fixture_write("tokenizer_config.json", config, strlen(config));
    return lrt_tokenizer_open(c, t, fixture_write("tokenizer.json", changed.bytes, changed.n));
}

#define ITEM(id) "{\"SpecialToken\":{\"id\":\"" id "\",\"type_id\":0}}"
#define TEXT "{\"Sequence\":{\"id\":\"A\",\"type_id\":0}}"
#define TEMPLATE(list) "{\"type\":\"TemplateProcessing\",\"single\":[" list "]}"

static void json_files_add_what_transformers_adds(void **state) {
    (void)state;
    static const char both[] = TEMPLATE(ITEM("<|im_start|>") "," TEXT "," ITEM("<|im_end|>"));
    static const struct {
        const char *processor, *config, *ids; /* of "a" */
    } cases[] = {
        {"null", NULL, "97"},
        {"null", "{\"bos_token\":\"<|im_start|>\"}", "97"},
        {"null", "{\"bos_token\":\"<|im_start|>\",\"add_bos_token\":true}", "300 97"},
        {"null", "{\"bos_token\":null,\"add_bos_token\":true}", "97"},
        {both, NULL, "300 97 301"},
        {both, "{\"bos_token\":\"<|im_end|>\",\"eos_token\":\"<|im_start|>\"}", "300 97 301"}, /* the template's */
        {both, "{\"bos_token\":\"<|im_start|>\",\"add_bos_token\":true}", "300 97"},           /* one key means both */
        {both, "{\"eos_token\":\"<|im_end|>\",\"add_eos_token\":true}", "97 301"},
        {both, "{\"add_bos_token\":false}", "97"},
        {"{\"type\":\"Sequence\",\"processors\":[{\"type\":\"ByteLevel\"}," TEMPLATE(
             ITEM("<|im_start|>") "," TEXT) "]}",
         NULL, "300 97"},
        {"{\"type\":\"RobertaProcessing\",\"cls\":[\"<|im_start|>\",300],\"sep\":[\"<|im_end|>\",301]}", NULL,
         "300 97 301"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lrt c = {0};
        struct lrt_tokenizer *t;
        if (open_folder(&c, &t, cases[i].processor, cases[i].config)) fail_msg("%s", lrt_error(&c));
        if (strcmp(ids_of(t, "a", LRT_ENCODE_BOUNDS), cases[i].ids) != 0)
            fail_msg("case %zu: %s, not %s", i, ids_of(t, "a", LRT_ENCODE_BOUNDS), cases[i].ids);
        lrt_tokenizer_close(t);
    }
}

static void other_bounds_are_refused(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {TEMPLATE(ITEM("<|im_start|>") "," ITEM("<tool>") "," TEXT), "more than one token before"},
        {TEMPLATE(TEXT "," ITEM("<|im_start|>") "," ITEM("<tool>")), "more than one token behind"},
        {TEMPLATE(ITEM("[CLS]") "," TEXT), "[CLS] is not in the vocabulary"},
        {"{\"type\":\"Other\"}", "post_processor Other"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lrt c = {0};
        struct lrt_tokenizer *t;
        assert_int_equal(open_folder(&c, &t, cases[i][0], NULL), LRT_ERR_FILE);
        if (!strstr(lrt_error(&c), cases[i][1])) fail_msg("'%s' does not say '%s'", lrt_error(&c), cases[i][1]);
    }
}

/* The rows of a data file, as ids with '*' behind those that count. */
static const char *rows_of(struct lrt_tokenizer *t, const char *name, const char *text) {
    static char line[1024];
    struct lrt c = {0};
    struct lrt_data *d;
    const struct lrt_data_options o = {.seq = 16, .ignore = -100, .vocab = 512};
    size_t length = 0;
    if (lrt_data_open(&c, &d, fixture_write(name, text, strlen(text)), t, &o)) fail_msg("%s", lrt_error(&c));
    for (int64_t row = 0; row < lrt_data_info(d)->rows; row++) {
        int32_t ids[17];
        uint8_t counts[17];
        const int64_t n = lrt_data_ids(d, row, ids, counts);
        for (int64_t i = 0; i < n; i++)
            length += (size_t)snprintf(line + length, sizeof line - length, "%s%d%s", length ? " " : "", ids[i],
                                       counts[i] ? "*" : "");
    }
    lrt_data_close(d);
    return line;
}

static void spelled_tokens_are_in_data_once(void **state) {
    (void)state;
    struct text_buffer b = {.n = 0};
    put_silent_gguf(&b);
    struct lrt_tokenizer *t = open_path(fixture_write("v.gguf", b.bytes, b.n));
    assert_string_equal(rows_of(t, "d.jsonl", "{\"text\":\"<s>a</s>\"}"), "1 264* 2*");
    assert_string_equal(rows_of(t, "d.jsonl", "{\"text\":\"a\"}"), "1 264* 2*");
    assert_string_equal(rows_of(t, "d.jsonl", "{\"prompt\":\"<s>a\",\"completion\":\"b</s>\"}"), "1 264 261* 2*");
    assert_string_equal(rows_of(t, "d.jsonl", "{\"prompt\":\"a\",\"completion\":\"b\"}"), "1 264 261* 2*");
    assert_string_equal(rows_of(t, "d.jsonl", "{\"prompt\":\"\",\"completion\":\"<s>a\"}"), "1 264* 2*");
    assert_string_equal(rows_of(t, "d.txt", "<s>ab"), "1 264* 261*");
    assert_string_equal(rows_of(t, "d.txt", "ab"), "1 264* 261*");
    lrt_tokenizer_close(t);
}

/* A file of others whose metadata is silent: five tokens as llama.cpp has them. */
static void stories_begin_with_bos(void **state) {
    (void)state;
    char path[1024];
    struct stat st;
    const char *folder = getenv("LORAC_DATA");
    snprintf(path, sizeof path, "%s/models/stories260K-f32.gguf", folder ? folder : LORAC_SOURCE_DIR "/../shared/data");
    if (stat(path, &st) != 0) {
        print_message("skipped: %s is not there\n", path);
        skip();
    }
    struct lrt_tokenizer *t = open_path(path);
    assert_string_equal(ids_of(t, "Once upon a time", LRT_ENCODE_BOUNDS), "1 403 407 261 378");
    lrt_tokenizer_close(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scored_files_add_bos),
        cmocka_unit_test(byte_level_files_say_by_their_split),
        cmocka_unit_test(json_files_add_what_transformers_adds),
        cmocka_unit_test(other_bounds_are_refused),
        cmocka_unit_test(spelled_tokens_are_in_data_once),
        cmocka_unit_test(stories_begin_with_bos),
    };
    return cmocka_run_group_tests(tests, NULL, fixture_remove);
}
