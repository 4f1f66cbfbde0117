/* tokenizer.json's decoder becomes the way in which our tokens become text. Nothing of it matters in training. */
#include "runtime/text/json_read.h"
#include "runtime/text/utf8.h"
#include <stdlib.h>
#include <string.h>

static int read_wordpiece(struct lrt *c, struct lrt_tokenizer *t, const json_t *rule) {
    const char *prefix = lrt_json_text(rule, "prefix");
    if (!t->wordpiece.prefix || !prefix || strcmp(prefix, t->wordpiece.prefix) != 0)
        return lrt_json_unsupported(c, "decoder", rule, " with a prefix that the model does not have");
    t->decoding = LRT_DECODE_WORDPIECE;
    t->wordpiece.cleanup = lrt_json_flag(rule, "cleanup", 1);
    return LRT_OK;
}

static int read_rule(struct lrt *c, struct lrt_tokenizer *t, const json_t *rule) {
    const char *scheme = lrt_json_text(rule, "prepend_scheme"), *content = lrt_json_text(rule, "content");
    if (lrt_json_type_is(rule, "Fuse") || lrt_json_type_is(rule, "ByteFallback") || lrt_json_type_is(rule, "ByteLevel"))
        return LRT_OK; /* tokens are bytes here */
    if (lrt_json_type_is(rule, "WordPiece")) return read_wordpiece(c, t, rule);
    if (lrt_json_type_is(rule, "Metaspace") && t->marks_spaces) {
        t->strips_space = scheme ? strcmp(scheme, "never") != 0 : lrt_json_flag(rule, "add_prefix_space", 1);
        return LRT_OK;
    }
    if (lrt_json_type_is(rule, "Replace") && t->marks_spaces && lrt_json_pattern_is(rule, LRT_SPACE_MARK) && content &&
        strcmp(content, " ") == 0)
        return LRT_OK;
    if (lrt_json_type_is(rule, "Strip") && content && strcmp(content, " ") == 0 &&
        json_integer_value(json_object_get(rule, "start")) <= 1 &&
        json_integer_value(json_object_get(rule, "stop")) == 0) {
        t->strips_space = json_integer_value(json_object_get(rule, "start")) == 1;
        return LRT_OK;
    }
    return lrt_json_unsupported(c, "decoder", rule, "");
}

int lrt_json_decoder(struct lrt *c, struct lrt_tokenizer *t, const json_t *rule) {
    if (!rule || json_is_null(rule)) {
        if (!t->byte_level) t->decoding = LRT_DECODE_SPACES;
        return LRT_OK;
    }
    if (!lrt_json_type_is(rule, "Sequence")) return read_rule(c, t, rule);
    const json_t *list = json_object_get(rule, "decoders");
    int status = LRT_OK;
    for (size_t i = 0; i < json_array_size(list) && !status; i++) status = read_rule(c, t, json_array_get(list, i));
    return status;
}
