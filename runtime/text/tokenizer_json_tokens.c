/* Tokens of JSON files: a vocabulary by spelling, and added tokens with their flags. */
#include "runtime/text/json_read.h"
#include <string.h>

int lrt_json_vocabulary(struct lrt *c, struct lrt_tokenizer *t, const json_t *vocab, const char *path) {
    const char *spelling;
    json_t *id;
    if (!json_is_object(vocab)) return lrt_fail(c, LRT_ERR_FILE, "%s: the vocabulary is not an object", path);
    const size_t added = t->vocabulary.count; /* ids of added tokens are below it */
    json_object_foreach((json_t *)vocab, spelling, id) {
        if (!json_is_integer(id))
            return lrt_fail(c, LRT_ERR_FILE, "%s: token '%.40s' has no integer id", path, spelling);
        const json_int_t number = json_integer_value(id);
        if (number >= 0 && (size_t)number < added && t->vocabulary.pieces[number].kind > LRT_PIECE_NORMAL) {
            t->vocabulary.pieces[number].flags &= (uint8_t)~LRT_ONLY_WHOLE;
            continue;
        }
        int status = lrt_tokenizer_add(c, t, number, spelling, strlen(spelling), LRT_PIECE_NORMAL);
        if (status) return status;
    }
    return LRT_OK;
}

int lrt_json_added_token(struct lrt *c, struct lrt_tokenizer *t, int64_t id, const json_t *token, const char *path) {
    const json_t *content = json_object_get(token, "content");
    if (!json_is_string(content))
        return lrt_fail(c, LRT_ERR_FILE, "%s: added token %lld has no content", path, (long long)id);
    const int kind = lrt_json_flag(token, "special", 0) ? LRT_PIECE_CONTROL : LRT_PIECE_USER;
    int status =
        lrt_vocabulary_set(c, &t->vocabulary, id, json_string_value(content), json_string_length(content), kind);
    if (status) return status;
    struct lrt_piece *piece = &t->vocabulary.pieces[id];
    piece->flags = LRT_ONLY_WHOLE;
    if (lrt_json_flag(token, "lstrip", 0)) piece->flags |= LRT_STRIP_LEFT;
    if (lrt_json_flag(token, "rstrip", 0)) piece->flags |= LRT_STRIP_RIGHT;
    if (lrt_json_flag(token, "single_word", 0)) piece->flags |= LRT_SINGLE_WORD;
    if (lrt_json_flag(token, "normalized", kind == LRT_PIECE_USER)) piece->flags |= LRT_NORMALIZED;
    return LRT_OK;
}
