/* The tokenizer inside: a vocabulary, merge rules, split patterns, and work buffers; filled by one of the loaders
 * (tokenizer_*.c), completed by lrt_tokenizer_complete, used by encode.c and decode.c.
 *
 * Every token is stored as the bytes it stands for. Loaders resolve byte-level alphabets, "<0x0A>" and U+2581, so that
 * merging and decoding deal only with bytes. Special tokens keep their spelling. */
#ifndef LRT_TEXT_TOKENIZER_H
#define LRT_TEXT_TOKENIZER_H
#include "runtime/text/chat.h"
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
enum lrt_piece_strip { LRT_STRIP_LEFT = 1, LRT_STRIP_RIGHT = 2 };

enum lrt_prefix { LRT_PREFIX_NONE, LRT_PREFIX_ALWAYS, LRT_PREFIX_UNLESS_SPACE };

struct lrt_piece {
    size_t offset; /* into lrt_vocabulary.text */
    uint32_t bytes;
    uint8_t kind, strip;
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
enum { LRT_VOCABULARY_MAX = 1 << 24, LRT_SPLIT_STAGES = 8 };

int lrt_vocabulary_set(struct lrt *c, struct lrt_vocabulary *v, int64_t id, const char *text, size_t bytes, int kind);
/* Makes the hash; to be called once, after the last set. Of equal spellings the normal token is found, then the first.
 */
int lrt_vocabulary_index(struct lrt *c, struct lrt_vocabulary *v);
int32_t lrt_vocabulary_find(const struct lrt_vocabulary *v, const char *text, size_t bytes); /* -1: none */
void lrt_vocabulary_free(struct lrt_vocabulary *v);

/* Merge rules: of two neighbours into one token, lower rank first. */
struct lrt_merge {
    int32_t left, right, result;
    uint32_t rank;
};
struct lrt_merges {
    struct lrt_merge *slots; /* hash; result -1 free */
    size_t slot_mask, count;
    size_t capacity; /* rules it was made for */
};
int lrt_merges_make(struct lrt *c, struct lrt_merges *m, size_t capacity);
/* The first rule of a pair is kept. At most `capacity` calls. */
void lrt_merges_add(struct lrt_merges *m, int32_t left, int32_t right, int32_t result, uint32_t rank);
const struct lrt_merge *lrt_merges_find(const struct lrt_merges *m, int32_t left, int32_t right); /* NULL: none */
void lrt_merges_free(struct lrt_merges *m);

/* A word being merged: a linked list of symbols over its bytes, and a heap of candidate merges. */
struct lrt_symbol {
    size_t start, bytes;    /* bytes 0: merged into its left neighbour */
    int64_t previous, next; /* -1: none */
    int32_t id;             /* -1: no token */
};
struct lrt_candidate {
    int64_t left, right;
    size_t bytes; /* of both when it was pushed; other numbers: the entry is out of date */
    uint32_t rank;
    int32_t id;
};
struct lrt_merge_work {
    struct lrt_symbol *symbols;
    size_t count, capacity;
    struct lrt_candidate *heap;
    size_t heap_count, heap_capacity;
};

struct lrt_split_stage {
    void *code; /* pcre2_code */
};
struct lrt_split {
    struct lrt_split_stage stages[LRT_SPLIT_STAGES];
    size_t count;
    void *match; /* pcre2_match_data */
};
/* Adds a stage: text is cut at every match of the pattern, matches and what lies between are words. Patterns are
 * spelled as in Hugging Face files: \s is Unicode White_Space. */
int lrt_split_add(struct lrt *c, struct lrt_split *s, const char *pattern);
struct lrt_named_split {
    const char *name, *others; /* others: separated by spaces */
    int whole_words, adds_bos; /* a word that is a token is not merged; what a GGUF that is silent about bos means */
    const char *stages[LRT_SPLIT_STAGES];
};
/* Adds the stages that GGUF calls `name` ("gpt-2"); LRT_ERR_FILE when it is not known. */
int lrt_split_add_named(struct lrt *c, struct lrt_split *s, const char *name, const struct lrt_named_split **found);
void lrt_split_free(struct lrt_split *s);

struct lrt_tokenizer {
    struct lrt_tokenizer_info info;
    struct lrt_vocabulary vocabulary;
    struct lrt_merges merges; /* kind "bpe" */
    uint32_t *ranks;          /* kind "scores": [vocab], of merging into the token; UINT32_MAX: never */
    struct lrt_split split;
    int byte_level;   /* 1: symbols start as bytes and patterns split; 0: as characters, U+2581 for a space, no patterns
                       */
    int space_prefix; /* enum lrt_prefix: a space is put before a text that begins */
    int prefix_once;  /* 1: only at the very beginning; 0: also behind every special token */
    int cut_spaces;   /* 1: a word ends before every space (byte_level 0) */
    int whole_words;
    int fuse_unknown;
    int32_t byte_ids[256]; /* -1: none */
    /* 1 bit for (a, b): some mergeable token holds byte a before byte b. Between other bytes no merge ever reaches. */
    uint8_t joins[256 * 256 / 8];
    int32_t *specials; /* by first byte, then longest first */
    uint32_t special_first[257];
    struct lrt_chat chat;
    int32_t pad; /* -1: none */
    struct lrt_merge_work work;
    char *buffer; /* a word under way */
    size_t buffer_bytes, buffer_capacity;
};

/* Loaders. Each fills a zeroed tokenizer (bos, eos, unknown, end_of_turn set to -1). */
int lrt_tokenizer_load_gguf(struct lrt *c, struct lrt_tokenizer *t, const char *path);
int lrt_tokenizer_load_json(struct lrt *c, struct lrt_tokenizer *t, const char *path);
int lrt_tokenizer_load_vocab(struct lrt *c, struct lrt_tokenizer *t, const char *folder);
int lrt_tokenizer_load_config(struct lrt *c, struct lrt_tokenizer *t, const char *folder);
int lrt_tokenizer_load_llama2c(struct lrt *c, struct lrt_tokenizer *t, const char *path);
/* Byte ids, joins, special tokens, vocab size, checks. */
int lrt_tokenizer_complete(struct lrt *c, struct lrt_tokenizer *t);

/* Byte-level alphabet of GPT-2: spelling -> bytes; out holds `bytes` bytes. Returns the length, or -1 when a character
 * is not of the alphabet. */
int64_t lrt_byte_level_decode(const char *text, size_t bytes, char *out);
/* Adds the token with this spelling in the file, resolved as the tokenizer's kind and the piece's kind say. */
int lrt_tokenizer_add(struct lrt *c, struct lrt_tokenizer *t, int64_t id, const char *text, size_t bytes, int kind);
/* Adds the merge rule number `rank` of the tokens with these spellings in the file. */
int lrt_tokenizer_add_merge(struct lrt *c, struct lrt_tokenizer *t, uint32_t rank, const char *left, size_t left_bytes,
                            const char *right, size_t right_bytes);
/* The same from "left right". */
int lrt_tokenizer_add_merge_line(struct lrt *c, struct lrt_tokenizer *t, uint32_t rank, const char *line, size_t bytes);
/* Makes ranks from scores [count]: the higher the score the lower the rank. Call after lrt_vocabulary_index. */
int lrt_tokenizer_rank(struct lrt *c, struct lrt_tokenizer *t, const float *scores, size_t count);
/* Merges the word in t->work.symbols (start, bytes, id set; in order) until no rule applies. text: the word's bytes. */
int lrt_merge_word(struct lrt *c, struct lrt_tokenizer *t, const char *text);

/* Grows an array to hold at least `needed` elements; LRT_ERR_MEMORY when there is no memory. */
int lrt_grow(struct lrt *c, void **array, size_t *capacity, size_t needed, size_t element_bytes);
/* A whole file in memory (malloc; a zero byte follows), at most `limit` bytes. */
int lrt_read_file(struct lrt *c, const char *path, size_t limit, char **text, size_t *bytes);
#endif
