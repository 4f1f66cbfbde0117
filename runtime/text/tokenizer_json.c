/* tokenizer.json (Hugging Face): its BPE model becomes vocabulary and merges; the normalizer, pre-tokenizer and
 * post-processor are tokenizer_json_rules.c's. */
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
        if (number >= 0 && (size_t)number < added && t->vocabulary.pieces[number].kind > LRT_PIECE_NORMAL) continue;
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
    if (lrt_json_flag(token, "lstrip", 0)) piece->strip |= LRT_STRIP_LEFT;
    if (lrt_json_flag(token, "rstrip", 0)) piece->strip |= LRT_STRIP_RIGHT;
    return LRT_OK;
}

static int add_added_tokens(struct lrt *c, struct lrt_tokenizer *t, const json_t *tokens, const char *path) {
    if (!tokens || json_is_null(tokens)) return LRT_OK;
    if (!json_is_array(tokens)) return lrt_fail(c, LRT_ERR_FILE, "%s: added_tokens is not an array", path);
    for (size_t i = 0; i < json_array_size(tokens); i++) {
        const json_t *token = json_array_get(tokens, i), *id = json_object_get(token, "id");
        if (!json_is_integer(id)) return lrt_fail(c, LRT_ERR_FILE, "%s: added token number %zu has no id", path, i);
        int status = lrt_json_added_token(c, t, json_integer_value(id), token, path);
        if (status) return status;
    }
    return LRT_OK;
}

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

/* The byte-level alphabet is in use when the pre-tokenizer or the decoder says so. */
static int names_byte_level(const json_t *rule) {
    if (lrt_json_type_is(rule, "ByteLevel")) return 1;
    static const char *const lists[] = {"pretokenizers", "decoders"};
    for (size_t k = 0; k < 2; k++) {
        const json_t *list = json_object_get(rule, lists[k]);
        for (size_t i = 0; i < json_array_size(list); i++)
            if (lrt_json_type_is(json_array_get(list, i), "ByteLevel")) return 1;
    }
    return 0;
}

static int read_model(struct lrt *c, struct lrt_tokenizer *t, const json_t *root, const char *path) {
    const json_t *model = json_object_get(root, "model");
    const char *type = lrt_json_text(model, "type");
    if (!json_is_object(model)) return lrt_fail(c, LRT_ERR_FILE, "%s: it has no model", path);
    if (type && strcmp(type, "BPE") != 0)
        return lrt_fail(c, LRT_ERR_FILE, "%s: model type %.40s; only BPE is supported", path, type);
    const json_t *dropout = json_object_get(model, "dropout");
    if (json_is_number(dropout) && json_number_value(dropout) != 0)
        return lrt_fail(c, LRT_ERR_FILE, "%s: model.dropout is not supported", path);
    const char *prefix = lrt_json_text(model, "continuing_subword_prefix"),
               *suffix = lrt_json_text(model, "end_of_word_suffix");
    if ((prefix && *prefix) || (suffix && *suffix))
        return lrt_fail(c, LRT_ERR_FILE, "%s: continuing_subword_prefix and end_of_word_suffix are not supported",
                        path);
    t->whole_words = lrt_json_flag(model, "ignore_merges", 0);
    t->fuse_unknown = lrt_json_flag(model, "fuse_unk", 0);
    int status = add_added_tokens(c, t, json_object_get(root, "added_tokens"), path);
    if (!status) status = lrt_json_vocabulary(c, t, json_object_get(model, "vocab"), path);
    if (!status) status = lrt_vocabulary_index(c, &t->vocabulary);
    if (!status) status = add_merges(c, t, json_object_get(model, "merges"), path);
    const char *unknown = lrt_json_text(model, "unk_token");
    if (!status && unknown) t->info.unknown = lrt_tokenizer_find(t, unknown);
    return status;
}

int lrt_tokenizer_load_json(struct lrt *c, struct lrt_tokenizer *t, const char *path) {
    json_t *root;
    int status = lrt_json_load(c, path, &root);
    if (status) return status;
    const json_t *pre_tokenizer = json_object_get(root, "pre_tokenizer");
    t->byte_level = names_byte_level(pre_tokenizer) || names_byte_level(json_object_get(root, "decoder"));
    t->info.pattern = "tokenizer.json";
    status = read_model(c, t, root, path);
    if (!status) status = lrt_json_normalizer(c, t, json_object_get(root, "normalizer"));
    if (!status) status = lrt_json_pre_tokenizer(c, t, pre_tokenizer);
    if (!status) status = lrt_json_post_processor(c, t, json_object_get(root, "post_processor"));
    json_decref(root);
    return status;
}
