/* A data file with a tokenizer in which every byte is a token, and its rows as text with braces around what counts. */
#ifndef DATA_FIXTURE_H
#define DATA_FIXTURE_H
#include <lorac/lrt_text.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tests/unit/tokenizer_fixture.h"

/* llama2.c's format: <unk>, <s>, </s> and the bytes. */
static inline struct lrt_tokenizer *data_tokenizer(struct lrt *c) {
    char bytes[8192];
    size_t n = 4;
    struct lrt_tokenizer *t;
    memcpy(bytes, (unsigned char[]){7, 0, 0, 0}, 4);
    for (int id = 0; id < 260; id++) {
        static const char *const names[] = {"<unk>", "\n<s>\n", "\n</s>\n"};
        char text[16];
        if (id < 3)
            snprintf(text, sizeof text, "%s", names[id]);
        else if (id < 259)
            snprintf(text, sizeof text, "<0x%02X>", id - 3);
        else
            snprintf(text, sizeof text, " ");
        const float score = (float)-id;
        memcpy(bytes + n, &score, 4);
        memcpy(bytes + n + 4, (unsigned char[]){(unsigned char)strlen(text), 0, 0, 0}, 4);
        memcpy(bytes + n + 8, text, strlen(text));
        n += 8 + strlen(text);
    }
    if (lrt_tokenizer_open(c, &t, fixture_write("bytes.bin", bytes, n))) fail_msg("%s", lrt_error(c));
    return t;
}

static const struct lrt_data_options data_wide = {.seq = 2000, .ignore = -100, .vocab = 300};

/* All rows, each followed by a line feed. */
static inline const char *data_shown(const struct lrt_data *d, const struct lrt_tokenizer *t) {
    static char shown[16384];
    static int32_t ids[2001];
    static uint8_t counts[2001];
    size_t n = 0;
    for (int64_t row = 0; row < lrt_data_info(d)->rows; row++) {
        const int64_t count = lrt_data_ids(d, row, ids, counts);
        for (int64_t i = 0; i < count; i++) {
            size_t bytes;
            const char *text = lrt_token_bytes(t, ids[i], &bytes);
            assert_true(n + bytes + 4 < sizeof shown);
            if (counts[i] && (i == 0 || !counts[i - 1])) shown[n++] = '{';
            memcpy(shown + n, text, bytes);
            n += bytes;
            if (counts[i] && (i + 1 == count || !counts[i + 1])) shown[n++] = '}';
        }
        shown[n++] = '\n';
    }
    shown[n] = 0;
    return shown;
}

/* A file of this name and text gives these rows. */
static inline void data_gives(struct lrt_tokenizer *t, const char *name, const char *text, const char *expected,
                              const char *forms) {
    struct lrt c = {0};
    struct lrt_data *d;
    if (lrt_data_open(&c, &d, fixture_write(name, text, strlen(text)), t, &data_wide)) fail_msg("%s", lrt_error(&c));
    assert_string_equal(data_shown(d, t), expected);
    assert_string_equal(lrt_data_info(d)->forms, forms);
    lrt_data_close(d);
}

static inline void data_fails(struct lrt_tokenizer *t, const char *name, const char *text, const char *words) {
    struct lrt c = {0};
    struct lrt_data *d;
    if (lrt_data_open(&c, &d, fixture_write(name, text, strlen(text)), t, &data_wide) != LRT_ERR_FILE)
        fail_msg("taken: %s", text);
    if (!strstr(lrt_error(&c), words)) fail_msg("'%s' does not say '%s'", lrt_error(&c), words);
}
#endif
