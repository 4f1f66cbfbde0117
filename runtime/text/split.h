/* Text to words by split patterns. */
#ifndef LRT_TEXT_SPLIT_H
#define LRT_TEXT_SPLIT_H
#include "runtime/text/tokenizer.h"

typedef int lrt_word_sink(void *arg, const char *word, size_t bytes);
/* Gives the words of any bytes in order; together they are the text. What is not UTF-8 is a word of its own. */
int lrt_split_text(struct lrt *c, const struct lrt_split *s, const char *text, size_t bytes, lrt_word_sink *sink,
                   void *arg);
#endif
