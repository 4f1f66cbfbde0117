/* The rules of a tokenizer.json: normalizers, pre-tokenizers, added tokens and models, each on a small tokenizer that
 * the test writes. Most have a token for each byte, so that ids are the text that the rules made. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "runtime/text/tokenizer.h"
#include "tests/unit/tokenizer_fixture.h"

#define PLAIN "{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"use_regex\":false}"
#define SEQUENCE(list) "{\"type\":\"Sequence\",\"pretokenizers\":[" list "]}"

/* A byte-level tokenizer.json with these parts; added: behind its added tokens. */
static int open_with(struct lrt *c, struct lrt_tokenizer **t, const char *normalizer, const char *pre_tokenizer,
                     const char *added) {
    static struct text_buffer b, changed;
    b.n = changed.n = 0;
    put_tokenizer_json(&b, pre_tokenizer, 0);
    const char *tokens = strstr(b.bytes, "],\"normalizer\":null"), *rest = tokens + strlen("],\"normalizer\":null");
    assert_non_null(tokens);
    put(&changed, "%.*s%s],\"normalizer\":%s%s", (int)(tokens - b.bytes), b.bytes, added, normalizer, rest);
    return lrt_tokenizer_open(c, t, fixture_write("tokenizer.json", changed.bytes, changed.n));
}

/* Words divided by '|', their tokens by nothing; ids from 256 as {n}. */
struct shown {
    char text[2048];
    size_t n;
};
static int show_ids(void *arg, const int32_t *ids, size_t n) {
    struct shown *s = arg;
    for (size_t i = 0; i < n; i++) {
        const int plain = ids[i] < 256;
        const int length = plain ? snprintf(s->text + s->n, sizeof s->text - s->n, "%c", ids[i])
                                 : snprintf(s->text + s->n, sizeof s->text - s->n, "{%d}", ids[i]);
        s->n += (size_t)length;
    }
    return LRT_OK;
}

static const char *encoded(struct lrt_tokenizer *t, const char *text) {
    static struct shown s;
    struct lrt c = {0};
    s.n = 0;
    s.text[0] = 0;
    if (lrt_encode(&c, t, text, strlen(text), LRT_ENCODE_SPECIAL, show_ids, &s)) fail_msg("%s", lrt_error(&c));
    return s.text;
}

static int show_word(void *arg, const char *word, size_t bytes) {
    struct shown *s = arg;
    s->n += (size_t)snprintf(s->text + s->n, sizeof s->text - s->n, "%s%.*s", s->n ? "|" : "", (int)bytes, word);
    return LRT_OK;
}

static void normalizers_change_text(void **state) {
    (void)state;
    static const char *const cases[][3] = {
        {"{\"type\":\"NFC\"}", "e\xCC\x81\xEF\xAC\x81", "\xC3\xA9\xEF\xAC\x81"},
        {"{\"type\":\"NFD\"}", "\xC3\xA9x", "e\xCC\x81x"},
        {"{\"type\":\"NFKC\"}", "\xEF\xAC\x81\xC2\xB2 e\xCC\x81", "fi2 \xC3\xA9"},
        {"{\"type\":\"NFKD\"}", "\xC3\xA9\xEF\xBC\xA1",
         "e\xCC\x81"
         "A"},
        {"{\"type\":\"NFC\"}", "\xFF e\xCC\x81", "\xFF \xC3\xA9"}, /* what is no UTF-8 stays */
        {"{\"type\":\"Lowercase\"}", "ABC \xC3\x89\xC4\xB0\xCE\xA3", "abc \xC3\xA9i\xCC\x87\xCF\x83"},
        {"{\"type\":\"StripAccents\"}", "e\xCC\x81\xC3\xA9", "e\xC3\xA9"},
        {"{\"type\":\"Strip\",\"strip_left\":true,\"strip_right\":true}", " \t a b\xC2\xA0\n", "a b"},
        {"{\"type\":\"Strip\",\"strip_left\":false,\"strip_right\":true}", " a ", " a"},
        {"{\"type\":\"Strip\",\"strip_left\":true,\"strip_right\":false}", " \n ", ""},
        {"{\"type\":\"Prepend\",\"prepend\":\"_\"}", "a", "_a"},
        {"{\"type\":\"Prepend\",\"prepend\":\"_\"}", "", ""},
        {"{\"type\":\"Replace\",\"pattern\":{\"String\":\"a.\"},\"content\":\"-\"}", "aba.c", "ab-c"},
        {"{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"\\\\s{2,}\"},\"content\":\" \"}", "a \n b c", "a b c"},
        {"{\"type\":\"Nmt\"}",
         "a\tb\x01"
         "c\xE2\x80\x8B",
         "a bc "},
        {"{\"type\":\"BertNormalizer\",\"clean_text\":true,\"handle_chinese_chars\":true,\"strip_accents\":null,"
         "\"lowercase\":true}",
         "\xC3\x89t\x01\t\xE4\xB8\x80", "et  \xE4\xB8\x80 "},
        {"{\"type\":\"BertNormalizer\",\"clean_text\":false,\"handle_chinese_chars\":false,\"strip_accents\":false,"
         "\"lowercase\":true}",
         "\xC3\x89\t", "\xC3\xA9\t"},
        {"{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"NFKC\"},{\"type\":\"Lowercase\"}]}", "\xEF\xBC\xA1", "a"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lrt c = {0};
        struct lrt_tokenizer *t;
        if (open_with(&c, &t, cases[i][0], PLAIN, "")) fail_msg("%s", lrt_error(&c));
        if (strcmp(encoded(t, cases[i][1]), cases[i][2]) != 0)
            fail_msg("%s: '%s' is not '%s'", cases[i][0], encoded(t, cases[i][1]), cases[i][2]);
        lrt_tokenizer_close(t);
    }
}

/* A long text is normalised in parts: the same as character by character. */
static void parts_of_a_long_text_join(void **state) {
    (void)state;
    struct lrt c = {0};
    struct lrt_normalizer n = {0};
    enum { COUNT = 3000 };
    char *text = malloc(4 * COUNT);
    assert_non_null(text);
    for (size_t ascii = 1; ascii < 50; ascii += 7) {
        size_t bytes = 0, composed = 0;
        for (size_t i = 0; i < COUNT; i++) {
            memcpy(text + bytes, i % ascii ? "\xC3\xA9\xCC\xA3" : "e\xCC\x81", i % ascii ? 4 : 3);
            bytes += i % ascii ? 4 : 3;
            composed += i % ascii ? 5 : 2; /* U+1EB9 U+0301, U+00E9 */
        }
        const char *out;
        size_t count;
        const struct lrt_normalizer_step step = {.kind = LRT_NORMALIZE_FORM, .options = lrt_form_options(LRT_FORM_NFC)};
        assert_int_equal(lrt_normalizer_add(&c, &n, step), LRT_OK);
        assert_int_equal(lrt_normalize(&c, &n, text, bytes, 0, &out, &count), LRT_OK);
        assert_int_equal(count, composed);
        lrt_normalizer_free(&n);
    }
    free(text);
}

static void pre_tokenizers_find_words(void **state) {
    (void)state;
#define SPLIT(regex, behavior, invert)                                                                                 \
    "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"" regex "\"},\"behavior\":\"" behavior "\",\"invert\":" invert "}"
    static const char *const cases[][3] = {
        {SPLIT("[0-9]", "Isolated", "false"), "a12b", "a|1|2|b"},
        {SPLIT("[0-9]", "Removed", "false"), "a12b", "a|b"},
        {SPLIT("[0-9]", "Removed", "true"), "a12b", "1|2"},
        {SPLIT("[0-9]", "Contiguous", "false"), "a12b", "a|12|b"},
        {SPLIT("[0-9]", "MergedWithPrevious", "false"), "a12b3", "a1|2|b3"},
        {SPLIT("[0-9]", "MergedWithNext", "false"), "1a12b3", "1a|1|2b|3"},
        {SPLIT("\\\\b", "Isolated", "false"), "ab cd", "ab| |cd"},
        {SPLIT("[\\\\p{L}&&[^b]]+", "Isolated", "false"), "abcb", "a|b|c|b"},
        {"{\"type\":\"Split\",\"pattern\":{\"String\":\"\\\\s\"},\"behavior\":\"Removed\",\"invert\":false}", "a\\sb s",
         "a|b s"},
        {"{\"type\":\"Digits\",\"individual_digits\":true}", "a12", "a|1|2"},
        {"{\"type\":\"Digits\",\"individual_digits\":false}", "a12", "a|12"},
        {"{\"type\":\"Punctuation\"}", "a.,b", "a|.|,|b"},
        {"{\"type\":\"Punctuation\",\"behavior\":\"Contiguous\"}", "a.,b", "a|.,|b"},
        {"{\"type\":\"Whitespace\"}", "ab, c_d\n", "ab|,|c_d"},
        {"{\"type\":\"WhitespaceSplit\"}", " ab,  c\t", "ab,|c"},
        {"{\"type\":\"CharDelimiterSplit\",\"delimiter\":\".\"}", "a.b..c", "a|b|c"},
        {"{\"type\":\"BertPreTokenizer\"}", "ab, c", "ab|,|c"},
        {"{\"type\":\"Metaspace\",\"replacement\":\"\xE2\x96\x81\",\"prepend_scheme\":\"always\",\"split\":true}",
         "a b",
         "\xE2\x96\x81"
         "a|\xE2\x96\x81"
         "b"},
        {"{\"type\":\"Metaspace\",\"replacement\":\"\xE2\x96\x81\",\"prepend_scheme\":\"never\",\"split\":false}",
         "a b",
         "a\xE2\x96\x81"
         "b"},
        {SEQUENCE("{\"type\":\"Digits\"},{\"type\":\"ByteLevel\",\"add_prefix_space\":true,\"use_regex\":false}"), "a1",
         " a| 1"},
        {SEQUENCE(PLAIN ",{\"type\":\"Digits\",\"individual_digits\":false}"), "a\xC2\xB2",
         "a\xC3\x82|\xC2\xB2"}, /* bytes in GPT-2's alphabet: C2 is U+00C2, B2 is U+00B2, a digit */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lrt c = {0};
        struct lrt_tokenizer *t;
        struct shown s = {.n = 0};
        char rule[1024];
        snprintf(rule, sizeof rule, "%s", cases[i][0]);
        if (open_with(&c, &t, "null", rule, "")) fail_msg("%s", lrt_error(&c));
        if (t->split.count == 0) { /* marks that the stream makes itself have no stage */
            lrt_tokenizer_close(t);
            continue;
        }
        assert_int_equal(
            lrt_split_text(&c, &t->split, cases[i][1], strlen(cases[i][1]), LRT_SPLIT_FIRST, show_word, &s), LRT_OK);
        if (strcmp(s.text, cases[i][2]) != 0) fail_msg("%s: '%s' is not '%s'", cases[i][0], s.text, cases[i][2]);
        lrt_tokenizer_close(t);
    }
}

static void added_tokens_have_flags(void **state) {
    (void)state;
    static const char added[] = ",{\"id\":310,\"content\":\"word\",\"single_word\":true,\"normalized\":false},"
                                "{\"id\":311,\"content\":\"[L]\",\"lstrip\":true,\"normalized\":false},"
                                "{\"id\":312,\"content\":\"[R]\",\"rstrip\":true,\"normalized\":false},"
                                "{\"id\":313,\"content\":\"\xC3\x89t\xC3\xA9\",\"normalized\":true},"
                                "{\"id\":314,\"content\":\"[R\",\"normalized\":false},"
                                "{\"id\":315,\"content\":\"Raw\",\"normalized\":false}";
    static const char *const cases[][2] = {
        {"a word b", "a {310} b"},
        {"words word\xC3\xA9 _word", "words{260}ord\xC3\xA9 _word"},
        {"word", "{310}"},
        {"(word)", "({310})"},
        {"a \t[L] b", "a{311} b"},
        {"a [R] \n b", "a {312}b"},
        {"a [R]\xC2\xA0[L]b", "a {312}{311}b"}, /* white space goes to the first */
        {"[R [R]x", "{314} {312}x"},
        {"an \xC3\x89t\xC3\xA9", "an {313}"},
        {"an \xC3\xA9TE\xCC\x81", "an {313}"}, /* the same when normalised */
        {"Raw raw RAW", "{315} raw raw"},
    };
    struct lrt c = {0};
    struct lrt_tokenizer *t;
    static const char normalizer[] =
        "{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"NFC\"},{\"type\":\"Lowercase\"}]}";
    if (open_with(&c, &t, normalizer, PLAIN, added)) fail_msg("%s", lrt_error(&c));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (strcmp(encoded(t, cases[i][0]), cases[i][1]) != 0)
            fail_msg("'%s': '%s' is not '%s'", cases[i][0], encoded(t, cases[i][0]), cases[i][1]);
    lrt_tokenizer_close(t);
}

static struct lrt_tokenizer *open_text(const char *json) {
    struct lrt c = {0};
    struct lrt_tokenizer *t;
    if (lrt_tokenizer_open(&c, &t, fixture_write("tokenizer.json", json, strlen(json)))) fail_msg("%s", lrt_error(&c));
    return t;
}

static const char *decoded(struct lrt_tokenizer *t, const int32_t *ids, size_t n) {
    static char text[256];
    struct lrt_decoder d;
    size_t length = 0;
    lrt_decode_start(&d, t, 1);
    for (size_t i = 0; i < n; i++) length += (size_t)lrt_decode(&d, ids[i], text + length, sizeof text - length);
    text[length + lrt_decode_end(&d, text + length)] = 0;
    return text;
}

static void other_models(void **state) {
    (void)state;
    struct lrt_tokenizer *t = open_text(
        "{\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"},\"decoder\":{\"type\":\"WordPiece\",\"prefix\":\"##\","
        "\"cleanup\":true},\"model\":{\"type\":\"WordPiece\",\"unk_token\":\"?\",\"continuing_subword_prefix\":\"##\","
        "\"max_input_chars_per_word\":5,\"vocab\":{\"?\":300,\"un\":301,\"##do\":302,\"undo\":303,\"##ing\":304,\".\":"
        "305}}}");
    assert_string_equal(encoded(t, "undo undoo undoing unun."), "{303}{300}{300}{300}{305}");
    assert_string_equal(encoded(t, "undo undo.un"), "{303}{303}{305}{301}");
    assert_string_equal(decoded(t, (const int32_t[]){303, 304, 301, 305}, 4), "undoing un.");
    lrt_tokenizer_close(t);
    t = open_text("{\"pre_tokenizer\":{\"type\":\"Whitespace\"},\"model\":{\"type\":\"WordLevel\",\"unk_token\":\"?\","
                  "\"vocab\":{\"?\":300,\"a\":301,\"ab\":302}}}");
    assert_string_equal(encoded(t, "a ab abc"), "{301}{302}{300}");
    assert_string_equal(decoded(t, (const int32_t[]){301, 302}, 2), "a ab");
    lrt_tokenizer_close(t);
    t = open_text(
        "{\"pre_tokenizer\":{\"type\":\"Metaspace\",\"replacement\":\"\\u2581\",\"prepend_scheme\":\"always\","
        "\"split\":true},\"decoder\":{\"type\":\"Metaspace\",\"replacement\":\"\\u2581\","
        "\"prepend_scheme\":\"always\",\"split\":true},\"model\":{\"type\":\"Unigram\",\"unk_id\":0,\"vocab\":["
        "[\"<unk>\",0],[\"\\u2581\",-2],[\"a\",-2],[\"b\",-3],[\"ab\",-4],[\"\\u2581a\",-3.5],"
        "[\"\\u2581ab\",-8],[\"bb\",-7]]}}");
    struct lrt c = {0};
    int32_t ids[32];
    size_t n;
    assert_int_equal(lrt_encode_array(&c, t, "ab abb x yzb", 12, 0, ids, 32, &n), LRT_OK);
    /* -2 -4 beats -3.5 -3 and -8; then -2 -4 -3; unknown text is one token */
    const int32_t expected[] = {1, 4, 1, 4, 3, 1, 0, 1, 0, 3};
    assert_int_equal(n, sizeof expected / sizeof *expected);
    assert_memory_equal(ids, expected, sizeof expected);
    assert_string_equal(decoded(t, expected, 5), "ab abb");
    lrt_tokenizer_close(t);
}

static void expect_refused(const char *normalizer, const char *pre_tokenizer, const char *words) {
    struct lrt c = {0};
    struct lrt_tokenizer *t;
    assert_int_equal(open_with(&c, &t, normalizer, pre_tokenizer, ""), LRT_ERR_FILE);
    if (!strstr(lrt_error(&c), words)) fail_msg("'%s' does not say '%s'", lrt_error(&c), words);
    assert_non_null(strstr(lrt_error(&c), "/tokenizer.json: "));
}

/* Each step doubles the text: a file of a few KB must not ask for a GB. */
static void a_normalizer_that_lets_a_text_grow_is_refused(void **state) {
    (void)state;
    static const char step[] = "{\"type\":\"Replace\",\"pattern\":{\"String\":\"a\"},\"content\":\"aa\"}";
    char rule[80 * sizeof step];
    struct lrt c = {0};
    struct lrt_tokenizer *t;
    int32_t ids[4];
    size_t ids_count, n = 0;
    for (int steps = 1; steps <= 65; steps++) {
        n = steps == 1 ? (size_t)sprintf(rule, "{\"type\":\"Sequence\",\"normalizers\":[") : n;
        n += (size_t)sprintf(rule + n, "%s%s", steps > 1 ? "," : "", step);
        if (steps != 40) continue;
        strcpy(rule + n, "]}");
        assert_int_equal(open_with(&c, &t, rule, PLAIN, ""), LRT_OK);
        assert_int_equal(lrt_encode_array(&c, t, "a", 1, 0, ids, 4, &ids_count), LRT_ERR_FILE);
        assert_non_null(strstr(lrt_error(&c), "its normalizer makes more than 1048608 bytes"));
        lrt_tokenizer_close(t);
    }
    strcpy(rule + n, "]}");
    expect_refused(rule, PLAIN, "more than 64 normalizers");
}

static void others_are_refused_by_name(void **state) {
    (void)state;
    expect_refused("{\"type\":\"ByteLevel\"}", PLAIN, "normalizer ByteLevel");
    expect_refused("{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"New\"}]}", PLAIN, "normalizer New");
    expect_refused("{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"AAAA\"}", PLAIN, "precompiled_charsmap");
    expect_refused("{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"%\"}", PLAIN, "base64");
    expect_refused("null", "{\"type\":\"UnicodeScripts\"}", "pre_tokenizer UnicodeScripts");
    expect_refused("null", SEQUENCE(PLAIN "," PLAIN), "second time");
    expect_refused("null", "{\"type\":\"Metaspace\",\"replacement\":\"_\"}", "replacement");
    static const char *const patterns[][2] = {{"\\\\C", "'\\C'"},
                                              {"x(?i)b|c", "'(?i)', which is not supported behind the beginning"},
                                              {"(a(?-i)b)", "'(?-i)'"},
                                              {"a{2}?", "'{2}?'"},
                                              {"a\\\\R", "'\\R'"},
                                              {"(?m:a)", "'(?m'"},
                                              {"(*UTF)", "'(*'"},
                                              {"[a[b]]", "'['"},
                                              {"[\\\\W]", "'\\W'"},
                                              {"a{1,2}+", "'{1,2}+'"},
                                              {"\\\\xC3", "half a character"},
                                              {"\\\\1", "'\\1'"},
                                              {"\\\\Qa", "'\\Q'"},
                                              {"(", "parenthesis"},
                                              {"[a", "class"},
                                              {"\\\\p{Nonsense}", "property"},
                                              {"\\\\", "'\\'"}};
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        char rule[256];
        snprintf(rule, sizeof rule, "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"%s\"},\"behavior\":\"Isolated\"}",
                 patterns[i][0]);
        expect_refused("null", rule, patterns[i][1]);
    }
}

/* Many special tokens that begin alike: opening and encoding take no time to speak of. */
static void many_special_tokens(void **state) {
    (void)state;
    enum { COUNT = 60000, TEXT = 1 << 20 };
    const size_t capacity = 65536 + 80 * (size_t)COUNT;
    char *json = malloc(capacity), *text = malloc(TEXT);
    struct text_buffer b = {.n = 0};
    struct lrt c = {0};
    struct lrt_tokenizer *t;
    size_t n = 0, count;
    assert_true(json && text);
    put_tokenizer_json(&b, PLAIN, 0);
    const char *rest = strstr(b.bytes, "],\"normalizer\"");
    n += (size_t)snprintf(json, capacity, "%.*s", (int)(rest - b.bytes), b.bytes);
    for (int i = 0; i < COUNT; i++)
        n += (size_t)snprintf(json + n, capacity - n, ",{\"id\":%d,\"content\":\"aaaa%dz\",\"special\":true}", 1000 + i,
                              i);
    n += (size_t)snprintf(json + n, capacity - n, "%s", rest);
    if (lrt_tokenizer_open(&c, &t, fixture_write("tokenizer.json", json, n))) fail_msg("%s", lrt_error(&c));
    memset(text, 'a', TEXT);
    memcpy(text + 100, "aaaa59999z", 10);
    assert_int_equal(lrt_encode_array(&c, t, text, TEXT, LRT_ENCODE_SPECIAL, (int32_t[1]){0}, 1, &count), LRT_OK);
    assert_int_equal(count, TEXT - 9);
    lrt_tokenizer_close(t);
    free(json);
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normalizers_change_text),
        cmocka_unit_test(parts_of_a_long_text_join),
        cmocka_unit_test(pre_tokenizers_find_words),
        cmocka_unit_test(added_tokens_have_flags),
        cmocka_unit_test(other_models),
        cmocka_unit_test(a_normalizer_that_lets_a_text_grow_is_refused),
        cmocka_unit_test(others_are_refused_by_name),
        cmocka_unit_test(many_special_tokens),
    };
    return cmocka_run_group_tests(tests, NULL, fixture_remove);
}
