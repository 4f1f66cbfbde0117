/* Normalisers that look at one character at a time: what becomes of it. */
#include "runtime/text/normalize.h"
#include "runtime/text/unicode.h"

/* The one character whose small form is two: Turkish I with a dot. */
int lrt_lower_step(struct lrt *c, struct lrt_text_buffer *to, uint32_t code) {
    if (code == 0x130) return lrt_buffer_add(c, to, "i\xCC\x87", 3);
    return lrt_buffer_add_character(c, to, lrt_lower(code));
}

int lrt_drop_marks_step(struct lrt *c, struct lrt_text_buffer *to, uint32_t code) {
    return lrt_is_mark(code) ? LRT_OK : lrt_buffer_add_character(c, to, code);
}

int lrt_drop_nonspacing_step(struct lrt *c, struct lrt_text_buffer *to, uint32_t code) {
    return lrt_is_nonspacing_mark(code) ? LRT_OK : lrt_buffer_add_character(c, to, code);
}

/* Nmt: some control characters go, other ones and marks of layout become spaces. */
int lrt_nmt_step(struct lrt *c, struct lrt_text_buffer *to, uint32_t code) {
    if ((code >= 1 && code <= 8) || code == 0x0B || (code >= 0x0E && code <= 0x1F) || code == 0x7F || code == 0x8F ||
        code == 0x9F)
        return LRT_OK;
    const int space = code == 9 || code == 0x0A || code == 0x0C || code == 0x0D || code == 0x1680 ||
                      (code >= 0x200B && code <= 0x200F) || code == 0x2028 || code == 0x2029 || code == 0x2581 ||
                      code == 0xFEFF || code == 0xFFFD;
    return lrt_buffer_add_character(c, to, space ? ' ' : code);
}

/* BertNormalizer's clean_text. */
int lrt_clean_step(struct lrt *c, struct lrt_text_buffer *to, uint32_t code) {
    const int kept = code == '\t' || code == '\n' || code == '\r';
    if (!kept && (code == 0 || code == 0xFFFD || lrt_is_other(code))) return LRT_OK;
    return lrt_buffer_add_character(c, to, lrt_is_space(code) ? ' ' : code);
}

/* BertNormalizer's handle_chinese_chars: the blocks that it takes for ideographs. */
int lrt_space_ideographs_step(struct lrt *c, struct lrt_text_buffer *to, uint32_t code) {
    static const uint32_t blocks[][2] = {{0x4E00, 0x9FFF},   {0x3400, 0x4DBF},   {0x20000, 0x2A6DF},
                                         {0x2A700, 0x2B73F}, {0x2B740, 0x2B81F}, {0x2B920, 0x2CEAF},
                                         {0xF900, 0xFAFF},   {0x2F800, 0x2FA1F}};
    int found = 0;
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) found |= code >= blocks[i][0] && code <= blocks[i][1];
    int status = found ? lrt_buffer_add(c, to, " ", 1) : LRT_OK;
    if (!status) status = lrt_buffer_add_character(c, to, code);
    return status || !found ? status : lrt_buffer_add(c, to, " ", 1);
}
