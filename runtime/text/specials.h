/* Tokens that are found whole in a text, before anything else is done with it. */
#ifndef LRT_TEXT_SPECIALS_H
#define LRT_TEXT_SPECIALS_H
#include "runtime/text/vocabulary.h"

/* Longer ones are refused: looking for them costs this much for each byte of a text. */
enum { LRT_SPECIAL_BYTES = 1024 };

struct lrt_special {
    const char *text;
    uint32_t bytes;
    int32_t id;
};
struct lrt_specials {
    struct lrt_special *items; /* sorted as bytes; of equal ones the first id stays */
    size_t count, capacity;
    uint32_t first[257]; /* by first byte: items first[b] .. first[b+1] */
};
/* The text must stay where it is. */
int lrt_specials_add(struct lrt *c, struct lrt_specials *s, const char *text, size_t bytes, int32_t id);
void lrt_specials_sort(struct lrt_specials *s); /* once, after the last one */
void lrt_specials_free(struct lrt_specials *s);

/* Bytes of the longest that a text of at least one byte begins with; 0: none. */
size_t lrt_specials_begin(const struct lrt_specials *s, const char *text, size_t bytes);
/* Whether a text ends with one of them. */
int lrt_specials_end(const struct lrt_specials *s, const char *text, size_t bytes);

/* Walks over a text, from match to match; start with at and taken 0. */
struct lrt_special_scan {
    const struct lrt_specials *specials;
    const struct lrt_vocabulary *vocabulary; /* the flags of tokens */
    const char *text;
    size_t bytes;
    int all; /* 0: of control and unknown tokens none */
    size_t at, taken;
    /* the match: what lies between the one before and `begin` is text; it ends at `taken` */
    size_t text_begin, begin;
    int32_t id;
};
/* The leftmost and there the longest; 0 when there is none any more: then text_begin .. bytes is text. */
int lrt_specials_next(struct lrt_special_scan *scan);
#endif
