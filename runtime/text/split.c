/* Text to words. A stage cuts a piece at the matches of a pattern, or changes it; its pieces go to the next stage one
 * by one, and those of the last are the words. Pieces are ranges of the text, or of the buffer of the stage that
 * changed them. */
#include "runtime/text/split.h"
#include "runtime/text/pattern.h"
#include "runtime/text/tokenizer.h"
#include "runtime/text/utf8.h"
#include <stdlib.h>
#include <string.h>

int lrt_split_add(struct lrt *c, struct lrt_split *s, struct lrt_split_stage stage) {
    if (!s->match) s->match = lrt_pattern_match_make();
    if (!s->match || s->count == LRT_SPLIT_STAGES) {
        lrt_pattern_free(stage.code);
        if (!s->match) return lrt_fail(c, LRT_ERR_MEMORY, "tokenizer: no memory for matching");
        return lrt_fail(c, LRT_ERR_FILE, "tokenizer: more than %d stages of splitting are refused", LRT_SPLIT_STAGES);
    }
    s->stages[s->count++] = stage;
    return LRT_OK;
}

int lrt_split_add_pattern(struct lrt *c, struct lrt_split *s, const char *pattern, enum lrt_cut cut, int invert) {
    struct lrt_split_stage stage = {.kind = LRT_STAGE_CUT, .cut = cut, .invert = invert};
    int status = lrt_pattern_compile(c, pattern, &stage.code);
    return status ? status : lrt_split_add(c, s, stage);
}

struct splitting {
    struct lrt *c;
    struct lrt_split *split;
    lrt_word_sink *sink;
    void *arg;
};

static int split_from(const struct splitting *s, size_t stage, const char *text, size_t bytes, int place);

/* A stage that cuts: ranges come in order, match or not, and some wait for the next one. */
struct cutting {
    const struct splitting *s;
    size_t next; /* stage */
    enum lrt_cut cut;
    const char *text;
    int place; /* of the text */
    size_t begin, end;
    int waits, matched; /* a range that waits */
};

static int give(const struct cutting *k, size_t begin, size_t end) {
    return split_from(k->s, k->next, k->text + begin, end - begin, begin == 0 ? k->place : 0);
}

static int release(struct cutting *k) {
    if (!k->waits) return LRT_OK;
    k->waits = 0;
    return give(k, k->begin, k->end);
}

static int hold(struct cutting *k, size_t begin, size_t end, int matched) {
    int status = release(k);
    k->waits = 1;
    k->begin = begin;
    k->end = end;
    k->matched = matched;
    return status;
}

static int cut_range(struct cutting *k, size_t begin, size_t end, int matched) {
    switch (k->cut) {
    case LRT_CUT_ISOLATED: return give(k, begin, end);
    case LRT_CUT_REMOVED: return matched ? LRT_OK : give(k, begin, end);
    case LRT_CUT_CONTIGUOUS:
        if (!k->waits || k->matched != matched) return hold(k, begin, end, matched);
        k->end = end;
        return LRT_OK;
    case LRT_CUT_MERGED_PREVIOUS: /* a match joins what is not one before it */
        if (!matched) return hold(k, begin, end, 0);
        if (k->waits)
            k->end = end;
        else
            return give(k, begin, end);
        return release(k);
    case LRT_CUT_MERGED_NEXT:
        if (matched) return hold(k, begin, end, 1);
        if (k->waits)
            k->end = end;
        else
            return give(k, begin, end);
        return release(k);
    }
    return LRT_OK;
}

static int cut_piece(const struct splitting *s, size_t at_stage, const char *text, size_t bytes, int place) {
    const struct lrt_split_stage *stage = &s->split->stages[at_stage];
    struct cutting k = {.s = s, .next = at_stage + 1, .cut = stage->cut, .text = text, .place = place};
    struct lrt_pattern_scan scan = {.text = text, .bytes = bytes};
    int found = 1, status = LRT_OK;
    while (found && !status) {
        const size_t at = scan.end;
        status = lrt_pattern_next(s->c, stage->code, s->split->match, &scan, &found);
        const size_t begin = found ? scan.begin : bytes;
        if (!status && begin > at) status = cut_range(&k, at, begin, stage->invert);
        if (!status && found) status = cut_range(&k, begin, scan.end, !stage->invert);
    }
    if (status) return status;
    return release(&k);
}

/* The piece with a space, or with marks for spaces, in the stage's buffer. */
static int change_piece(const struct splitting *s, size_t at_stage, const char *text, size_t bytes, int place) {
    struct lrt_split_stage *stage = &s->split->stages[at_stage];
    const int marks = stage->kind == LRT_STAGE_MARKS;
    const int wanted =
        !marks || stage->marks == LRT_MARKS_ALWAYS || (stage->marks == LRT_MARKS_FIRST && place & LRT_SPLIT_FIRST);
    const int has = *text == ' ' || (marks && bytes >= 3 && memcmp(text, LRT_SPACE_MARK, 3) == 0);
    const int prefix = wanted && !has && !(place & LRT_SPLIT_CONTINUES);
    size_t n = 0;
    if (!marks && !prefix) return split_from(s, at_stage + 1, text, bytes, place);
    int status = lrt_grow(s->c, (void **)&stage->buffer, &stage->capacity, (marks ? 3 : 1) * bytes + 3, 1);
    if (status) return status;
    if (prefix && marks) n = (size_t)((char *)memcpy(stage->buffer, LRT_SPACE_MARK, 3) - stage->buffer) + 3;
    if (prefix && !marks) stage->buffer[n++] = ' ';
    for (size_t i = 0; i < bytes; i++) {
        if (marks && text[i] == ' ') {
            memcpy(stage->buffer + n, LRT_SPACE_MARK, 3);
            n += 3;
        } else {
            stage->buffer[n++] = text[i];
        }
    }
    return split_from(s, at_stage + 1, stage->buffer, n, place);
}

static int spell_piece(const struct splitting *s, size_t at_stage, const char *text, size_t bytes) {
    struct lrt_split_stage *stage = &s->split->stages[at_stage];
    int status = lrt_grow(s->c, (void **)&stage->buffer, &stage->capacity, 2 * bytes, 1);
    if (status) return status;
    const size_t n = lrt_byte_level_encode(text, bytes, stage->buffer);
    return split_from(s, at_stage + 1, stage->buffer, n, 0);
}

static int split_from(const struct splitting *s, size_t stage, const char *text, size_t bytes, int place) {
    if (bytes == 0) return LRT_OK;
    if (stage == s->split->count) return s->sink(s->arg, text, bytes);
    switch (s->split->stages[stage].kind) {
    case LRT_STAGE_CUT: return cut_piece(s, stage, text, bytes, place);
    case LRT_STAGE_SPACE:
    case LRT_STAGE_MARKS: return change_piece(s, stage, text, bytes, place);
    case LRT_STAGE_ALPHABET: return spell_piece(s, stage, text, bytes);
    }
    return LRT_OK;
}

int lrt_split_text(struct lrt *c, struct lrt_split *s, const char *text, size_t bytes, int place, lrt_word_sink *sink,
                   void *arg) {
    const struct splitting run = {.c = c, .split = s, .sink = sink, .arg = arg};
    size_t at = 0;
    while (at < bytes) {
        const size_t valid = lrt_utf8_valid(text + at, bytes - at);
        int status = split_from(&run, 0, text + at, valid, at == 0 ? place : 0);
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
    for (size_t i = 0; i < s->count; i++) {
        lrt_pattern_free(s->stages[i].code);
        free(s->stages[i].buffer);
    }
    lrt_pattern_match_free(s->match);
    memset(s, 0, sizeof *s);
}
