/* Tokenizers that the test writes itself, one of each kind of file: their ids of texts, and the errors of invalid
 * files.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>
#include "runtime/text/tokenizer.h"
#include "tests/unit/tokenizer_fixture.h"

static struct lrt_tokenizer *open_buffer(const char *name, const struct text_buffer *b) {
    struct lrt c = {0};
    struct lrt_tokenizer *t;
    if (lrt_tokenizer_open(&c, &t, fixture_write(name, b->bytes, b->n))) fail_msg("%s", lrt_error(&c));
    return t;
}

static struct lrt_tokenizer *open_json(const char *pre_tokenizer, int pairs) {
    struct text_buffer b = {.n = 0};
    put_tokenizer_json(&b, pre_tokenizer, pairs);
    return open_buffer("tokenizer.json", &b);
}

static struct lrt_tokenizer *open_scored(void) {
    struct text_buffer b = {.n = 0};
    put_llama2c(&b);
    return open_buffer("tokenizer.bin", &b);
}

static void expect_ids(struct lrt_tokenizer *t, const char *text, int flags, const int32_t *expected, size_t n) {
    struct lrt c = {0};
    int32_t got[256];
    size_t m;
    assert_int_equal(lrt_encode_array(&c, t, text, strlen(text), flags, got, 256, &m), LRT_OK);
    for (size_t i = 0; i < m && i < n; i++)
        if (got[i] != expected[i]) fail_msg("[%s]: token %zu is %d, not %d", text, i, got[i], expected[i]);
    if (m != n) fail_msg("[%s]: %zu tokens, not %zu", text, m, n);
}
#define EXPECT(t, text, flags, ...)                                                                                    \
    expect_ids(t, text, flags, (const int32_t[]){__VA_ARGS__}, sizeof((const int32_t[]){__VA_ARGS__}) / sizeof(int32_t))

static void words_are_split_and_merged(void **state) {
    (void)state;
    for (int pairs = 0; pairs < 2; pairs++) {
        struct lrt_tokenizer *t = open_json(BYTE_LEVEL, pairs);
        EXPECT(t, "hello world", 0, HELLO, SPACE_W, 'o', 'r', 'l', 'd');
        EXPECT(t, "hell12", 0, HELL, TWELVE);
        EXPECT(t, "llle", 0, LL, 'l', 'e'); /* leftmost first */
        EXPECT(t, "hello's 12", 0, HELLO, '\'', 's', ' ', TWELVE);
        EXPECT(t, "a\n\n b", 0, 'a', LINES, ' ', 'b');
        EXPECT(t, "\xC3\xA9", 0, 0xC3, 0xA9);
        expect_ids(t, "", 0, NULL, 0);
        assert_int_equal(lrt_tokenizer_info(t)->vocab, 303);
        assert_string_equal(lrt_tokenizer_info(t)->kind, "bpe");
        lrt_tokenizer_close(t);
    }
}

static void pre_tokenizers_apply_in_turn(void **state) {
    (void)state;
    struct lrt_tokenizer *t = open_json("{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Digits\","
                                        "\"individual_digits\":true}," BYTE_LEVEL "]}",
                                        0);
    EXPECT(t, "hell12  12", 0, HELL, '1', '2', ' ', ' ', '1', '2');
    lrt_tokenizer_close(t);
    t = open_json("{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Split\",\"pattern\":{\"Regex\":\"l\"},"
                  "\"behavior\":\"Isolated\"},{\"type\":\"ByteLevel\",\"add_prefix_space\":true,\"use_regex\":false}]}",
                  0);
    EXPECT(t, "hello", 0, ' ', HE, ' ', 'l', ' ', 'l', ' ', 'o'); /* each piece of the split gets the space */
    EXPECT(t, " w", 0, SPACE_W);
    lrt_tokenizer_close(t);
}

static void special_tokens_only_when_asked(void **state) {
    (void)state;
    struct lrt_tokenizer *t = open_json(BYTE_LEVEL, 0);
    EXPECT(t, "<|im_start|>he<tool>", LRT_ENCODE_SPECIAL, 300, HE, 302);
    EXPECT(t, "<|im_start|><tool>", 0, '<', '|', 'i', 'm', '_', 's', 't', 'a', 'r', 't', '|', '>', 302);
    EXPECT(t, "<|im_star", LRT_ENCODE_SPECIAL, '<', '|', 'i', 'm', '_', 's', 't', 'a', 'r');
    assert_int_equal(lrt_tokenizer_find(t, "<|im_end|>"), 301);
    assert_int_equal(lrt_tokenizer_find(t, "hello"), HELLO);
    assert_int_equal(lrt_tokenizer_find(t, "nothing"), -1);
    assert_true(lrt_token_is_special(t, 300));
    assert_false(lrt_token_is_special(t, 302));
    size_t n;
    assert_null(lrt_token_bytes(t, 303, &n));
    assert_null(lrt_token_bytes(t, 280, &n)); /* an id that the file leaves out */
    assert_null(lrt_token_bytes(t, -1, &n));
    lrt_tokenizer_close(t);
}

static void scores_decide_merges(void **state) {
    (void)state;
    struct text_buffer b = {.n = 0};
    put_gguf(&b);
    struct lrt_tokenizer *files[] = {open_scored(), open_buffer("vocab.gguf", &b)};
    enum { SPACE = FIRST_WORD, A, B, C, E, SPACE_A, BC, AB, SPACE_ABC, ABC };
    for (int i = 0; i < 2; i++) {
        struct lrt_tokenizer *t = files[i];
        EXPECT(t, "abc", 0, SPACE_ABC); /* " a", "bc", then both */
        EXPECT(t, "abc", LRT_ENCODE_CONTINUED, ABC);
        EXPECT(t, "b ab", 0, SPACE, B, SPACE_A, B); /* " a" before "ab" */
        EXPECT(t, "\xC3\xA9\n\xE2\x82\xAC", LRT_ENCODE_CONTINUED, E, 3 + '\n', 3 + 0xE2, 3 + 0x82, 3 + 0xAC);
        EXPECT(t, "\xFF", LRT_ENCODE_CONTINUED, 3 + 0xFF);
        EXPECT(t, "a</s>a", LRT_ENCODE_SPECIAL, SPACE_A, 2, SPACE_A);
        assert_string_equal(lrt_tokenizer_info(t)->kind, "scores");
        assert_int_equal(lrt_tokenizer_info(t)->bos, 1);
    }
    lrt_tokenizer_close(files[0]);
    lrt_tokenizer_close(files[1]);
}

static void characters_with_merges(void **state) {
    (void)state;
    static const char text[] =
        "{\"added_tokens\":[{\"id\":0,\"content\":\"<unk>\",\"special\":true},{\"id\":1,\"content\":\"<s>\","
        "\"special\":true}],"
        "\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"Prepend\",\"prepend\":\"\\u2581\"},"
        "{\"type\":\"Replace\",\"pattern\":{\"String\":\" \"},\"content\":\"\\u2581\"}]},\"pre_tokenizer\":null,"
        "\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":\"<s>\",\"type_id\":"
        "0}},"
        "{\"Sequence\":{\"id\":\"A\",\"type_id\":0}}]},"
        "\"model\":{\"type\":\"BPE\",\"unk_token\":\"<unk>\",\"fuse_unk\":true,\"byte_fallback\":true,"
        "\"vocab\":{\"<unk>\":0,\"<s>\":1,\"<0x0A>\":2,\"\\u2581\":3,\"a\":4,\"b\":5,\"\\u2581a\":6,\"ab\":7,"
        "\"\\u2581ab\":8},"
        "\"merges\":[\"a b\",[\"\\u2581\",\"ab\"],\"\\u2581 a\"]}}";
    struct lrt c = {0};
    struct lrt_tokenizer *t;
    if (lrt_tokenizer_open(&c, &t, fixture_write("tokenizer.json", text, strlen(text)))) fail_msg("%s", lrt_error(&c));
    EXPECT(t, "ab a", 0, 8, 6);
    EXPECT(t, "a\n", LRT_ENCODE_BOUNDS, 1, 6, 2);
    EXPECT(t, "zzb", 0, 3, 0, 5); /* an unknown text is one token */
    EXPECT(t, "<s>a", LRT_ENCODE_SPECIAL, 1, 6);
    lrt_tokenizer_close(t);
}

/* Words are split only where no merge applies: without splitting, the tokens are the same. */
static void cutting_changes_nothing(void **state) {
    (void)state;
    struct lrt_tokenizer *cut = open_scored(), *whole = open_scored();
    struct lrt c = {0};
    memset(whole->joins, 0xFF, sizeof whole->joins);
    static const char letters[] = "abc a\n\xC3\xA9\xE2\x96\x81";
    uint32_t random = 1;
    for (int round = 0; round < 200; round++) {
        char text[64];
        int32_t a[256], b[256];
        size_t n = 0, m = 0, length = (size_t)round % 64;
        for (size_t i = 0; i < length; i++) text[i] = letters[(random = random * 1664525 + 1013904223) >> 16 & 7];
        assert_int_equal(lrt_encode_array(&c, cut, text, length, 0, a, 256, &n), LRT_OK);
        assert_int_equal(lrt_encode_array(&c, whole, text, length, 0, b, 256, &m), LRT_OK);
        assert_int_equal(n, m);
        assert_memory_equal(a, b, n * sizeof *a);
    }
    lrt_tokenizer_close(cut);
    lrt_tokenizer_close(whole);
}

static void any_bytes_survive(void **state) {
    (void)state;
    struct lrt_tokenizer *both[] = {open_json(BYTE_LEVEL, 0), open_scored()};
    struct lrt c = {0};
    uint32_t random = 7;
    for (int k = 0; k < 2; k++)
        for (int round = 0; round < 300; round++) {
            char text[96], back[400];
            int32_t ids[400];
            size_t n, length = 0;
            const size_t bytes = (size_t)round % 96;
            for (size_t i = 0; i < bytes; i++) text[i] = (char)((random = random * 1664525 + 1013904223) >> 24);
            assert_int_equal(lrt_encode_array(&c, both[k], text, bytes, 0, ids, 400, &n), LRT_OK);
            struct lrt_decoder d;
            lrt_decode_start(&d, both[k], 0);
            for (size_t i = 0; i < n; i++)
                length += (size_t)lrt_decode(&d, ids[i], back + length, sizeof back - length);
            length += lrt_decode_end(&d, back + length);
            assert_int_equal(length, bytes);
            assert_memory_equal(back, text, bytes);
        }
    lrt_tokenizer_close(both[0]);
    lrt_tokenizer_close(both[1]);
}

static void decoding_gives_whole_characters(void **state) {
    (void)state;
    struct lrt_tokenizer *t = open_json(BYTE_LEVEL, 0);
    struct lrt_decoder d;
    char out[32];
    lrt_decode_start(&d, t, 0);
    assert_int_equal(lrt_decode(&d, HE, out, 1), -1); /* does not fit: nothing happened */
    assert_int_equal(lrt_decode(&d, HE, out, 32), 2);
    assert_int_equal(lrt_decode(&d, 0xE2, out, 32), 0);
    assert_int_equal(lrt_decode(&d, 0x82, out, 32), 0);
    assert_int_equal(lrt_decode(&d, 300, out, 32), 0); /* special: not shown, holds nothing up */
    assert_int_equal(lrt_decode(&d, 0xAC, out, 32), 3);
    assert_memory_equal(out, "\xE2\x82\xAC", 3);
    assert_int_equal(lrt_decode(&d, 0xE2, out, 32), 0);
    assert_int_equal(lrt_decode(&d, 'x', out, 32), 2); /* it was no character: not held longer */
    assert_int_equal(lrt_decode(&d, 0xF0, out, 32), 0);
    assert_int_equal(lrt_decode_end(&d, out), 1);
    lrt_decode_start(&d, t, 1);
    assert_int_equal(lrt_decode(&d, 300, out, 32), 12);
    lrt_tokenizer_close(t);
}

static void count_is_told_beyond_capacity(void **state) {
    (void)state;
    struct lrt_tokenizer *t = open_json(BYTE_LEVEL, 0);
    struct lrt c = {0};
    int32_t ids[2] = {-1, -1};
    size_t n;
    assert_int_equal(lrt_encode_array(&c, t, "xyz", 3, 0, ids, 1, &n), LRT_OK);
    assert_int_equal(n, 3);
    assert_int_equal(ids[0], 'x');
    assert_int_equal(ids[1], -1);
    lrt_tokenizer_close(t);
}

static void sampling_follows_probabilities(void **state) {
    (void)state;
    const float logits[5] = {0.0f, 2.0f, 1.0f, -1.0f, (float)NAN};
    char scratch[64] __attribute__((aligned(8)));
    assert_true(lrt_sampling_bytes(5) <= sizeof scratch);
    struct lrt_sampling s = {.temperature = 0};
    assert_int_equal(lrt_sample(&s, logits, 5, 0, scratch), 1);
    s = (struct lrt_sampling){.temperature = 1, .seed = 5};
    int count[5] = {0};
    for (uint64_t p = 0; p < 20000; p++) count[lrt_sample(&s, logits, 5, p, scratch)]++;
    const double sum = 1 + 7.38905609893065 + 2.718281828459045 + 0.36787944117144233;
    const double expected[5] = {1 / sum, 7.38905609893065 / sum, 2.718281828459045 / sum, 0.36787944117144233 / sum, 0};
    for (int i = 0; i < 5; i++)
        assert_true(count[i] / 20000.0 - expected[i] < 0.015 && expected[i] - count[i] / 20000.0 < 0.015);
    assert_int_equal(count[4], 0);
    assert_int_equal(lrt_sample(&s, logits, 5, 3, scratch), lrt_sample(&s, logits, 5, 3, scratch));
    struct lrt_sampling k = {.temperature = 5, .top_k = 2}, p = {.temperature = 1, .top_p = 0.7};
    for (uint64_t i = 0; i < 300; i++) {
        const int32_t by_k = lrt_sample(&k, logits, 5, i, scratch), by_p = lrt_sample(&p, logits, 5, i, scratch);
        assert_true(by_k == 1 || by_k == 2);
        assert_true(by_p == 1 || by_p == 2); /* 0.64, then 0.24 */
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_split_and_merged),
        cmocka_unit_test(pre_tokenizers_apply_in_turn),
        cmocka_unit_test(special_tokens_only_when_asked),
        cmocka_unit_test(scores_decide_merges),
        cmocka_unit_test(characters_with_merges),
        cmocka_unit_test(cutting_changes_nothing),
        cmocka_unit_test(any_bytes_survive),
        cmocka_unit_test(decoding_gives_whole_characters),
        cmocka_unit_test(count_is_told_beyond_capacity),
        cmocka_unit_test(sampling_follows_probabilities),
    };
    return cmocka_run_group_tests(tests, NULL, fixture_remove);
}
