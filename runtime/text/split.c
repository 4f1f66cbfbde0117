/* Text to words by split patterns (PCRE2). A stage cuts its input at every match. Matches and the text between them go
 * to the next stage; the last stage's pieces are the words. Nothing is copied: words are ranges of the text. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "runtime/text/split.h"
#include "runtime/text/utf8.h"
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#define WHITE_SPACE "\\p{Z}\\x{9}-\\x{d}\\x{85}"

/* Spells out \s and \S, because PCRE2's \s contains U+180E and Unicode's White_Space does not. out: 32 bytes
 * for each of the pattern. */
static void spell_white_space(const char *pattern, char *out) {
    int in_class = 0;
    for (const char *p = pattern; *p; p++) {
        const char *replaced = NULL;
        if (*p == '\\' && p[1]) {
            if (p[1] == 's') replaced = in_class ? WHITE_SPACE : "[" WHITE_SPACE "]";
            if (p[1] == 'S' && !in_class) replaced = "[^" WHITE_SPACE "]";
            if (!replaced) *out++ = *p;
            p++;
        } else if (*p == '[' && !in_class) {
            in_class = 1;
        } else if (*p == ']' && in_class) {
            in_class = 0;
        }
        if (replaced) {
            const size_t length = strlen(replaced);
            memcpy(out, replaced, length);
            out += length;
        } else {
            *out++ = *p;
        }
    }
    *out = 0;
}

int lrt_split_add(struct lrt *c, struct lrt_split *s, const char *pattern) {
    if (s->count == LRT_SPLIT_STAGES)
        return lrt_fail(c, LRT_ERR_FILE, "tokenizer: more than %d split patterns", LRT_SPLIT_STAGES);
    char *spelled = malloc(32 * strlen(pattern) + 1);
    if (!spelled) return lrt_fail(c, LRT_ERR_MEMORY, "tokenizer: no memory for a split pattern");
    spell_white_space(pattern, spelled);
    int number;
    PCRE2_SIZE at;
    pcre2_code *code =
        pcre2_compile((PCRE2_SPTR)spelled, PCRE2_ZERO_TERMINATED, PCRE2_UTF | PCRE2_UCP, &number, &at, NULL);
    free(spelled);
    if (!code) {
        PCRE2_UCHAR words[120];
        pcre2_get_error_message(number, words, sizeof words);
        return lrt_fail(c, LRT_ERR_FILE, "tokenizer: split pattern %.200s: %s", pattern, (const char *)words);
    }
    (void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE); /* without a JIT the interpreter gives the same matches */
    s->stages[s->count++].code = code;
    if (!s->match) s->match = pcre2_match_data_create(1, NULL);
    if (!s->match) return lrt_fail(c, LRT_ERR_MEMORY, "tokenizer: no memory for matching");
    return LRT_OK;
}

struct splitting {
    struct lrt *c;
    const struct lrt_split *split;
    lrt_word_sink *sink;
    void *arg;
};

static int split_from(const struct splitting *s, size_t stage, const char *text, size_t bytes) {
    if (bytes == 0) return LRT_OK;
    if (stage == s->split->count) return s->sink(s->arg, text, bytes);
    pcre2_match_data *match = s->split->match;
    size_t at = 0;
    while (at < bytes) {
        const int found = pcre2_match(s->split->stages[stage].code, (PCRE2_SPTR)text, bytes, at,
                                      PCRE2_NO_UTF_CHECK | PCRE2_NOTEMPTY, match, NULL);
        if (found < 0 && found != PCRE2_ERROR_NOMATCH)
            return lrt_fail(s->c, LRT_ERR_SYSTEM, "tokenizer: PCRE2 gives up on a text (error %d)", found);
        const PCRE2_SIZE *range = pcre2_get_ovector_pointer(match);
        const size_t begin = found < 0 ? bytes : range[0], end = found < 0 ? bytes : range[1];
        if (begin < at || end < begin)
            return lrt_fail(s->c, LRT_ERR_FILE, "tokenizer: a split pattern matches backwards");
        int status = split_from(s, stage + 1, text + at, begin - at);
        if (!status) status = split_from(s, stage + 1, text + begin, end - begin);
        if (status) return status;
        at = end;
    }
    return LRT_OK;
}

int lrt_split_text(struct lrt *c, const struct lrt_split *s, const char *text, size_t bytes, lrt_word_sink *sink,
                   void *arg) {
    const struct splitting run = {.c = c, .split = s, .sink = sink, .arg = arg};
    size_t at = 0;
    while (at < bytes) {
        const size_t valid = lrt_utf8_valid(text + at, bytes - at);
        int status = split_from(&run, 0, text + at, valid);
        if (status) return status;
        at += valid;
        size_t broken = 0;
        while (at + broken < bytes && lrt_utf8_character(text + at + broken, bytes - at - broken, NULL) == 0) broken++;
        if (broken && (status = sink(arg, text + at, broken)) != LRT_OK) return status;
        at += broken;
    }
    return LRT_OK;
}

void lrt_split_free(struct lrt_split *s) {
    for (size_t i = 0; i < s->count; i++) pcre2_code_free(s->stages[i].code);
    pcre2_match_data_free(s->match);
    memset(s, 0, sizeof *s);
}
