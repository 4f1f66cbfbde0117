/* tokenizer.json (Hugging Face): added tokens, and the order in which the parts are read; each part has a file of its
 * own, tokenizer_json_*.c. */
#include "runtime/text/json_read.h"
#include "runtime/text/utf8.h"
#include <stdio.h>
#include <string.h>

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

/* The marks that SentencePiece has for spaces are spaces where the text gets them too. */
static int marks_spaces(const json_t *normalizer, const json_t *pre_tokenizer) {
    const json_t *list = json_object_get(normalizer, "normalizers");
    const char *content = lrt_json_text(normalizer, "content");
    for (size_t i = 0; i < json_array_size(list); i++)
        if (marks_spaces(json_array_get(list, i), NULL)) return 1;
    if (lrt_json_names(pre_tokenizer, "pretokenizers", "Metaspace")) return 1;
    return content && strcmp(content, LRT_SPACE_MARK) == 0 && lrt_json_pattern_is(normalizer, " ");
}

/* The rules of Llama and others come without copies of the text: only spaces become marks, and words are found in the
 * stream. */
static void simplify(struct lrt_tokenizer *t) {
    struct lrt_split *s = &t->split;
    struct lrt_normalizer *n = &t->normalizer;
    int marks = n->count > 0, begins = 0, normalized = 0;
    for (size_t i = 0; i < t->vocabulary.count; i++) normalized |= t->vocabulary.pieces[i].flags & LRT_NORMALIZED;
    if (t->byte_level || t->model > LRT_MODEL_UNIGRAM || t->whole_words) return;
    for (size_t i = 0; i < n->count; i++) {
        const int prepend = n->steps[i].kind == LRT_NORMALIZE_PREPEND,
                  replace = n->steps[i].kind == LRT_NORMALIZE_REPLACE;
        marks &= n->steps[i].options && (prepend || replace);
        begins |= prepend;
    }
    if (marks && s->count == 1 && s->stages[0].only_spaces) lrt_split_free(s); /* there are no spaces any more */
    if (marks && s->count == 0 && !normalized) {
        t->space_prefix = begins ? LRT_PREFIX_ALWAYS : LRT_PREFIX_NONE;
        lrt_normalizer_free(n);
    }
    if (s->count == 0 || s->count > 2 || s->stages[0].kind != LRT_STAGE_MARKS) return;
    if (s->count == 2 && s->stages[1].cut != LRT_CUT_MERGED_NEXT) return;
    if (s->stages[0].marks != LRT_MARKS_NEVER) t->space_prefix = LRT_PREFIX_UNLESS_SPACE;
    t->cut_spaces = s->count == 2;
    lrt_split_free(s);
}

static int read_parts(struct lrt *c, struct lrt_tokenizer *t, const json_t *root, const char *path) {
    const json_t *normalizer = json_object_get(root, "normalizer"),
                 *pre_tokenizer = json_object_get(root, "pre_tokenizer");
    t->byte_level = lrt_json_names(pre_tokenizer, "pretokenizers", "ByteLevel");
    t->marks_spaces = !t->byte_level && marks_spaces(normalizer, pre_tokenizer);
    t->info.pattern = "tokenizer.json";
    int status = add_added_tokens(c, t, json_object_get(root, "added_tokens"), path);
    if (!status) status = lrt_json_model(c, t, root, path);
    if (!status) status = lrt_json_normalizer(c, t, normalizer);
    if (!status) status = lrt_json_pre_tokenizer(c, t, pre_tokenizer);
    if (!status) status = lrt_json_decoder(c, t, json_object_get(root, "decoder"));
    if (!status) status = lrt_json_post_processor(c, t, json_object_get(root, "post_processor"));
    if (!status) simplify(t);
    return status;
}

int lrt_tokenizer_load_json(struct lrt *c, struct lrt_tokenizer *t, const char *path) {
    json_t *root;
    int status = lrt_json_load(c, path, &root);
    if (status) return status;
    status = read_parts(c, t, root, path);
    json_decref(root);
    char why[LRT_ERROR_BYTES];
    snprintf(why, sizeof why, "%s", status ? lrt_error(c) : "");
    return status && strncmp(why, path, strlen(path)) != 0 ? lrt_fail(c, status, "%s: %s", path, why) : status;
}
