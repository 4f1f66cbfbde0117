/* tokenizer.json's normalizer becomes the steps of ours. */
#include "runtime/text/charsmap.h"
#include "runtime/text/json_read.h"
#include "runtime/text/pattern.h"
#include "runtime/text/utf8.h"
#include <stdlib.h>
#include <string.h>

static int add(struct lrt *c, struct lrt_tokenizer *t, struct lrt_normalizer_step step) {
    return lrt_normalizer_add(c, &t->normalizer, step);
}

static int add_form(struct lrt *c, struct lrt_tokenizer *t, enum lrt_unicode_form form) {
    return add(c, t, (struct lrt_normalizer_step){.kind = LRT_NORMALIZE_FORM, .options = lrt_form_options(form)});
}

static int add_characters(struct lrt *c, struct lrt_tokenizer *t, lrt_character_step *character) {
    return add(c, t, (struct lrt_normalizer_step){.kind = LRT_NORMALIZE_CHARACTERS, .character = character});
}

static int read_strip(struct lrt *c, struct lrt_tokenizer *t, const json_t *rule) {
    const int sides = (lrt_json_flag(rule, "strip_left", 1) ? LRT_STRIP_BEGIN : 0) |
                      (lrt_json_flag(rule, "strip_right", 1) ? LRT_STRIP_END : 0);
    return add(c, t, (struct lrt_normalizer_step){.kind = LRT_NORMALIZE_STRIP, .options = sides});
}

/* A step with a copy of this text. */
static int add_text(struct lrt *c, struct lrt_tokenizer *t, struct lrt_normalizer_step step, const char *text) {
    step.bytes = strlen(text);
    step.text = malloc(step.bytes + 1);
    if (step.text) {
        memcpy(step.text, text, step.bytes + 1);
        return add(c, t, step);
    }
    lrt_pattern_free(step.pattern);
    return lrt_fail(c, LRT_ERR_MEMORY, "tokenizer: no memory for a normalizer");
}

static int read_prepend(struct lrt *c, struct lrt_tokenizer *t, const json_t *rule) {
    const char *text = lrt_json_text(rule, "prepend");
    if (!text) return lrt_json_unsupported(c, "normalizer", rule, " without a text");
    const struct lrt_normalizer_step step = {.kind = LRT_NORMALIZE_PREPEND,
                                             .options = strcmp(text, LRT_SPACE_MARK) == 0};
    return add_text(c, t, step, text);
}

/* {"String"} or {"Regex"} of a rule as a pattern. */
int lrt_json_pattern(struct lrt *c, const char *section, const json_t *rule, void **code) {
    const json_t *pattern = json_object_get(rule, "pattern"), *string = json_object_get(pattern, "String");
    const char *regex = lrt_json_text(pattern, "Regex");
    *code = NULL;
    if (regex) return lrt_pattern_compile(c, regex, code);
    if (!json_is_string(string) || json_string_length(string) == 0)
        return lrt_json_unsupported(c, section, rule, " without a pattern");
    char *quoted = lrt_pattern_quote(json_string_value(string), json_string_length(string));
    int status = quoted ? lrt_pattern_compile(c, quoted, code)
                        : lrt_fail(c, LRT_ERR_MEMORY, "tokenizer: no memory for a pattern");
    free(quoted);
    return status;
}

int lrt_json_pattern_is(const json_t *rule, const char *text) {
    const char *string = lrt_json_text(json_object_get(rule, "pattern"), "String");
    return string && strcmp(string, text) == 0;
}

static int read_replace(struct lrt *c, struct lrt_tokenizer *t, const json_t *rule) {
    const char *content = lrt_json_text(rule, "content");
    if (!content) return lrt_json_unsupported(c, "normalizer", rule, " without a content");
    const int marks = strcmp(content, LRT_SPACE_MARK) == 0 && lrt_json_pattern_is(rule, " ");
    struct lrt_normalizer_step step = {.kind = LRT_NORMALIZE_REPLACE, .options = marks};
    int status = lrt_json_pattern(c, "normalizer", rule, &step.pattern);
    return status ? status : add_text(c, t, step, content);
}

static int read_bert(struct lrt *c, struct lrt_tokenizer *t, const json_t *rule) {
    const int lower = lrt_json_flag(rule, "lowercase", 1);
    int status = LRT_OK;
    if (lrt_json_flag(rule, "clean_text", 1)) status = add_characters(c, t, lrt_clean_step);
    if (!status && lrt_json_flag(rule, "handle_chinese_chars", 1))
        status = add_characters(c, t, lrt_space_ideographs_step);
    if (!status && lrt_json_flag(rule, "strip_accents", lower)) {
        status = add_form(c, t, LRT_FORM_NFD);
        if (!status) status = add_characters(c, t, lrt_drop_nonspacing_step);
    }
    return status || !lower ? status : add_characters(c, t, lrt_lower_step);
}

/* Base64 in place of its text; the bytes, or -1. */
static int64_t decode_base64(const char *text, size_t n, char *out) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t value = 0;
    size_t bits = 0, bytes = 0;
    while (n && text[n - 1] == '=') n--;
    for (size_t i = 0; i < n; i++) {
        const char *digit = text[i] ? strchr(alphabet, text[i]) : NULL;
        if (!digit) return -1;
        value = value << 6 | (uint32_t)(digit - alphabet);
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        out[bytes++] = (char)(value >> bits & 0xFF);
    }
    return (int64_t)bytes;
}

static int read_precompiled(struct lrt *c, struct lrt_tokenizer *t, const json_t *rule) {
    const json_t *text = json_object_get(rule, "precompiled_charsmap");
    const size_t n = json_string_length(text);
    if (!json_is_string(text)) return lrt_json_unsupported(c, "normalizer", rule, " without precompiled_charsmap");
    char *blob = malloc(n + 1);
    if (!blob) return lrt_fail(c, LRT_ERR_MEMORY, "tokenizer: no memory for a map of %zu bytes", n);
    const int64_t bytes = decode_base64(json_string_value(text), n, blob);
    struct lrt_normalizer_step step = {.kind = LRT_NORMALIZE_CHARSMAP, .options = 1};
    int status = bytes < 0 ? lrt_fail(c, LRT_ERR_FILE, "normalizer Precompiled: its precompiled_charsmap is no base64")
                           : lrt_charsmap_open(c, blob, (size_t)bytes, &step.map);
    free(blob);
    return status ? status : add(c, t, step);
}

static int read_sequence(struct lrt *c, struct lrt_tokenizer *t, const json_t *rule) {
    const json_t *list = json_object_get(rule, "normalizers");
    int status = LRT_OK;
    for (size_t i = 0; i < json_array_size(list) && !status; i++)
        status = lrt_json_normalizer(c, t, json_array_get(list, i));
    return status;
}

int lrt_json_normalizer(struct lrt *c, struct lrt_tokenizer *t, const json_t *rule) {
    static const struct {
        const char *type;
        lrt_character_step *step;
        int (*read)(struct lrt *c, struct lrt_tokenizer *t, const json_t *rule);
        enum lrt_unicode_form form; /* where there is neither step nor function */
    } table[] = {
#define FORM(type, form) {type, NULL, NULL, LRT_FORM_##form},
#define CHARACTERS(type, step) {type, lrt_##step##_step, NULL, LRT_FORM_NFC},
#define READ(type, function) {type, NULL, function, LRT_FORM_NFC},
#include "runtime/text/normalizers.def"
#undef FORM
#undef CHARACTERS
#undef READ
    };
    if (!rule || json_is_null(rule)) return LRT_OK;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (lrt_json_type_is(rule, table[i].type))
            return table[i].read   ? table[i].read(c, t, rule)
                   : table[i].step ? add_characters(c, t, table[i].step)
                                   : add_form(c, t, table[i].form);
    return lrt_json_unsupported(c, "normalizer", rule, "");
}
