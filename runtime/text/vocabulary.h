/* Tokens by id and ids by bytes. */
#ifndef LRT_TEXT_VOCABULARY_H
#define LRT_TEXT_VOCABULARY_H
#include <lorac/lrt_text.h>

/* Numbered as in GGUF's tokenizer.ggml.token_type. */
enum lrt_piece_kind {
    LRT_PIECE_NONE,
    LRT_PIECE_NORMAL,
    LRT_PIECE_UNKNOWN,
    LRT_PIECE_CONTROL,
    LRT_PIECE_USER,
    LRT_PIECE_UNUSED,
    LRT_PIECE_BYTE
};
/* Of tokens that are found whole. */
enum lrt_piece_flags {
    LRT_STRIP_LEFT = 1, /* it takes the white space beside it */
    LRT_STRIP_RIGHT = 2,
    LRT_SINGLE_WORD = 4, /* it is no part of a word */
    LRT_NORMALIZED = 8,  /* it is looked for in normalised text, by its normalised spelling */
    LRT_ONLY_WHOLE = 16  /* it is not of the model's vocabulary: no word becomes it */
};

struct lrt_piece {
    size_t offset; /* into lrt_vocabulary.text */
    uint32_t bytes;
    uint8_t kind, flags;
};

struct lrt_vocabulary {
    struct lrt_piece *pieces; /* [count]; kind NONE: the id is not used */
    size_t count, capacity;
    char *text;
    size_t text_bytes, text_capacity;
    uint32_t *slots; /* hash of bytes -> id + 1; 0 free */
    size_t slot_mask;
};

/* Ids are below this: 64 times the largest vocabulary in use; a larger one is a corrupt file. */
enum { LRT_VOCABULARY_MAX = 1 << 24 };

int lrt_vocabulary_set(struct lrt *c, struct lrt_vocabulary *v, int64_t id, const char *text, size_t bytes, int kind);
/* Makes the hash; to be called once, after the last set. Of equal spellings the normal token is found, then the first.
 */
int lrt_vocabulary_index(struct lrt *c, struct lrt_vocabulary *v);
/* The hash of bytes, one after the other: start with LRT_HASH_START. */
#define LRT_HASH_START 0xCBF29CE484222325u
static inline uint64_t lrt_hash_byte(uint64_t hash, char byte) { /* FNV-1a */
    return (hash ^ (unsigned char)byte) * 0x100000001B3u;
}
int32_t lrt_vocabulary_find_hashed(const struct lrt_vocabulary *v, const char *text, size_t bytes, uint64_t hash);
int32_t lrt_vocabulary_find(const struct lrt_vocabulary *v, const char *text, size_t bytes); /* -1: none */
void lrt_vocabulary_free(struct lrt_vocabulary *v);

/* Grows an array to hold at least `needed` elements; LRT_ERR_MEMORY when there is no memory. */
int lrt_grow(struct lrt *c, void **array, size_t *capacity, size_t needed, size_t element_bytes);
#endif
