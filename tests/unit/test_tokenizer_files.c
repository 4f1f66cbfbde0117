/* Tokenizer files: Hugging Face folders with their chat templates. Truncated, corrupt or unknown files give an error
 * that names the problem, never a crash. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "runtime/text/tokenizer.h"
#include "tests/unit/tokenizer_fixture.h"

static void write_buffer(const char *name, const struct text_buffer *b) { fixture_write(name, b->bytes, b->n); }

/* vocab.json, merges.txt, tokenizer_config.json with the given tokens around; opened as a folder. */
static int open_folder(struct lrt *c, struct lrt_tokenizer **t, const char *merges, const char *config) {
    struct text_buffer b = {.n = 0};
    put_vocabulary(&b);
    write_buffer("vocab.json", &b);
    fixture_write("merges.txt", merges, strlen(merges));
    fixture_write("tokenizer_config.json", config, strlen(config));
    char path[600];
    snprintf(path, sizeof path, "%s/tokenizer.json", fixture_folder());
    unlink(path);
    return lrt_tokenizer_open(c, t, fixture_folder());
}

static const char qwen_config[] =
    "{\"tokenizer_class\":\"Qwen2TokenizerFast\",\"eos_token\":\"<|im_end|>\",\"bos_token\":null,"
    "\"pad_token\":{\"content\":\"<|endoftext|>\"},\"added_tokens_decoder\":{"
    "\"263\":{\"content\":\"<|endoftext|>\",\"special\":true},\"264\":{\"content\":\"<|im_start|>\",\"special\":true},"
    "\"265\":{\"content\":\"<|im_end|>\",\"special\":true}},"
    "\"chat_template\":\"{{ '<|im_start|>system\\\\nBe brief.<|im_end|>\\\\n' }}{% for m in messages %}...\"}";

static void folder_with_chat(void **state) {
    (void)state;
    struct lrt c = {0};
    struct lrt_tokenizer *t;
    if (open_folder(&c, &t, "#version: 0.2\nh e\nl l\nhe ll\nhell o\n\xC4\xA0 w\n1 2\n", qwen_config))
        fail_msg("%s", lrt_error(&c));
    int32_t ids[64];
    size_t n;
    assert_int_equal(lrt_encode_array(&c, t, "hello w12<|im_end|>", 19, LRT_ENCODE_SPECIAL, ids, 64, &n), LRT_OK);
    const int32_t expected[] = {HELLO, SPACE_W, '1', '2', 265}; /* qwen2: digits one by one */
    assert_int_equal(n, 5);
    assert_memory_equal(ids, expected, sizeof expected);
    const struct lrt_tokenizer_info *info = lrt_tokenizer_info(t);
    assert_int_equal(info->eos, 265);
    assert_int_equal(info->end_of_turn, 265);
    assert_int_equal(info->bos, -1);
    assert_non_null(strstr(info->chat, "/tokenizer_config.json"));
    assert_string_equal(info->pattern, "qwen2");
    lrt_tokenizer_close(t);
}

static void expect_error(const char *path, const char *words) {
    struct lrt c = {0};
    struct lrt_tokenizer *t;
    assert_int_equal(lrt_tokenizer_open(&c, &t, path), LRT_ERR_FILE);
    assert_null(t);
    if (!strstr(lrt_error(&c), words)) fail_msg("'%s' does not say '%s'", lrt_error(&c), words);
}

static void expect_json_error(const char *find, const char *replace, const char *words) {
    struct text_buffer b = {.n = 0}, changed = {.n = 0};
    put_tokenizer_json(&b, BYTE_LEVEL, 0);
    const char *at = strstr(b.bytes, find);
    assert_non_null(at);
    put(&changed, "%.*s%s%s", (int)(at - b.bytes), b.bytes, replace, at + strlen(find));
    expect_error(fixture_write("tokenizer.json", changed.bytes, changed.n), words);
}

static void json_that_is_wrong(void **state) {
    (void)state;
    expect_json_error("\"type\":\"BPE\"", "\"type\":\"Unigram\"", "vocab is not an array");
    expect_json_error("\"type\":\"BPE\"", "\"type\":\"Other\"", "model Other");
    expect_json_error("\"vocab\":{", "\"vocab\":[],\"v\":{", "not an object");
    expect_json_error("\"merges\":[", "\"merges\":7,\"m\":[", "not an array");
    expect_json_error("\"merges\":[", "\"merges\":[5,", "merge 0");
    expect_json_error("\"merges\":[", "\"merges\":[[\"a\"],", "merge 0");
    expect_json_error("\"merges\":[", "\"merges\":[\"ab\",", "merge 0");
    expect_json_error("\"merges\":[", "\"merges\":[\"h zz\",", "not in the vocabulary");
    expect_json_error("\"merges\":[", "\"merges\":[\"h x\",", "not in the vocabulary"); /* its result is not */
    expect_json_error("\"id\":300", "\"id\":3000000000", "out of range");
    expect_json_error("\"id\":300", "\"id\":-1", "out of range");
    expect_json_error("\"id\":300", "\"id\":301", "twice");
    expect_json_error("\"id\":300", "\"id\":\"x\"", "no id");
    expect_json_error("\"content\":\"<tool>\"", "\"content\":null", "no content");
    expect_json_error(BYTE_LEVEL, "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(\"},\"behavior\":\"Isolated\"}",
                      "the pattern");
    expect_json_error(BYTE_LEVEL, "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"a\"},\"behavior\":\"Other\"}",
                      "behavior");
    expect_json_error("\"vocab\":{", "\"vocab\":{\"zz\":\"9\",", "no integer id");
    expect_error(fixture_write("tokenizer.json", "[]", 2), "not a JSON object");
    expect_error("/nowhere/tokenizer.json", "/nowhere/tokenizer.json");
    expect_error(fixture_write("tokenizer.txt", "x", 1), "a tokenizer is");
    struct lrt c = {0};
    struct lrt_tokenizer *t;
    assert_int_equal(open_folder(&c, &t, "h e\n", "{\"tokenizer_class\":\"XTokenizer\"}"), LRT_ERR_FILE);
    assert_non_null(strstr(lrt_error(&c), "XTokenizer"));
    assert_int_equal(open_folder(&c, &t, "h e\n", "{\"added_tokens_decoder\":{\"x\":{\"content\":\"y\"}}}"),
                     LRT_ERR_FILE);
    assert_int_equal(open_folder(&c, &t, "", "{}"), LRT_ERR_FILE);
    assert_int_equal(open_folder(&c, &t, "h  e\n", "{}"), LRT_ERR_FILE);
}

/* Every prefix of a file gives an error or a working tokenizer (a .bin may end after any token). */
static void truncated_files(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int may_open;
    } files[] = {{"tokenizer.bin", 1}, {"vocab.gguf", 0}, {"tokenizer.json", 0}};
    for (int k = 0; k < 3; k++) {
        struct text_buffer b = {.n = 0};
        if (k == 0) put_llama2c(&b);
        if (k == 1) put_gguf(&b);
        if (k == 2) put_tokenizer_json(&b, BYTE_LEVEL, 0);
        int opened = 0;
        for (size_t n = 0; n < b.n; n += n < 300 || n + 300 > b.n ? 1 : 7) {
            struct lrt c = {0};
            struct lrt_tokenizer *t;
            const int status = lrt_tokenizer_open(&c, &t, fixture_write(files[k].name, b.bytes, n));
            assert_true(status == LRT_OK || (status == LRT_ERR_FILE && *lrt_error(&c)));
            if (status) continue;
            opened++;
            int32_t ids[64];
            size_t count;
            lrt_encode_array(&c, t, "a b\n\xFF", 5, 0, ids, 64, &count); /* may lack a byte */
            lrt_tokenizer_close(t);
        }
        if (!files[k].may_open) assert_int_equal(opened, 0);
    }
}

static void flipped_bits(void **state) {
    (void)state;
    uint32_t random = 3;
    for (int k = 0; k < 3; k++)
        for (int round = 0; round < 400; round++) {
            struct text_buffer b = {.n = 0};
            if (k == 0) put_llama2c(&b);
            if (k == 1) put_gguf(&b);
            if (k == 2) put_tokenizer_json(&b, BYTE_LEVEL, 1);
            random = random * 1664525 + 1013904223;
            b.bytes[random % b.n] = (char)(b.bytes[random % b.n] ^ 1 << (random >> 29));
            struct lrt c = {0};
            struct lrt_tokenizer *t;
            if (lrt_tokenizer_open(&c, &t,
                                   fixture_write(k == 0   ? "f.bin"
                                                 : k == 1 ? "f.gguf"
                                                          : "f.json",
                                                 b.bytes, b.n))) {
                assert_true(*lrt_error(&c));
                continue;
            }
            int32_t ids[64];
            size_t count;
            lrt_encode_array(&c, t, "abc hello <s>\n", 14, LRT_ENCODE_SPECIAL | LRT_ENCODE_BOUNDS, ids, 64, &count);
            for (size_t i = 0; i < count && i < 64; i++) assert_in_range(ids[i], 0, lrt_tokenizer_info(t)->vocab - 1);
            lrt_tokenizer_close(t);
        }
}

static void split_patterns_have_names(void **state) {
    (void)state;
    static const char *const known[] = {"gpt-2", "starcoder", "smollm", "qwen2",  "llama-bpe",
                                        "dbrx",  "gpt-4o",    "tekken", "falcon", "default"};
    static const char *const unknown[] = {"", "gpt", "starcoder refact", "nothing", " "};
    struct lrt c = {0};
    const struct lrt_named_split *found;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct lrt_split s = {.count = 0};
        if (lrt_split_add_named(&c, &s, known[i], &found)) fail_msg("%s", lrt_error(&c));
        assert_true(s.count > 0);
        lrt_split_free(&s);
    }
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        struct lrt_split s = {.count = 0};
        assert_int_equal(lrt_split_add_named(&c, &s, unknown[i], &found), LRT_ERR_FILE);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folder_with_chat),          cmocka_unit_test(json_that_is_wrong),
        cmocka_unit_test(truncated_files),           cmocka_unit_test(flipped_bits),
        cmocka_unit_test(split_patterns_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, fixture_remove);
}
