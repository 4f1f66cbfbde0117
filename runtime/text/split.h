/* Text to words: the stages of a pre-tokenizer, each of which gets the pieces of the one before. */
#ifndef LRT_TEXT_SPLIT_H
#define LRT_TEXT_SPLIT_H
#include <lorac/lrt.h>
#include <stddef.h>

enum lrt_stage_kind {
    LRT_STAGE_CUT,     /* at the matches of a pattern */
    LRT_STAGE_SPACE,   /* a space is put before a piece that has none */
    LRT_STAGE_MARKS,   /* spaces become U+2581, which is also put before a piece that has none */
    LRT_STAGE_ALPHABET /* bytes become characters of GPT-2's alphabet, for the stages behind */
};
/* What becomes of a match; Hugging Face's names. */
enum lrt_cut { LRT_CUT_ISOLATED, LRT_CUT_REMOVED, LRT_CUT_CONTIGUOUS, LRT_CUT_MERGED_PREVIOUS, LRT_CUT_MERGED_NEXT };
enum lrt_marks { LRT_MARKS_ALWAYS, LRT_MARKS_FIRST, LRT_MARKS_NEVER };

struct lrt_split_stage {
    enum lrt_stage_kind kind;
    enum lrt_cut cut;
    enum lrt_marks marks;
    int only_spaces; /* CUT: its pattern is one space */
    int invert;      /* what the pattern does not match counts as its matches */
    void *code;
    char *buffer; /* a piece that is changed */
    size_t capacity;
};
enum { LRT_SPLIT_STAGES = 16 };
struct lrt_split {
    struct lrt_split_stage stages[LRT_SPLIT_STAGES];
    size_t count;
    void *match;
};

int lrt_split_add(struct lrt *c, struct lrt_split *s, struct lrt_split_stage stage);
/* A stage of kind CUT. */
int lrt_split_add_pattern(struct lrt *c, struct lrt_split *s, const char *pattern, enum lrt_cut cut, int invert);
struct lrt_named_split {
    const char *name, *others; /* others: separated by spaces */
    int whole_words, adds_bos; /* a word that is a token is not merged; what a GGUF that is silent about bos means */
    const char *stages[LRT_SPLIT_STAGES];
};
/* Adds the stages that GGUF calls `name` ("gpt-2"); LRT_ERR_FILE when it is not known. */
int lrt_split_add_named(struct lrt *c, struct lrt_split *s, const char *name, const struct lrt_named_split **found);
void lrt_split_free(struct lrt_split *s);

enum lrt_split_place {
    LRT_SPLIT_CONTINUES = 1, /* nothing is put before the text's first piece */
    LRT_SPLIT_FIRST = 2      /* it is the very first of all */
};
typedef int lrt_word_sink(void *arg, const char *word, size_t bytes);
/* Gives the words of any bytes in order. What is not UTF-8 is a word of its own. */
int lrt_split_text(struct lrt *c, struct lrt_split *s, const char *text, size_t bytes, int place, lrt_word_sink *sink,
                   void *arg);
#endif
