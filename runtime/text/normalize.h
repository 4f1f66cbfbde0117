/* A normaliser: steps that change a text before it is split, one after the other. */
#ifndef LRT_TEXT_NORMALIZE_H
#define LRT_TEXT_NORMALIZE_H
#include "runtime/text/specials.h"
#include "runtime/text/text_buffer.h"

enum lrt_normalizer_kind {
    LRT_NORMALIZE_FORM,       /* Unicode's NFC, NFD, NFKC, NFKD */
    LRT_NORMALIZE_CHARACTERS, /* one by one */
    LRT_NORMALIZE_PREPEND,    /* text, before a text that is not empty */
    LRT_NORMALIZE_REPLACE,    /* matches of pattern by text */
    LRT_NORMALIZE_STRIP,      /* white space at the ends */
    LRT_NORMALIZE_CHARSMAP,   /* SentencePiece's precompiled map */
    LRT_NORMALIZE_SPACES /* SentencePiece's: no spaces at the ends, one between words; no U+2581 at the end either */
};
enum lrt_strip_sides { LRT_STRIP_BEGIN = 1, LRT_STRIP_END = 2 };
struct lrt_charsmap;
/* Adds what becomes of a character. */
typedef int lrt_character_step(struct lrt *c, struct lrt_text_buffer *to, uint32_t code);

struct lrt_normalizer_step {
    enum lrt_normalizer_kind kind;
    int options; /* FORM: utf8proc's; STRIP: sides; CHARSMAP: 1 for Hugging Face's way to apply it; REPLACE: 1 for
                  * spaces by U+2581; PREPEND: 1 for U+2581 */
    lrt_character_step *character;
    void *pattern;
    char *text; /* owned */
    size_t bytes;
    struct lrt_charsmap *map; /* owned */
};
enum { LRT_NORMALIZER_STEPS = 64, LRT_NORMALIZER_GROWTH = 32, LRT_NORMALIZER_ROOM = 1 << 20 };
struct lrt_normalizer {
    struct lrt_normalizer_step *steps;
    size_t count, capacity;
    void *match;
    struct lrt_specials kept; /* CHARSMAP leaves these as they are */
    struct lrt_text_buffer from, to;
    int32_t *codes; /* FORM */
    size_t codes_capacity;
};

/* Takes what the step owns, also when it fails. */
int lrt_normalizer_add(struct lrt *c, struct lrt_normalizer *n, struct lrt_normalizer_step step);
void lrt_normalizer_free(struct lrt_normalizer *n);
/* text is UTF-8. A step that makes more than GROWTH times it and ROOM is an error. *out: it, or a buffer that lives
 * until the next call. place: enum lrt_split_place. */
int lrt_normalize(struct lrt *c, struct lrt_normalizer *n, const char *text, size_t bytes, int place, const char **out,
                  size_t *out_bytes);

/* Unicode's forms, by their names. */
enum lrt_unicode_form { LRT_FORM_NFC, LRT_FORM_NFD, LRT_FORM_NFKC, LRT_FORM_NFKD };
int lrt_form_options(enum lrt_unicode_form form);
lrt_character_step lrt_lower_step, lrt_drop_marks_step, lrt_drop_nonspacing_step, lrt_nmt_step, lrt_clean_step,
    lrt_space_ideographs_step;
#endif
