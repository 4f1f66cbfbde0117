/* A llama2.c tokenizer .bin: u32 longest token; then for each token f32 score, u32 length, its bytes; all
 * little-endian. Ids 0, 1, 2 are unknown, begin, end; the format says no more of its tokens. llama2.c puts begin before
 * every text. */
#include "runtime/text/tokenizer.h"
#include <stdlib.h>
#include <string.h>

static uint32_t read_u32(const char *s) {
    const unsigned char *b = (const unsigned char *)s;
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static float float_of(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static int parse(struct lrt *c, struct lrt_tokenizer *t, const char *path, const char *file, size_t bytes,
                 double **scores) {
    size_t capacity = 0, at = 4;
    int64_t id = 0;
    if (bytes < 4) return lrt_fail(c, LRT_ERR_FILE, "%s: not a llama2.c tokenizer: %zu bytes", path, bytes);
    const uint32_t longest = read_u32(file);
    for (; at < bytes; id++) {
        if (bytes - at < 8) return lrt_fail(c, LRT_ERR_FILE, "%s: truncated at token %lld", path, (long long)id);
        const uint32_t score = read_u32(file + at), length = read_u32(file + at + 4);
        at += 8;
        /* begin and end are spelled with line feeds around them, which the longest length does not count */
        if (length > bytes - at || length > (uint64_t)longest + 8)
            return lrt_fail(c, LRT_ERR_FILE, "%s: token %lld has %u bytes: truncated, or not a llama2.c tokenizer",
                            path, (long long)id, length);
        int status = lrt_grow(c, (void **)scores, &capacity, (size_t)id + 1, sizeof **scores);
        if (status) return status;
        (*scores)[id] = (double)float_of(score);
        const int kind = id == 0 ? LRT_PIECE_UNKNOWN : id <= 2 ? LRT_PIECE_CONTROL : LRT_PIECE_NORMAL;
        const char *text = file + at;
        size_t spelled = length;
        if (kind == LRT_PIECE_CONTROL && spelled > 2 && text[0] == '\n' && text[spelled - 1] == '\n') {
            text++;
            spelled -= 2;
        }
        status = lrt_tokenizer_add(c, t, id, text, spelled, kind);
        if (status) return status;
        at += length;
    }
    if (id < 4) return lrt_fail(c, LRT_ERR_FILE, "%s: %lld tokens are no vocabulary", path, (long long)id);
    int status = lrt_vocabulary_index(c, &t->vocabulary);
    return status ? status : lrt_tokenizer_rank(c, t, *scores, (size_t)id);
}

int lrt_tokenizer_load_llama2c(struct lrt *c, struct lrt_tokenizer *t, const char *path) {
    char *file;
    size_t bytes;
    double *scores = NULL;
    int status = lrt_read_file(c, path, (size_t)1 << 30, &file, &bytes);
    if (status) return status;
    t->space_prefix = LRT_PREFIX_ALWAYS;
    t->strips_space = t->marks_spaces = t->byte_fallback = 1;
    t->info.unknown = 0;
    t->info.bos = 1;
    t->info.eos = 2;
    t->info.add_bos = 1;
    status = parse(c, t, path, file, bytes, &scores);
    free(scores);
    free(file);
    return status;
}
