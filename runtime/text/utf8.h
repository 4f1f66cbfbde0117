/* UTF-8: characters in byte strings that may be broken. */
#ifndef LRT_TEXT_UTF8_H
#define LRT_TEXT_UTF8_H
#include <stddef.h>
#include <stdint.h>

#define LRT_SPACE_MARK "\xE2\x96\x81" /* U+2581, which SentencePiece has for a space */

/* JSON's white space. */
static inline int lrt_is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/* Bytes of the well-formed character at text (1..4), 0 when there is none (broken, truncated, surrogate, overlong).
 * *code: the character, when code is not NULL. */
size_t lrt_utf8_character(const char *text, size_t bytes, uint32_t *code);
/* Bytes of the longest well-formed beginning. */
size_t lrt_utf8_valid(const char *text, size_t bytes);
/* 1 when text is the beginning of a character that needs more bytes. */
int lrt_utf8_unfinished(const char *text, size_t bytes);
#endif
