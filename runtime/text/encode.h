/* The encoding of a text under way: words become ids, which go to a sink. */
#ifndef LRT_TEXT_ENCODE_H
#define LRT_TEXT_ENCODE_H
#include "runtime/text/tokenizer.h"

struct lrt_encoding {
    struct lrt *c;
    struct lrt_tokenizer *t;
    lrt_token_sink *sink;
    void *arg;
    int after_unknown;
    int32_t due, last; /* bos that comes before all but itself; the last id given; -1: none */
    size_t count;
    int32_t ids[512];
};

int lrt_emit(struct lrt_encoding *e, int32_t id);
/* bos that is still due, eos unless the text ended with it (-1: none); then all ids have gone to the sink. */
int lrt_emit_end(struct lrt_encoding *e, int32_t eos);
/* Text that is no token, as its bytes one by one, else as the unknown token. */
int lrt_emit_fallback(struct lrt_encoding *e, const char *text, size_t bytes);
/* A word of a split (lrt_word_sink; arg: the encoding). */
int lrt_emit_word(void *e, const char *word, size_t bytes);
/* A word in characters, U+2581 resolved, by merges or scores. */
int lrt_emit_characters(struct lrt_encoding *e, const char *word, size_t bytes);
int lrt_emit_unigram(struct lrt_encoding *e, const char *word, size_t bytes);
int lrt_emit_wordpiece(struct lrt_encoding *e, const char *word, size_t bytes);
#endif
