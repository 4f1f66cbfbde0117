/* SentencePiece models that the test writes: their pieces, merged or chosen by score, and their rules for spaces; and
 * what becomes of damaged ones. The ids are those that the package sentencepiece gives for the same file. */
#include <stdarg.h>
#include <math.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "runtime/text/tokenizer.h"
#include "tests/unit/tokenizer_fixture.h"

enum { UNIGRAM = 1, BPE = 2 };

static void put_bytes(struct text_buffer *b, int field, const char *text, size_t n) {
    b->bytes[b->n++] = (char)(field << 3 | 2);
    for (; n >= 128; n -= 128) fail_msg("a long field");
    b->bytes[b->n++] = (char)n;
    memcpy(b->bytes + b->n, text, n);
    b->n += n;
}

static void put_number(struct text_buffer *b, int field, int value) {
    const int key = field << 3;
    if (key >= 128) b->bytes[b->n++] = (char)((key & 0x7F) | 0x80);
    b->bytes[b->n++] = (char)(key >= 128 ? key >> 7 : key);
    b->bytes[b->n++] = (char)value;
}

static void put_piece(struct text_buffer *b, const char *text, float score, int kind) {
    struct text_buffer piece = {.n = 0};
    put_bytes(&piece, 1, text, strlen(text));
    piece.bytes[piece.n++] = (char)(2 << 3 | 5);
    memcpy(piece.bytes + piece.n, &score, 4);
    piece.n += 4;
    if (kind != LRT_PIECE_NORMAL) put_number(&piece, 3, kind);
    put_bytes(b, 1, piece.bytes, piece.n);
}

#define MARK "\xE2\x96\x81"
enum { SPACE = 3, A, B, AB, SPACE_A, SPACE_AB, USER, BYTE };

/* spaces: 1 keeps all of them; map: a charsmap that makes "x" an "a". */
static void put_model(struct text_buffer *b, int type, int prefix, int spaces, int users, int map) {
    static const struct {
        const char *text;
        float score;
        int kind;
    } pieces[] = {
        {"<unk>", 0, LRT_PIECE_UNKNOWN}, {"<s>", 0, LRT_PIECE_CONTROL},       {"</s>", 0, LRT_PIECE_CONTROL},
        {MARK, -2, LRT_PIECE_NORMAL},    {"a", -3, LRT_PIECE_NORMAL},         {"b", -4, LRT_PIECE_NORMAL},
        {"ab", -5, LRT_PIECE_NORMAL},    {MARK "a", -4.5F, LRT_PIECE_NORMAL}, {MARK "ab", -9, LRT_PIECE_NORMAL}};
    struct text_buffer trainer = {.n = 0}, normalizer = {.n = 0};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
        put_piece(b, pieces[i].text, pieces[i].score, pieces[i].kind);
    if (users) put_piece(b, "[u]", 0, LRT_PIECE_USER);
    if (users) put_piece(b, "<0x0A>", 0, LRT_PIECE_BYTE);
    put_number(&trainer, 3, type);
    if (users) put_number(&trainer, 35, 1);
    put_bytes(b, 2, trainer.bytes, trainer.n);
    put_number(&normalizer, 3, prefix);
    put_number(&normalizer, 4, !spaces);
    if (map) {
        /* the root's children begin at 1; unit 1 ^ 'x' is "x", its value lies at
         * 2 ^ that place, which has the place 0 among the texts */
        struct text_buffer blob = {.n = 0};
        enum { UNITS = 256 }; /* SentencePiece wants whole KiB */
        uint32_t units[UNITS] = {0};
        const size_t x = 1 ^ 'x', value = x ^ 2;
        units[0] = 1u << 10;
        units[x] = 'x' | 1u << 8 | 2u << 10;
        units[value] = 1u << 31;
        put_u32(&blob, 4 * UNITS);
        for (size_t i = 0; i < UNITS; i++) put_u32(&blob, units[i]);
        memcpy(blob.bytes + blob.n, "a", 2);
        blob.n += 2;
        normalizer.bytes[normalizer.n++] = (char)(2 << 3 | 2);
        normalizer.bytes[normalizer.n++] = (char)((blob.n & 0x7F) | 0x80);
        normalizer.bytes[normalizer.n++] = (char)(blob.n >> 7);
        memcpy(normalizer.bytes + normalizer.n, blob.bytes, blob.n);
        normalizer.n += blob.n;
    }
    b->bytes[b->n++] = (char)(3 << 3 | 2);
    b->bytes[b->n++] = (char)((normalizer.n & 0x7F) | 0x80);
    b->bytes[b->n++] = (char)(normalizer.n >> 7);
    memcpy(b->bytes + b->n, normalizer.bytes, normalizer.n);
    b->n += normalizer.n;
}

static struct lrt_tokenizer *open_model(int type, int prefix, int spaces, int users, int map) {
    struct text_buffer b = {.n = 0};
    struct lrt c = {0};
    struct lrt_tokenizer *t;
    put_model(&b, type, prefix, spaces, users, map);
    if (lrt_tokenizer_open(&c, &t, fixture_write("tokenizer.model", b.bytes, b.n))) fail_msg("%s", lrt_error(&c));
    return t;
}

static void expect(struct lrt_tokenizer *t, const char *text, int flags, const char *expected) {
    char line[256] = "";
    struct lrt c = {0};
    int32_t ids[64];
    size_t n, length = 0;
    assert_int_equal(lrt_encode_array(&c, t, text, strlen(text), flags, ids, 64, &n), LRT_OK);
    for (size_t i = 0; i < n; i++)
        length += (size_t)snprintf(line + length, sizeof line - length, "%s%d", i ? " " : "", ids[i]);
    if (strcmp(line, expected) != 0) fail_msg("'%s': %s is not %s", text, line, expected);
}

static void both_kinds(void **state) {
    (void)state;
    struct lrt_tokenizer *t = open_model(BPE, 1, 1, 0, 0);
    expect(t, "ab", 0, "8"); /* the better score first: U+2581 and a, then b */
    expect(t, "a  zy", 0, "7 3 3 0");
    expect(t, "ab", LRT_ENCODE_BOUNDS, "1 8");
    expect(t, "a<s>", LRT_ENCODE_SPECIAL, "7 1");
    lrt_tokenizer_close(t);
    t = open_model(UNIGRAM, 1, 1, 0, 0);
    expect(t, "ab", 0, "3 6"); /* -7, not -8.5 and -9 */
    expect(t, "aab", LRT_ENCODE_BOUNDS, "7 6 2");
    assert_string_equal(lrt_tokenizer_info(t)->kind, "unigram");
    lrt_tokenizer_close(t);
}

static void spaces_by_the_model(void **state) {
    (void)state;
    struct lrt_tokenizer *t = open_model(UNIGRAM, 1, 0, 0, 0);
    expect(t, "  a   b ", 0, "7 3 5"); /* one between words, none at the ends */
    expect(t, "   ", 0, "");
    expect(t, MARK, 0, "");
    lrt_tokenizer_close(t);
    t = open_model(UNIGRAM, 0, 1, 0, 0);
    expect(t, "a a ", 0, "4 7 3");
    lrt_tokenizer_close(t);
}

static void user_defined_pieces(void **state) {
    (void)state;
    struct lrt_tokenizer *t = open_model(BPE, 1, 0, 1, 0);
    expect(t, "a [u]  b", 0, "7 3 9 3 5"); /* it is a word: the spaces beside it are those of a text */
    expect(t, "[u]a", 0, "3 9 4");
    expect(t, " [u]", 0, "3 9");
    expect(t, "a\nz", 0, "7 10 0");
    lrt_tokenizer_close(t);
}

static void a_map_of_characters(void **state) {
    (void)state;
    struct lrt_tokenizer *t = open_model(BPE, 0, 1, 0, 1);
    expect(t, "xbax", 0, "6 4 4");
    lrt_tokenizer_close(t);
}

static void damaged_models(void **state) {
    (void)state;
    struct text_buffer b = {.n = 0};
    struct lrt c = {0};
    struct lrt_tokenizer *t;
    put_model(&b, UNIGRAM, 1, 1, 1, 1);
    for (size_t n = 0; n < b.n; n++) {
        const int status = lrt_tokenizer_open(&c, &t, fixture_write("tokenizer.model", b.bytes, n));
        assert_true(status == LRT_OK || (status == LRT_ERR_FILE && *lrt_error(&c)));
        if (status == LRT_OK) lrt_tokenizer_close(t);
    }
    uint32_t random = 5;
    for (int round = 0; round < 3000; round++) {
        struct text_buffer changed = b;
        int32_t ids[64];
        size_t n;
        random = random * 1664525 + 1013904223;
        changed.bytes[random % b.n] = (char)(changed.bytes[random % b.n] ^ 1 << (random >> 29));
        if (lrt_tokenizer_open(&c, &t, fixture_write("tokenizer.model", changed.bytes, changed.n))) continue;
        lrt_encode_array(&c, t, "ab x[u]\n  \xFF", 11, LRT_ENCODE_SPECIAL, ids, 64, &n);
        lrt_tokenizer_close(t);
    }
    for (int odd = 0; odd < 3; odd++) { /* pieces that no model has */
        b.n = 0;
        put_model(&b, UNIGRAM, 1, 1, 0, 0);
        put_piece(&b, odd ? "odd" : "", odd == 1 ? NAN : odd ? INFINITY : 0, LRT_PIECE_NORMAL);
        assert_int_equal(lrt_tokenizer_open(&c, &t, fixture_write("tokenizer.model", b.bytes, b.n)), LRT_ERR_FILE);
        assert_non_null(strstr(lrt_error(&c), "damaged: its pieces"));
    }
    b.n = 0;
    put_model(&b, 3, 1, 1, 0, 0);
    assert_int_equal(lrt_tokenizer_open(&c, &t, fixture_write("tokenizer.model", b.bytes, b.n)), LRT_ERR_FILE);
    assert_non_null(strstr(lrt_error(&c), "model_type"));
    assert_int_equal(lrt_tokenizer_open(&c, &t, fixture_write("tokenizer.model", "x", 1)), LRT_ERR_FILE);
    assert_non_null(strstr(lrt_error(&c), "not a SentencePiece model"));
}

/* A folder with only a model; its configuration adds tokens and says what stands around a text. */
static void a_folder_with_a_model(void **state) {
    (void)state;
    static const char config[] = "{\"added_tokens_decoder\":{\"1\":{\"content\":\"<s>\",\"special\":true},"
                                 "\"9\":{\"content\":\"<pad>\",\"special\":true}},\"bos_token\":\"<s>\","
                                 "\"pad_token\":\"<pad>\",\"add_bos_token\":false}";
    struct text_buffer b = {.n = 0};
    struct lrt c = {0};
    struct lrt_tokenizer *t;
    char path[600];
    put_model(&b, BPE, 1, 1, 0, 0);
    fixture_write("tokenizer.model", b.bytes, b.n);
    fixture_write("tokenizer_config.json", config, sizeof config - 1);
    if (lrt_tokenizer_open(&c, &t, fixture_folder())) fail_msg("%s", lrt_error(&c));
    expect(t, "<pad>a", LRT_ENCODE_SPECIAL | LRT_ENCODE_BOUNDS, "9 7");
    assert_int_equal(lrt_tokenizer_info(t)->vocab, 10);
    assert_int_equal(lrt_tokenizer_info(t)->ordinary, 9);
    lrt_tokenizer_close(t);
    snprintf(path, sizeof path, "%s/tokenizer_config.json", fixture_folder());
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_kinds),          cmocka_unit_test(spaces_by_the_model),
        cmocka_unit_test(user_defined_pieces), cmocka_unit_test(a_map_of_characters),
        cmocka_unit_test(damaged_models),      cmocka_unit_test(a_folder_with_a_model),
    };
    return cmocka_run_group_tests(tests, NULL, fixture_remove);
}
