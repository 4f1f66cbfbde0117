/* Text that grows. */
#include "runtime/text/text_buffer.h"
#include "runtime/text/unicode.h"
#include "runtime/text/vocabulary.h"
#include <string.h>

int lrt_buffer_add(struct lrt *c, struct lrt_text_buffer *b, const char *text, size_t bytes) {
    if (b->limit && b->count + bytes > b->limit)
        return lrt_fail(c, LRT_ERR_FILE,
                        "tokenizer: its normalizer makes more than %zu bytes of a text, which is refused", b->limit);
    int status = lrt_grow(c, (void **)&b->bytes, &b->capacity, b->count + bytes + 1, 1);
    if (status) return status;
    if (bytes) memcpy(b->bytes + b->count, text, bytes);
    b->count += bytes;
    return LRT_OK;
}

int lrt_buffer_add_character(struct lrt *c, struct lrt_text_buffer *b, uint32_t code) {
    char bytes[4];
    return lrt_buffer_add(c, b, bytes, lrt_put_character(code, bytes));
}
