/* What characters are, in Unicode's terms. */
#ifndef LRT_TEXT_UNICODE_H
#define LRT_TEXT_UNICODE_H
#include <stddef.h>
#include <stdint.h>

int lrt_is_space(uint32_t code); /* White_Space */
int lrt_is_word(uint32_t code);  /* \w of Rust: Alphabetic, M, Nd, Pc, Join_Control */
int lrt_is_mark(uint32_t code);  /* M */
int lrt_is_nonspacing_mark(uint32_t code);
int lrt_is_other(uint32_t code); /* C: controls, formats, private use, unassigned */
uint32_t lrt_lower(uint32_t code);
/* Writes at most 4 bytes of UTF-8; their number. */
size_t lrt_put_character(uint32_t code, char out[4]);
#endif
