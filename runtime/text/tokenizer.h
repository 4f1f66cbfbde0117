/* The tokenizer inside: a vocabulary, merge rules, split patterns, and work buffers; filled by one of the loaders
 * (tokenizer_*.c), completed by lrt_tokenizer_complete, used by encode.c and decode.c.
 *
 * Every token is stored as the bytes it stands for. Loaders resolve byte-level alphabets, "<0x0A>" and U+2581, so that
 * merging and decoding deal only with bytes. Special tokens keep their spelling. */
#ifndef LRT_TEXT_TOKENIZER_H
#define LRT_TEXT_TOKENIZER_H
#include "runtime/text/chat.h"
#include "runtime/text/normalize.h"
#include "runtime/text/specials.h"
#include "runtime/text/split.h"
#include "runtime/text/vocabulary.h"
#include <lorac/lrt_text.h>

enum lrt_prefix { LRT_PREFIX_NONE, LRT_PREFIX_ALWAYS, LRT_PREFIX_UNLESS_SPACE };

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

/* How a word becomes tokens. */
enum lrt_token_model {
    LRT_MODEL_MERGES,    /* by rules or ranks, from bytes or characters on */
    LRT_MODEL_UNIGRAM,   /* the tokens whose scores have the highest sum */
    LRT_MODEL_WORDPIECE, /* from the left, the longest token each time */
    LRT_MODEL_WORDS      /* a word is a token */
};
/* How tokens become text. */
enum lrt_decoding { LRT_DECODE_JOIN, LRT_DECODE_SPACES, LRT_DECODE_WORDPIECE };

struct lrt_tokenizer {
    struct lrt_tokenizer_info info;
    struct lrt_vocabulary vocabulary;
    enum lrt_token_model model;
    struct lrt_merges merges; /* kind "bpe" */
    uint32_t *ranks;          /* kind "scores": [vocab], of merging into the token; UINT32_MAX: never */
    struct lrt_unigram {
        double *scores; /* [vocab]; NaN: never */
        double unknown; /* the score of a character without a token */
        int single;     /* sums are floats, as SentencePiece has them */
        size_t longest; /* bytes of the longest token */
        double carried; /* the sum up to here, of a text that comes in several words: it decides how sums are rounded */
        struct lrt_unigram_node *nodes;
        size_t capacity;
    } unigram;
    struct {
        char *prefix;   /* of a token that continues a word */
        size_t longest; /* characters of a word; longer ones are unknown */
        int cleanup;    /* decoding: no space before punctuation */
    } wordpiece;
    struct lrt_normalizer normalizer;
    struct lrt_split split;
    int byte_level;   /* 1: tokens are spelled in GPT-2's alphabet, and symbols start as bytes; 0: as characters */
    int marks_spaces; /* U+2581 in tokens and text is a space */
    int streams;      /* words end where no token reaches across, without patterns (byte_level 0) */
    int space_prefix; /* streams: enum lrt_prefix: a space is put before a text that begins */
    int prefix_once;  /* 1: only at the very beginning; 0: also behind every special token */
    int user_inside;  /* user-defined tokens are found in normalised text: by the model, or else before it */
    int cut_spaces;   /* streams: a word ends before every space */
    enum lrt_alphabet {
        LRT_ALPHABET_NONE,
        LRT_ALPHABET_BEHIND,
        LRT_ALPHABET_WORDS
    } alphabet; /* of GPT-2: not used; not
before the last stage of the split; words come in it */
    int whole_words;
    int fuse_unknown;
    int byte_fallback; /* text without a token becomes bytes, where there are tokens for them all */
    enum lrt_decoding decoding;
    int strips_space;      /* decoding: the first space is no text */
    int32_t byte_ids[256]; /* -1: none */
    /* 1 bit for (a, b): some mergeable token holds byte a before byte b. Between other bytes no merge ever reaches. */
    uint8_t joins[256 * 256 / 8];
    struct lrt_specials specials;   /* in the text as it is */
    struct lrt_specials normalized; /* in the text behind the normaliser */
    char *normalized_text;          /* their spellings */
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
/* The tokens that a folder's configuration adds; before those of the model. */
int lrt_tokenizer_load_added(struct lrt *c, struct lrt_tokenizer *t, const char *folder);
/* A SentencePiece model, "tokenizer.model". */
int lrt_tokenizer_load_sentencepiece(struct lrt *c, struct lrt_tokenizer *t, const char *path);
/* Byte ids, joins, special tokens, vocab size, checks. */
int lrt_tokenizer_complete(struct lrt *c, struct lrt_tokenizer *t);

/* Byte-level alphabet of GPT-2: spelling -> bytes; out holds `bytes` bytes. Returns the length, or -1 when a character
 * is not of the alphabet. */
int64_t lrt_byte_level_decode(const char *text, size_t bytes, char *out);
/* The other way; out holds twice the bytes. Returns the length. */
size_t lrt_byte_level_encode(const char *text, size_t bytes, char *out);
/* U+2581 to a space; out holds `bytes` bytes. Returns the length. */
size_t lrt_resolve_marks(const char *text, size_t bytes, char *out);
/* Adds the token with this spelling in the file, resolved as the tokenizer's kind and the piece's kind say. */
int lrt_tokenizer_add(struct lrt *c, struct lrt_tokenizer *t, int64_t id, const char *text, size_t bytes, int kind);
/* Adds the merge rule number `rank` of the tokens with these spellings in the file. */
int lrt_tokenizer_add_merge(struct lrt *c, struct lrt_tokenizer *t, uint32_t rank, const char *left, size_t left_bytes,
                            const char *right, size_t right_bytes);
/* The same from "left right". */
int lrt_tokenizer_add_merge_line(struct lrt *c, struct lrt_tokenizer *t, uint32_t rank, const char *line, size_t bytes);
/* Makes ranks from scores [count]: the higher the score the lower the rank. Call after lrt_vocabulary_index. */
int lrt_tokenizer_rank(struct lrt *c, struct lrt_tokenizer *t, const double *scores, size_t count);
/* Scores of a Unigram model [count], NaN for tokens that text cannot become. Copies them. */
int lrt_unigram_open(struct lrt *c, struct lrt_tokenizer *t, const double *scores, size_t count);
/* Merges the word in t->work.symbols (start, bytes, id set; in order) until no rule applies. text: the word's bytes. */
int lrt_merge_word(struct lrt *c, struct lrt_tokenizer *t, const char *text);

/* A whole file in memory (malloc; a zero byte follows), at most `limit` bytes. */
int lrt_read_file(struct lrt *c, const char *path, size_t limit, char **text, size_t *bytes);
#endif
