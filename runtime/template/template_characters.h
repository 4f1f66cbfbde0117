/* Characters of UTF-8 texts, as Python sees them. */
#ifndef LRT_TEMPLATE_CHARACTERS_H
#define LRT_TEMPLATE_CHARACTERS_H
#include <stddef.h>
#include <stdint.h>

size_t lrt_template_space(const char *text, size_t bytes);     /* bytes of the white space that begins the text, or 0 */
size_t lrt_template_space_end(const char *text, size_t bytes); /* that ends it */
size_t lrt_template_spell(uint32_t code, char out[4]);         /* a character's bytes; 0: a surrogate or none */
size_t lrt_template_characters(const char *text, size_t bytes);
/* Where the character with this index begins; `bytes` behind the last. */
size_t lrt_template_character_at(const char *text, size_t bytes, size_t index);
/* Reads a number in any locale; returns 1 when the whole text is one. Spaces around it and "_" are not accepted. */
int lrt_template_read_real(const char *text, size_t bytes, double *value);
/* Python's repr of a real number. */
size_t lrt_template_write_real(double value, char out[40]);
enum { TEMPLATE_UPPER, TEMPLATE_LOWER };
/* The character's other case, as its bytes: 1 to 12 of them. 0: the character has none that is known here. */
size_t lrt_template_change_case(const char *text, size_t bytes, int to, char out[12]);
int lrt_template_is_printable(uint32_t code);
#endif
