/* lrt_text: text in, token ids out; rows of training data; words back out. An optional part of the runtime: it
 * allocates (malloc, freed by the close functions), reads files, and uses PCRE2 and Jansson. Errors: a status, and
 * words in lrt_error(c); `c` may be any struct lrt, also one that is only zeroed.
 *
 * A tokenizer is needed before training and for sampling after it; between, close it: training data is tokenised once
 * into a mapped file, and only its pages are held. A tokenizer keeps work buffers: one thread at a time. */
#ifndef LRT_TEXT_H
#define LRT_TEXT_H
#include <stddef.h>
#include <stdint.h>
#include <lorac/lrt.h>
#ifdef __cplusplus
extern "C" {
#endif

/* ---- tokenizer ---- */
struct lrt_tokenizer;

/* path: a .gguf file; a tokenizer.json; a llama2.c tokenizer .bin; a Hugging Face folder with tokenizer.json, or with
 * vocab.json and merges.txt (tokenizer_config.json beside either is used for bos, eos and the chat template); or a
 * .safetensors file: its folder. Unicode normalisation (NFC, which Qwen asks for) is not applied: text is taken as
 * composed. */
int lrt_tokenizer_open(struct lrt *c, struct lrt_tokenizer **t, const char *path);
void lrt_tokenizer_close(struct lrt_tokenizer *t); /* NULL is fine */

enum lrt_chat_kind {
    LRT_CHAT_PLAIN,
    LRT_CHAT_CHATML,
    LRT_CHAT_LLAMA2,
    LRT_CHAT_LLAMA3,
    LRT_CHAT_ZEPHYR,
    LRT_CHAT_PHI3,
    LRT_CHAT_GEMMA
};

struct lrt_tokenizer_info {
    int64_t vocab;                          /* ids are 0 .. vocab-1 */
    int32_t bos, eos, unknown, end_of_turn; /* -1: none. end_of_turn: the token that closes a chat message, else eos */
    int add_bos, add_eos;                   /* the file asks for them around a text */
    enum lrt_chat_kind chat;
    const char *kind;    /* "bpe" or "scores" */
    const char *pattern; /* name of the split pattern: "gpt-2", "qwen2", ...; "none" */
};
const struct lrt_tokenizer_info *lrt_tokenizer_info(const struct lrt_tokenizer *t);

/* Id of a token by its spelling in the file ("<|im_start|>"), special tokens included; -1: none. */
int32_t lrt_tokenizer_find(const struct lrt_tokenizer *t, const char *spelling);

enum lrt_encode_flags {
    LRT_ENCODE_SPECIAL = 1,  /* "<|im_start|>" in the text becomes that token; without it, letters like any other */
    LRT_ENCODE_BOUNDS = 2,   /* bos and eos at the ends where the file asks for them */
    LRT_ENCODE_CONTINUED = 4 /* the text continues another: no space is put before it (tokenizers that do so) */
};

/* Receives ids in order, n > 0 at a time; returns a status, not LRT_OK stops the encoding and is passed on. */
typedef int lrt_token_sink(void *arg, const int32_t *ids, size_t n);

/* Any bytes are text: what is not UTF-8 is encoded byte by byte. Memory: grows with the longest word, not with the
 * text, so that a mapped file of any size can be given whole. */
int lrt_encode(struct lrt *c, struct lrt_tokenizer *t, const char *text, size_t bytes, int flags, lrt_token_sink *sink,
               void *arg);
/* The same into an array. *n: ids needed, also when it is more than capacity; then nothing beyond capacity is written
 * and the status is still LRT_OK. */
int lrt_encode_array(struct lrt *c, struct lrt_tokenizer *t, const char *text, size_t bytes, int flags, int32_t *ids,
                     size_t capacity, size_t *n);

/* The bytes of a token, not terminated; special tokens give their spelling. NULL when id is out of range. */
const char *lrt_token_bytes(const struct lrt_tokenizer *t, int32_t id, size_t *bytes);
int lrt_token_is_special(const struct lrt_tokenizer *t, int32_t id);

/* Ids back to text, one by one: lrt_decode gives only whole UTF-8 characters and holds back the start of an unfinished
 * one; lrt_decode_end gives what is held. A text's first space goes where the tokenizer put it there. Special tokens
 * give nothing unless `special`. */
struct lrt_decoder {
    const struct lrt_tokenizer *tokenizer;
    int special;
    int started;
    size_t held;
    char tail[4];
};
void lrt_decode_start(struct lrt_decoder *d, const struct lrt_tokenizer *t, int special);
/* The text goes to out, at most capacity bytes, not terminated; returns its length, or -1 when it does not fit (then d
 * is as before). lrt_token_bytes + 4 is always enough. */
int64_t lrt_decode(struct lrt_decoder *d, int32_t id, char *out, size_t capacity);
size_t lrt_decode_end(struct lrt_decoder *d, char out[4]);

/* ---- chat ---- */
struct lrt_chat_message {
    const char *role; /* "system", "user", "assistant" */
    const char *content;
    size_t content_bytes;
};
/* Renders messages in the tokenizer's chat format. The sink gets pieces in order: encode each on its own with the given
 * flags. counted: the model is to learn the piece (an assistant's content and the mark that ends it). With `prompt` the
 * opening of an assistant's message follows at the end. */
typedef int lrt_piece_sink(void *arg, const char *text, size_t bytes, int flags, int counted);
int lrt_chat_render(struct lrt *c, const struct lrt_tokenizer *t, const struct lrt_chat_message *messages, size_t n,
                    int prompt, lrt_piece_sink *sink, void *arg);
const char *lrt_chat_name(enum lrt_chat_kind kind); /* "chatml" */

/* ---- data ---- */
struct lrt_data;

struct lrt_data_options {
    int64_t seq;        /* tokens of a row */
    int64_t ignore;     /* target that does not count; INT64_MIN: the model has none, then padding is an error */
    int64_t vocab;      /* ids must be below it */
    const char *folder; /* for the token file; NULL: $TMPDIR, else /var/tmp, else /tmp. Unlinked at once: nothing
                         * stays behind. Take a folder on a disk: the pages of a file system in memory are memory */
    int plain;          /* special tokens' spellings in .txt, "text", "prompt" and "completion" are ordinary letters */
};

struct lrt_data_info {
    int64_t rows;      /* windows or examples */
    int64_t tokens;    /* of the whole file */
    int64_t counted;   /* targets that count, over all rows */
    int64_t truncated; /* examples cut to seq+1 tokens */
    int64_t dropped;   /* examples left out: no target that counts within their first seq+1 tokens */
};

// clang-format off
/* path by its ending:
 * .tok    raw int32 little-endian ids; t may be NULL
 * .jsonl  one example a line: {"text"}, {"prompt","completion"} (prompt masked, each encoded on its own) or
 *         {"messages":[{"role","content"}]} (all but the assistant's masked). An example is a row of its own; nothing is
 *         packed. "text" and "completion" end with the end-of-sequence token where the tokenizer has one.
 * else    text, one stream.
 * Streams are cut into windows of seq+1 tokens with stride seq; a shorter last one is padded, its padding ignored. Row: the
 * first seq are inputs, the last seq targets. */
// clang-format on
int lrt_data_open(struct lrt *c, struct lrt_data **d, const char *path, struct lrt_tokenizer *t,
                  const struct lrt_data_options *o);
void lrt_data_close(struct lrt_data *d); /* NULL is fine */
const struct lrt_data_info *lrt_data_info(const struct lrt_data *d);
/* Row index (0 .. rows-1): tokens [seq], targets [seq]. The padding of inputs is token 0. */
void lrt_data_row(const struct lrt_data *d, int64_t index, int32_t *tokens, int32_t *targets);

/* The order of rows: position 0, 1, 2 ... runs through all rows once an epoch, without end. Random access, no state: to
 * resume, continue at the same position. Shuffled: a permutation of its own each epoch, fixed by the seed. */
struct lrt_order {
    int64_t rows;
    uint64_t seed;
    int shuffled; /* 0: file order */
};
int64_t lrt_order_row(const struct lrt_order *o, int64_t position);
/* Fills `count` rows from position on: tokens [count, seq], targets [count, seq]. */
void lrt_data_batch(const struct lrt_data *d, const struct lrt_order *o, int64_t position, int64_t count,
                    int32_t *tokens, int32_t *targets);

/* ---- sampling ---- */
struct lrt_sampling {
    double temperature; /* 0: the likeliest token */
    int64_t top_k;      /* 0: all */
    double top_p;       /* 0 or 1: all; else the fewest likeliest tokens whose probabilities reach it */
    uint64_t seed;
};
size_t lrt_sampling_bytes(int64_t vocab); /* scratch, aligned to 8 */
/* Next token from logits [vocab]; position numbers the tokens of a text: with the seed it fixes the draw. NaN never
 * wins. */
int32_t lrt_sample(const struct lrt_sampling *s, const float *logits, int64_t vocab, uint64_t position, void *scratch);

#ifdef __cplusplus
}
#endif
#endif
