/* Regular expressions of tokenizer files. They are written for Oniguruma; PCRE2 runs them. */
#ifndef LRT_TEXT_PATTERN_H
#define LRT_TEXT_PATTERN_H
#include <lorac/lrt.h>
#include <stddef.h>

/* *code: a pcre2_code. What the two read differently is spelled out, or refused by name. */
int lrt_pattern_compile(struct lrt *c, const char *pattern, void **code);
/* A pattern that matches this text and nothing else; malloc'd, NULL without memory. */
char *lrt_pattern_quote(const char *text, size_t bytes);
void lrt_pattern_free(void *code);

/* The matches in a text, from left to right; start with `from` and what follows 0. A match may be empty. */
struct lrt_pattern_scan {
    const char *text;
    size_t bytes, from;
    int matched;
    size_t begin, end; /* of the match */
};
/* match: from lrt_pattern_match_make. *found: 0 when there is none any more. */
int lrt_pattern_next(struct lrt *c, const void *code, void *match, struct lrt_pattern_scan *scan, int *found);
void *lrt_pattern_match_make(void); /* NULL: no memory */
void lrt_pattern_match_free(void *match);
#endif
