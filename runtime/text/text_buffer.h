/* Text that grows. */
#ifndef LRT_TEXT_BUFFER_H
#define LRT_TEXT_BUFFER_H
#include <lorac/lrt.h>
#include <stddef.h>
#include <stdint.h>

struct lrt_text_buffer {
    char *bytes;
    size_t count, capacity;
    size_t limit; /* of count, which a file of a stranger may not exceed; 0: none */
};
int lrt_buffer_add(struct lrt *c, struct lrt_text_buffer *b, const char *text, size_t bytes);
int lrt_buffer_add_character(struct lrt *c, struct lrt_text_buffer *b, uint32_t code);
#endif
