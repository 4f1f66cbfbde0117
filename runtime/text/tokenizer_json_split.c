/* tokenizer.json's pre-tokenizer becomes the stages of our split. */
#include "runtime/text/json_read.h"
#include "runtime/text/pattern.h"
#include "runtime/text/utf8.h"
#include <stdlib.h>
#include <string.h>

/* \w of Rust, as lrt_is_word */
#define LETTERS "\\p{L}\\p{M}\\p{Nd}\\p{Nl}\\p{Pc}\\x{200c}\\x{200d}"
#define SYMBOLS "\\x{24b6}-\\x{24e9}\\x{1f130}-\\x{1f149}\\x{1f150}-\\x{1f169}\\x{1f170}-\\x{1f189}"
#define WORD LETTERS SYMBOLS
#define PUNCTUATION "[\\p{P}$+<=>^`|~]"

/* Stages behind ByteLevel see its alphabet. */
static int add(struct lrt *c, struct lrt_tokenizer *t, struct lrt_split_stage stage) {
    int status = LRT_OK;
    if (t->alphabet == LRT_ALPHABET_BEHIND) {
        t->alphabet = LRT_ALPHABET_WORDS;
        status = lrt_split_add(c, &t->split, (struct lrt_split_stage){.kind = LRT_STAGE_ALPHABET});
    }
    if (!status) return lrt_split_add(c, &t->split, stage);
    lrt_pattern_free(stage.code);
    return status;
}

static int add_pattern(struct lrt *c, struct lrt_tokenizer *t, const char *pattern, enum lrt_cut cut, int invert) {
    struct lrt_split_stage stage = {.kind = LRT_STAGE_CUT, .cut = cut, .invert = invert};
    int status = lrt_pattern_compile(c, pattern, &stage.code);
    return status ? status : add(c, t, stage);
}

static int behavior(struct lrt *c, const json_t *rule, enum lrt_cut absent, enum lrt_cut *cut) {
    static const char *const names[] = {"Isolated", "Removed", "Contiguous", "MergedWithPrevious", "MergedWithNext"};
    const char *name = lrt_json_text(rule, "behavior");
    *cut = absent;
    if (!name) return LRT_OK;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        *cut = (enum lrt_cut)i;
        if (strcmp(name, names[i]) == 0) return LRT_OK;
    }
    return lrt_json_unsupported(c, "pre_tokenizer", rule, " with this behavior");
}

static int read_byte_level(struct lrt *c, struct lrt_tokenizer *t, const json_t *rule) {
    const struct lrt_named_split *found;
    int status = LRT_OK;
    if (t->alphabet != LRT_ALPHABET_NONE) return lrt_json_unsupported(c, "pre_tokenizer", rule, " a second time");
    if (lrt_json_flag(rule, "add_prefix_space", 1)) {
        t->strips_space = 1;
        status = add(c, t, (struct lrt_split_stage){.kind = LRT_STAGE_SPACE});
    }
    if (!status && lrt_json_flag(rule, "use_regex", 1)) status = lrt_split_add_named(c, &t->split, "gpt-2", &found);
    t->alphabet = LRT_ALPHABET_BEHIND;
    return status;
}

static int read_split(struct lrt *c, struct lrt_tokenizer *t, const json_t *rule) {
    struct lrt_split_stage stage = {.kind = LRT_STAGE_CUT,
                                    .only_spaces = lrt_json_pattern_is(rule, " "),
                                    .invert = lrt_json_flag(rule, "invert", 0)};
    int status = behavior(c, rule, LRT_CUT_ISOLATED, &stage.cut);
    if (!status) status = lrt_json_pattern(c, "pre_tokenizer", rule, &stage.code);
    return status ? status : add(c, t, stage);
}

static int read_metaspace(struct lrt *c, struct lrt_tokenizer *t, const json_t *rule) {
    static const char *const names[] = {"always", "first", "never"};
    const char *mark = lrt_json_text(rule, "replacement"), *scheme = lrt_json_text(rule, "prepend_scheme");
    struct lrt_split_stage stage = {.kind = LRT_STAGE_MARKS};
    size_t found = 0;
    if (mark && strcmp(mark, LRT_SPACE_MARK) != 0)
        return lrt_json_unsupported(c, "pre_tokenizer", rule, " with a replacement other than U+2581");
    if (!scheme) scheme = lrt_json_flag(rule, "add_prefix_space", 1) ? "always" : "never";
    while (found < 3 && strcmp(scheme, names[found]) != 0) found++;
    if (found == 3) return lrt_json_unsupported(c, "pre_tokenizer", rule, " with this prepend_scheme");
    stage.marks = (enum lrt_marks)found;
    if (stage.marks == LRT_MARKS_FIRST) t->prefix_once = 1;
    int status = add(c, t, stage);
    return status || !lrt_json_flag(rule, "split", 1) ? status
                                                      : add_pattern(c, t, LRT_SPACE_MARK, LRT_CUT_MERGED_NEXT, 0);
}

static int read_digits(struct lrt *c, struct lrt_tokenizer *t, const json_t *rule) {
    const enum lrt_cut cut = lrt_json_flag(rule, "individual_digits", 0) ? LRT_CUT_ISOLATED : LRT_CUT_CONTIGUOUS;
    return add_pattern(c, t, "\\p{N}", cut, 0);
}

static int read_punctuation(struct lrt *c, struct lrt_tokenizer *t, const json_t *rule) {
    enum lrt_cut cut;
    int status = behavior(c, rule, LRT_CUT_ISOLATED, &cut);
    return status ? status : add_pattern(c, t, PUNCTUATION, cut, 0);
}

static int read_whitespace(struct lrt *c, struct lrt_tokenizer *t, const json_t *rule) {
    (void)rule;
    return add_pattern(c, t, "[" WORD "]+|[^" WORD "\\s]+", LRT_CUT_REMOVED, 1);
}

static int read_whitespace_split(struct lrt *c, struct lrt_tokenizer *t, const json_t *rule) {
    (void)rule;
    return add_pattern(c, t, "\\s", LRT_CUT_REMOVED, 0);
}

static int read_delimiter(struct lrt *c, struct lrt_tokenizer *t, const json_t *rule) {
    const char *delimiter = lrt_json_text(rule, "delimiter");
    if (!delimiter || !*delimiter) return lrt_json_unsupported(c, "pre_tokenizer", rule, " without a delimiter");
    char *quoted = lrt_pattern_quote(delimiter, strlen(delimiter));
    int status = quoted ? add_pattern(c, t, quoted, LRT_CUT_REMOVED, 0)
                        : lrt_fail(c, LRT_ERR_MEMORY, "tokenizer: no memory for a pattern");
    free(quoted);
    return status;
}

static int read_bert(struct lrt *c, struct lrt_tokenizer *t, const json_t *rule) {
    (void)rule;
    int status = add_pattern(c, t, "\\s", LRT_CUT_REMOVED, 0);
    return status ? status : add_pattern(c, t, PUNCTUATION, LRT_CUT_ISOLATED, 0);
}

static int read_sequence(struct lrt *c, struct lrt_tokenizer *t, const json_t *rule) {
    const json_t *list = json_object_get(rule, "pretokenizers");
    int status = LRT_OK;
    for (size_t i = 0; i < json_array_size(list) && !status; i++)
        status = lrt_json_pre_tokenizer(c, t, json_array_get(list, i));
    return status;
}

int lrt_json_pre_tokenizer(struct lrt *c, struct lrt_tokenizer *t, const json_t *rule) {
    static const struct {
        const char *type;
        int (*read)(struct lrt *c, struct lrt_tokenizer *t, const json_t *rule);
    } table[] = {
#define PRE_TOKENIZER(type, read) {type, read},
#include "runtime/text/pre_tokenizers.def"
#undef PRE_TOKENIZER
    };
    if (!rule || json_is_null(rule)) return LRT_OK;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (lrt_json_type_is(rule, table[i].type)) return table[i].read(c, t, rule);
    return lrt_json_unsupported(c, "pre_tokenizer", rule, "");
}
