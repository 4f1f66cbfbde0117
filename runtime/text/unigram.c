/* A word becomes the ids whose scores have the highest sum (Kudo 2018, https://arxiv.org/abs/1804.10959): Viterbi over
 * its characters. A character that is no token by itself is unknown, at a score below all others. */
#include "runtime/text/encode.h"
#include "runtime/text/utf8.h"
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The best way to a place in the word. */
struct lrt_unigram_node {
    double score;
    size_t begin; /* of its last token; SIZE_MAX: no way yet */
    size_t next;  /* the end of the token that begins here, on the best way of all */
    int32_t id;   /* of the last token; -1: unknown */
};

enum { LONGEST_TOKEN = 1024 }; /* each place of a text costs this much */

/* SentencePiece keeps sums as floats. */
static double stored(const struct lrt_tokenizer *t, double sum) { return t->unigram.single ? (double)(float)sum : sum; }

/* SentencePiece's scores of user-defined tokens: nearly always they win, and where two ways have as many of them, the
 * other tokens decide. */
static int add_user_defined(struct lrt *c, struct lrt_tokenizer *t, double highest) {
    const struct lrt_vocabulary *v = &t->vocabulary;
    for (size_t i = 0; t->user_inside && i < v->count; i++) {
        const char *text = v->text + v->pieces[i].offset;
        size_t length = v->pieces[i].bytes;
        if (v->pieces[i].kind != LRT_PIECE_USER) continue;
        if (length > LONGEST_TOKEN)
            return lrt_fail(c, LRT_ERR_FILE, "tokenizer: token %zu has %zu bytes; more than %d are refused", i, length,
                            LONGEST_TOKEN);
        if (length > t->unigram.longest) t->unigram.longest = length;
        for (size_t k = 0; k < v->pieces[i].bytes; k++) length += text[k] == ' ' ? 2 : 0; /* U+2581 has three */
        t->unigram.scores[i] = stored(t, (double)((float)length * (float)highest) + 1.0);
    }
    return LRT_OK;
}

int lrt_unigram_open(struct lrt *c, struct lrt_tokenizer *t, const double *scores, size_t count) {
    const struct lrt_vocabulary *v = &t->vocabulary;
    double lowest = INFINITY, highest = (double)FLT_MIN;
    t->unigram.scores = malloc((v->count + 1) * sizeof *scores);
    if (!t->unigram.scores) return lrt_fail(c, LRT_ERR_MEMORY, "tokenizer: no memory for %zu scores", v->count);
    for (size_t i = 0; i < v->count; i++) {
        t->unigram.scores[i] = i < count ? scores[i] : NAN;
        if (isnan(t->unigram.scores[i])) continue;
        if (scores[i] < lowest) lowest = scores[i];
        if (scores[i] > highest) highest = scores[i];
        if (v->pieces[i].bytes > t->unigram.longest) t->unigram.longest = v->pieces[i].bytes;
    }
    if (t->unigram.longest > LONGEST_TOKEN)
        return lrt_fail(c, LRT_ERR_FILE, "tokenizer: a token of %zu bytes; of a Unigram model more than %d are refused",
                        t->unigram.longest, LONGEST_TOKEN);
    if (!isfinite(lowest)) return lrt_fail(c, LRT_ERR_FILE, "tokenizer: its lowest score is %g", lowest);
    t->unigram.unknown = stored(t, lowest - 10);
    t->model = LRT_MODEL_UNIGRAM;
    t->fuse_unknown = 1;
    return add_user_defined(c, t, highest);
}

static void reach(const struct lrt_tokenizer *t, size_t begin, size_t end, int32_t id, double score) {
    struct lrt_unigram_node *node = &t->unigram.nodes[end];
    const double sum = stored(t, score + t->unigram.nodes[begin].score);
    if (node->begin != SIZE_MAX && sum <= node->score) return;
    *node = (struct lrt_unigram_node){.score = sum, .begin = begin, .id = id};
}

static size_t character(const char *text, size_t bytes) {
    const size_t n = lrt_utf8_character(text, bytes, NULL);
    return n ? n : 1;
}

/* All tokens that begin at `begin`. */
static void reach_from(const struct lrt_tokenizer *t, const char *word, size_t bytes, size_t begin) {
    const size_t first = character(word + begin, bytes - begin);
    uint64_t hash = LRT_HASH_START;
    int single = 0;
    for (size_t end = begin; end < bytes && end - begin < t->unigram.longest;) {
        for (size_t n = character(word + end, bytes - end); n > 0; n--) hash = lrt_hash_byte(hash, word[end++]);
        const int32_t id = lrt_vocabulary_find_hashed(&t->vocabulary, word + begin, end - begin, hash);
        if (id < 0 || isnan(t->unigram.scores[id])) continue;
        reach(t, begin, end, id, t->unigram.scores[id]);
        if (end - begin == first) single = 1;
    }
    if (!single) reach(t, begin, begin + first, -1, t->unigram.unknown);
}

int lrt_emit_unigram(struct lrt_encoding *e, const char *word, size_t bytes) {
    struct lrt_tokenizer *t = e->t;
    int status = lrt_grow(e->c, (void **)&t->unigram.nodes, &t->unigram.capacity, bytes + 1, sizeof *t->unigram.nodes);
    if (status) return status;
    struct lrt_unigram_node *nodes = t->unigram.nodes;
    for (size_t i = 0; i <= bytes; i++) nodes[i] = (struct lrt_unigram_node){.begin = SIZE_MAX, .id = -1};
    nodes[0].score = t->unigram.carried;
    for (size_t at = 0; at < bytes; at += character(word + at, bytes - at)) reach_from(t, word, bytes, at);
    t->unigram.carried = nodes[bytes].score;
    for (size_t end = bytes; end > 0; end = nodes[end].begin) nodes[nodes[end].begin].next = end;
    for (size_t at = 0, end; at < bytes && !status; at = end) {
        const int32_t id = nodes[end = nodes[at].next].id;
        if (id < 0)
            while (end < bytes && nodes[nodes[end].next].id < 0) end = nodes[end].next;
        status = id < 0 ? lrt_emit_fallback(e, word + at, end - at) : lrt_emit(e, id);
    }
    return status;
}
