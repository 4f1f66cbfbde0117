/* tokenizer.json's model becomes vocabulary, and merges or scores. */
#include "runtime/text/json_read.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int add_merges(struct lrt *c, struct lrt_tokenizer *t, const json_t *merges, const char *path) {
    if (!json_is_array(merges)) return lrt_fail(c, LRT_ERR_FILE, "%s: model.merges is not an array", path);
    const size_t n = json_array_size(merges);
    int status = lrt_merges_make(c, &t->merges, n);
    for (size_t i = 0; i < n && !status; i++) {
        const json_t *rule = json_array_get(merges, i);
        const json_t *left = json_array_get(rule, 0), *right = json_array_get(rule, 1);
        if (json_is_string(rule))
            status = lrt_tokenizer_add_merge_line(c, t, (uint32_t)i, json_string_value(rule), json_string_length(rule));
        else if (json_is_string(left) && json_is_string(right) && json_array_size(rule) == 2)
            status = lrt_tokenizer_add_merge(c, t, (uint32_t)i, json_string_value(left), json_string_length(left),
                                             json_string_value(right), json_string_length(right));
        else
            status = lrt_fail(c, LRT_ERR_FILE, "%s: merge %zu is neither \"left right\" nor [left, right]", path, i);
    }
    return status;
}

static int unknown_token(struct lrt *c, struct lrt_tokenizer *t, const json_t *model) {
    const char *unknown = lrt_json_text(model, "unk_token");
    if (unknown) t->info.unknown = lrt_tokenizer_find(t, unknown);
    if (unknown && t->info.unknown < 0)
        return lrt_fail(c, LRT_ERR_FILE, "model.unk_token %.60s is not in the vocabulary", unknown);
    return LRT_OK;
}

static int read_vocabulary(struct lrt *c, struct lrt_tokenizer *t, const json_t *model, const char *path) {
    int status = lrt_json_vocabulary(c, t, json_object_get(model, "vocab"), path);
    return status ? status : lrt_vocabulary_index(c, &t->vocabulary);
}

static int read_bpe(struct lrt *c, struct lrt_tokenizer *t, const json_t *model, const char *path) {
    const json_t *dropout = json_object_get(model, "dropout");
    if (json_is_number(dropout) && json_number_value(dropout) != 0)
        return lrt_fail(c, LRT_ERR_FILE, "%s: model.dropout is not supported", path);
    const char *prefix = lrt_json_text(model, "continuing_subword_prefix"),
               *suffix = lrt_json_text(model, "end_of_word_suffix");
    if ((prefix && *prefix) || (suffix && *suffix))
        return lrt_fail(c, LRT_ERR_FILE, "%s: model.continuing_subword_prefix and end_of_word_suffix are not supported",
                        path);
    t->whole_words = lrt_json_flag(model, "ignore_merges", 0);
    t->fuse_unknown = lrt_json_flag(model, "fuse_unk", 0);
    int status = read_vocabulary(c, t, model, path);
    if (!status) status = add_merges(c, t, json_object_get(model, "merges"), path);
    return status ? status : unknown_token(c, t, model);
}

static int read_wordpiece(struct lrt *c, struct lrt_tokenizer *t, const json_t *model, const char *path) {
    const char *prefix = lrt_json_text(model, "continuing_subword_prefix");
    const json_t *longest = json_object_get(model, "max_input_chars_per_word");
    if (!prefix) prefix = "##";
    t->model = LRT_MODEL_WORDPIECE;
    t->wordpiece.longest =
        json_is_integer(longest) && json_integer_value(longest) > 0 ? (size_t)json_integer_value(longest) : 100;
    if (t->wordpiece.longest > 4096)
        return lrt_fail(c, LRT_ERR_FILE, "%s: model.max_input_chars_per_word %zu; more than 4096 are refused", path,
                        t->wordpiece.longest);
    t->wordpiece.prefix = malloc(strlen(prefix) + 1);
    if (!t->wordpiece.prefix) return lrt_fail(c, LRT_ERR_MEMORY, "%s: no memory", path);
    memcpy(t->wordpiece.prefix, prefix, strlen(prefix) + 1);
    int status = read_vocabulary(c, t, model, path);
    return status ? status : unknown_token(c, t, model);
}

static int read_words(struct lrt *c, struct lrt_tokenizer *t, const json_t *model, const char *path) {
    t->model = LRT_MODEL_WORDS;
    int status = read_vocabulary(c, t, model, path);
    return status ? status : unknown_token(c, t, model);
}

/* A number as Hugging Face's reader takes it: its digits, rounded, over a power of ten, rounded again. Between ways of
 * equal sums, such as the two orders of two tokens, the last bit decides. */
static double twice_rounded(double value) {
    char text[40];
    int digits = 15, exponent;
    do snprintf(text, sizeof text, "%.*e", digits - 1, value);
    while (strtod(text, NULL) != value && ++digits <= 17);
    uint64_t significand = 0;
    char *end = strchr(text, 'e');
    exponent = end ? (int)strtol(end + 1, NULL, 10) : 0;
    for (const char *p = text; p < end; p++)
        if (*p >= '0' && *p <= '9') {
            significand = significand * 10 + (uint64_t)(*p - '0');
            exponent -= p > text + (*text == '-') ? 1 : 0;
        }
    while (significand && significand % 10 == 0) {
        significand /= 10;
        exponent++;
    }
    if (!end || exponent > 0 || exponent < -300) return value;
    return (value < 0 ? -1 : 1) * ((double)significand / pow(10, -exponent));
}

/* [["spelling", score], ...], by id. */
static int add_scored(struct lrt *c, struct lrt_tokenizer *t, const json_t *vocab, double *scores) {
    for (size_t id = 0; id < json_array_size(vocab); id++) {
        const json_t *entry = json_array_get(vocab, id), *text = json_array_get(entry, 0),
                     *score = json_array_get(entry, 1);
        if (!json_is_string(text) || !json_is_number(score))
            return lrt_fail(c, LRT_ERR_FILE, "model.vocab: entry %zu is not [text, number]", id);
        const int added = id < t->vocabulary.count && t->vocabulary.pieces[id].kind > LRT_PIECE_NORMAL;
        scores[id] = json_is_real(score) ? twice_rounded(json_real_value(score)) : json_number_value(score);
        if (added) t->vocabulary.pieces[id].flags &= (uint8_t)~LRT_ONLY_WHOLE;
        if (added) continue;
        int status =
            lrt_tokenizer_add(c, t, (int64_t)id, json_string_value(text), json_string_length(text), LRT_PIECE_NORMAL);
        if (status) return status;
        if (t->vocabulary.pieces[id].kind != LRT_PIECE_NORMAL) scores[id] = NAN;
    }
    return lrt_vocabulary_index(c, &t->vocabulary);
}

static int read_unigram(struct lrt *c, struct lrt_tokenizer *t, const json_t *model, const char *path) {
    const json_t *vocab = json_object_get(model, "vocab"), *unknown = json_object_get(model, "unk_id");
    const size_t n = json_array_size(vocab);
    if (!json_is_array(vocab)) return lrt_fail(c, LRT_ERR_FILE, "%s: model.vocab is not an array", path);
    if (t->byte_level) return lrt_fail(c, LRT_ERR_FILE, "%s: model Unigram with ByteLevel is not supported", path);
    if (json_is_integer(unknown)) t->info.unknown = (int32_t)json_integer_value(unknown);
    if (t->info.unknown < -1 || (t->info.unknown >= 0 && (size_t)t->info.unknown >= n))
        return lrt_fail(c, LRT_ERR_FILE, "%s: model.unk_id %d is beyond the vocabulary of %zu", path, t->info.unknown,
                        n);
    double *scores = malloc((n + 1) * sizeof *scores);
    if (!scores) return lrt_fail(c, LRT_ERR_MEMORY, "%s: no memory for %zu scores", path, n);
    int status = add_scored(c, t, vocab, scores);
    if (!status) status = lrt_unigram_open(c, t, scores, n);
    free(scores);
    return status;
}

int lrt_json_model(struct lrt *c, struct lrt_tokenizer *t, const json_t *root, const char *path) {
    static const struct {
        const char *type;
        int (*read)(struct lrt *c, struct lrt_tokenizer *t, const json_t *model, const char *path);
    } table[] = {
        {"BPE", read_bpe}, {"Unigram", read_unigram}, {"WordPiece", read_wordpiece}, {"WordLevel", read_words}};
    const json_t *model = json_object_get(root, "model");
    const char *type = lrt_json_text(model, "type");
    if (!json_is_object(model)) return lrt_fail(c, LRT_ERR_FILE, "%s: it has no model", path);
    if (!type) type = json_object_get(model, "merges") ? "BPE" : "";
    t->byte_fallback = lrt_json_flag(model, "byte_fallback", 0);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(type, table[i].type) == 0) return table[i].read(c, t, model, path);
    return lrt_json_unsupported(c, "model", model, "");
}
