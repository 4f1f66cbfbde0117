/* Maps tokenizer.json's normalizer and pre-tokenizer to what the tokenizer does. A rule that it cannot
 * follow is an error that names the rule: wrong tokens would silently make the model worse. */
#include "runtime/text/json_read.h"
#include <stdio.h>
#include <string.h>

static int unsupported(struct lrt *c, const char *section, const json_t *rule, const char *why) {
    const char *type = lrt_json_text(rule, "type");
    return lrt_fail(c, LRT_ERR_FILE, "tokenizer.json: %s %.60s%s is not supported", section,
                    type ? type : "without a type", why);
}

static int text_is(const json_t *object, const char *key, const char *value) {
    const char *text = lrt_json_text(object, key);
    return text && strcmp(text, value) == 0;
}

/* NFC counts as already done. Text is nearly always composed, and composing it would need Unicode's tables. */
int lrt_json_normalizer(struct lrt *c, struct lrt_tokenizer *t, const json_t *rule) {
    if (!rule || json_is_null(rule) || lrt_json_type_is(rule, "NFC")) return LRT_OK;
    if (lrt_json_type_is(rule, "Sequence")) {
        const json_t *list = json_object_get(rule, "normalizers");
        int status = LRT_OK;
        for (size_t i = 0; i < json_array_size(list) && !status; i++)
            status = lrt_json_normalizer(c, t, json_array_get(list, i));
        return status;
    }
    if (t->byte_level) return unsupported(c, "normalizer", rule, "");
    if (lrt_json_type_is(rule, "Prepend") && text_is(rule, "prepend", "\xE2\x96\x81")) {
        t->space_prefix = LRT_PREFIX_ALWAYS;
        return LRT_OK;
    }
    if (lrt_json_type_is(rule, "Replace") && text_is(rule, "content", "\xE2\x96\x81") &&
        text_is(json_object_get(rule, "pattern"), "String", " "))
        return LRT_OK;
    return unsupported(c, "normalizer", rule, "");
}

static int add_split(struct lrt *c, struct lrt_tokenizer *t, const json_t *rule) {
    const json_t *pattern = json_object_get(rule, "pattern");
    const char *regex = lrt_json_text(pattern, "Regex"), *string = lrt_json_text(pattern, "String");
    const int isolated = text_is(rule, "behavior", "Isolated");
    const int matches_only = text_is(rule, "behavior", "Removed") && lrt_json_flag(rule, "invert", 0);
    if (!t->byte_level) { /* spaces are U+2581 by now: a split at spaces finds none */
        if (string && strcmp(string, " ") == 0) return LRT_OK;
        return unsupported(c, "pre_tokenizer", rule, " without ByteLevel");
    }
    if (!isolated && !matches_only) return unsupported(c, "pre_tokenizer", rule, " with this behavior");
    if (regex) return lrt_split_add(c, &t->split, regex);
    if (!string || !*string || strstr(string, "\\E"))
        return unsupported(c, "pre_tokenizer", rule, " without a usable pattern");
    char quoted[256];
    if (snprintf(quoted, sizeof quoted, "\\Q%s\\E", string) >= (int)sizeof quoted)
        return unsupported(c, "pre_tokenizer", rule, " with a long string");
    return lrt_split_add(c, &t->split, quoted);
}

static int add_metaspace(struct lrt *c, struct lrt_tokenizer *t, const json_t *rule) {
    const char *replacement = lrt_json_text(rule, "replacement"), *scheme = lrt_json_text(rule, "prepend_scheme");
    if (t->byte_level || (replacement && strcmp(replacement, "\xE2\x96\x81") != 0))
        return unsupported(c, "pre_tokenizer", rule, "");
    t->cut_spaces = lrt_json_flag(rule, "split", 1);
    if (!scheme) scheme = lrt_json_flag(rule, "add_prefix_space", 1) ? "always" : "never";
    if (strcmp(scheme, "never") != 0) t->space_prefix = LRT_PREFIX_UNLESS_SPACE;
    t->prefix_once = strcmp(scheme, "first") == 0;
    return LRT_OK;
}

int lrt_json_pre_tokenizer(struct lrt *c, struct lrt_tokenizer *t, const json_t *rule) {
    int status = LRT_OK;
    const struct lrt_named_split *found;
    if (!rule || json_is_null(rule)) return LRT_OK;
    if (lrt_json_type_is(rule, "Sequence")) {
        const json_t *list = json_object_get(rule, "pretokenizers");
        for (size_t i = 0; i < json_array_size(list) && !status; i++)
            status = lrt_json_pre_tokenizer(c, t, json_array_get(list, i));
        return status;
    }
    if (lrt_json_type_is(rule, "ByteLevel")) {
        if (lrt_json_flag(rule, "add_prefix_space", 1)) t->space_prefix = LRT_PREFIX_UNLESS_SPACE;
        return lrt_json_flag(rule, "use_regex", 1) ? lrt_split_add_named(c, &t->split, "gpt-2", &found) : LRT_OK;
    }
    if (lrt_json_type_is(rule, "Split")) return add_split(c, t, rule);
    if (lrt_json_type_is(rule, "Metaspace")) return add_metaspace(c, t, rule);
    if (!t->byte_level) return unsupported(c, "pre_tokenizer", rule, " without ByteLevel");
    if (lrt_json_type_is(rule, "Digits"))
        return lrt_split_add(c, &t->split, lrt_json_flag(rule, "individual_digits", 0) ? "\\p{N}" : "\\p{N}+");
    if (lrt_json_type_is(rule, "Punctuation")) {
        if (text_is(rule, "behavior", "Contiguous")) return lrt_split_add(c, &t->split, "[\\p{P}$+<=>^`|~]+");
        if (text_is(rule, "behavior", "Isolated")) return lrt_split_add(c, &t->split, "[\\p{P}$+<=>^`|~]");
    }
    return unsupported(c, "pre_tokenizer", rule, "");
}
