/* lrt_text: tokenizers, rows of training data, and sampling. This optional part of the runtime reads files, uses PCRE2,
 * utf8proc and Jansson, and allocates with malloc; the close functions free. On an error, functions return a status and
 * put a message into lrt_error(c). `c` may be any struct lrt, even one that is only zeroed.
 *
 * Training data is tokenised once into a mapped file, and only its pages are held. So a tokenizer is needed before
 * training and for sampling after it; close it in between. It has work buffers: only one thread may use it at a time.
 */
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

/* path is one of: a .gguf file; a tokenizer.json; a SentencePiece model (tokenizer.model); a llama2.c tokenizer .bin; a
 * .safetensors file, which means its folder; a Hugging Face folder with tokenizer.json, or with vocab.json and
 * merges.txt. A tokenizer_config.json in the folder gives bos, eos and the chat template. What the file wants of text
 * is done, or refused by name. */
int lrt_tokenizer_open(struct lrt *c, struct lrt_tokenizer **t, const char *path);
void lrt_tokenizer_close(struct lrt_tokenizer *t); /* NULL is fine */

struct lrt_tokenizer_info {
    int64_t vocab;                          /* ids are 0 .. vocab-1 */
    int64_t ordinary;                       /* ids of text without special tokens are below it */
    int32_t bos, eos, unknown, end_of_turn; /* -1: none. end_of_turn: the token that closes a chat message, known
                                             * after lrt_chat_prepare; else eos */
    int add_bos, add_eos;                   /* whether the file wants them around a text; where it does not say, its
                                             * kind does */
    const char *chat;    /* where chat's template is from ("model.gguf"), or "plain": the files have none */
    const char *kind;    /* "bpe", "scores", "unigram", "wordpiece" or "words" */
    const char *pattern; /* name of the split pattern: "gpt-2", "qwen2", ...; "none" */
};
const struct lrt_tokenizer_info *lrt_tokenizer_info(const struct lrt_tokenizer *t);

/* Id of a token by its spelling in the file ("<|im_start|>"), special tokens included; -1: none. */
int32_t lrt_tokenizer_find(const struct lrt_tokenizer *t, const char *spelling);

enum lrt_encode_flags {
    LRT_ENCODE_SPECIAL = 1, /* "<|im_start|>" in the text becomes that token; without this flag it is ordinary text */
    LRT_ENCODE_BOS = 2,     /* adds bos where the file wants it, unless the text begins with it */
    LRT_ENCODE_EOS = 8,     /* adds eos where the file wants it, unless the text ends with it */
    LRT_ENCODE_BOUNDS = LRT_ENCODE_BOS | LRT_ENCODE_EOS,
    LRT_ENCODE_CONTINUED = 4 /* the text continues another: tokenizers that put a space before a text do not */
};

/* Receives ids in order, n > 0 at a time. A status other than LRT_OK stops the encoding, which returns it. */
typedef int lrt_token_sink(void *arg, const int32_t *ids, size_t n);

/* Accepts any bytes; those that are not UTF-8 are encoded one by one. Memory grows with the longest word, not with the
 * text, so one call can encode a mapped file of any size; a tokenizer with a normaliser also needs copies of the text
 * between two special tokens. */
int lrt_encode(struct lrt *c, struct lrt_tokenizer *t, const char *text, size_t bytes, int flags, lrt_token_sink *sink,
               void *arg);
/* The same into an array. *n becomes the number of ids of the whole text. If that exceeds capacity, the first ids are
 * written up to capacity, and the status is still LRT_OK. */
int lrt_encode_array(struct lrt *c, struct lrt_tokenizer *t, const char *text, size_t bytes, int flags, int32_t *ids,
                     size_t capacity, size_t *n);

/* The bytes of a token, not terminated; special tokens give their spelling. NULL when id is out of range. */
const char *lrt_token_bytes(const struct lrt_tokenizer *t, int32_t id, size_t *bytes);
int lrt_token_is_special(const struct lrt_tokenizer *t, int32_t id);

/* Turns ids back into text, one by one. lrt_decode returns only whole UTF-8 characters and holds back an unfinished
 * one; lrt_decode_end returns what is held. A first space that the tokenizer added is removed. Special tokens produce
 * no text unless `special` is set. */
struct lrt_decoder {
    const struct lrt_tokenizer *tokenizer;
    int special;
    int started;
    size_t held;
    char tail[4];
};
void lrt_decode_start(struct lrt_decoder *d, const struct lrt_tokenizer *t, int special);
/* Writes the text to out, at most capacity bytes, not terminated. Returns its length, or -1 when it does not fit; then
 * d does not change. lrt_token_bytes + 4 bytes are always enough. */
int64_t lrt_decode(struct lrt_decoder *d, int32_t id, char *out, size_t capacity);
size_t lrt_decode_end(struct lrt_decoder *d, char out[4]);

/* ---- chat ----
 * Conversations become text by the model's own template, which is a program in Jinja. It is run as transformers runs it
 * (apply_chat_template), and its text is encoded as a whole, without bos or eos of ours. Templates that the run cannot
 * follow are an error with their line. Training, evaluation and sampling use these functions. */

/* Takes one of the named forms ("chatml", "plain"), or a file's template, instead of the tokenizer's. */
int lrt_chat_choose(struct lrt *c, struct lrt_tokenizer *t, const char *format);
int lrt_chat_read_template(struct lrt *c, struct lrt_tokenizer *t, const char *path);
const char *lrt_chat_format(size_t index); /* names of the forms; NULL behind the last */
/* The date that templates see; without it, that of the first conversation. */
int lrt_chat_set_date(struct lrt *c, struct lrt_tokenizer *t, int year, int month, int day);
/* Compiles the template, and finds end_of_turn. */
int lrt_chat_prepare(struct lrt *c, struct lrt_tokenizer *t);
/* The text of the tokenizer's template; with_tools: of the one for conversations with tools. NULL: there is none. */
const char *lrt_chat_template(const struct lrt_tokenizer *t, int with_tools, size_t *bytes);
/* What a run should say: "the template of model.gguf, with the date 2026-11-30". Of a prepared tokenizer. */
void lrt_chat_describe(const struct lrt_tokenizer *t, char *out, size_t size);

/* Which of the assistant's messages count. The last turn: those behind the last user's message that one of them
 * follows. Messages may say it themselves: "weight" 0 or 1, "train" or "training" or "loss" false or true. */
enum lrt_train_on {
    LRT_TRAIN_ON_DEFAULT, /* all turns; the last alone where the template does not tell where the others are */
    LRT_TRAIN_ON_ALL_TURNS,
    LRT_TRAIN_ON_LAST_TURN
};

struct lrt_chat_range {
    size_t begin, end; /* bytes of the text */
};
struct lrt_chat_text {
    char *text;
    size_t bytes;
    struct lrt_chat_range *counted; /* what the model learns, in order; none of a prompt */
    size_t n_counted;
    int last_only; /* 1: only the last turn, or its last message, counts, though not the caller nor the data asked for
                      it */
    int other_prompt; /* 1: the prompt for an answer ends in marks that the text does not have */
};
/* conversation: a JSON object {"messages": [{"role", "content", ...}], "tools", "documents", "chat_template_kwargs"};
 * all of it but chat_template_kwargs, whose members are variables, is handed to the template under these names. What
 * counts is what {% generation %} marks; of a template without it, the text that an assistant's message adds to the
 * prompt for it, which must begin the text of the whole but for marks at its end; where it does not, only the last turn
 * counts, or the error names the message. Roles and contents may be those of other tools (docs/data.md). With `prompt`,
 * the template opens an assistant's message at the end, and nothing counts. */
int lrt_chat_render(struct lrt *c, struct lrt_tokenizer *t, const char *conversation, size_t bytes, int prompt,
                    struct lrt_chat_text *out);
/* The prompt of one message of the user. */
int lrt_chat_prompt(struct lrt *c, struct lrt_tokenizer *t, const char *message, size_t bytes,
                    struct lrt_chat_text *out);
void lrt_chat_text_free(struct lrt_chat_text *text);
/* The text's ids; counted: the model learns these. A token over the edge of a counted range counts. */
typedef int lrt_counted_sink(void *arg, const int32_t *ids, size_t n, int counted);
int lrt_chat_encode(struct lrt *c, struct lrt_tokenizer *t, const struct lrt_chat_text *text, lrt_counted_sink *sink,
                    void *arg);

/* ---- data ---- */
struct lrt_data;

struct lrt_data_options {
    int64_t seq;        /* tokens of a row */
    int64_t ignore;     /* target that does not count; INT64_MIN: the model has none, and padding is an error */
    int64_t vocab;      /* ids must be below it */
    const char *folder; /* for the token file; NULL: $TMPDIR, else /var/tmp, else /tmp. The file is unlinked at
                         * once. Use a folder on a disk: a file system in memory would cost memory */
    int plain;          /* special tokens in .txt, "text", "prompt" and "completion" are ordinary text */
    enum lrt_train_on train_on;
    int64_t skip_bad; /* so many examples that cannot be read are left out; one more is an error */
    void (*tell)(void *arg, const char *message); /* called for each of them; NULL is fine */
    void *tell_arg;
};

struct lrt_data_info {
    int64_t rows;         /* windows or examples */
    int64_t tokens;       /* of the whole file */
    int64_t counted;      /* targets that count, over all rows */
    int64_t truncated;    /* examples cut to seq+1 tokens */
    int64_t chats;        /* examples that are conversations */
    int64_t left_out;     /* of them: those with tools, documents or tool calls that the chat template never looks at */
    int64_t last_only;    /* of them: those of which only the last turn counts, since the template tells no more */
    int64_t other_prompt; /* of them: those whose prompt for an answer ends in marks that the text does not have */
    int64_t dropped;      /* examples dropped: none of their first seq+1 tokens is a target that counts */
    int64_t late;         /* of them: those whose targets all lie behind the cut */
    int64_t longest;      /* tokens of the longest example, before it is cut */
    int64_t skipped;      /* examples that could not be read and were left out, as options.skip_bad allows */
    const char *forms, *ignored; /* of examples: "3 chats (messages)", and members that nothing looked at; else "" */
};

enum lrt_data_format { LRT_DATA_TEXT, LRT_DATA_EXAMPLES, LRT_DATA_TOKENS, LRT_DATA_REFUSED };
/* The form that a path's ending tells, in any case. */
enum lrt_data_format lrt_data_format(const char *path);

// clang-format off
/* The ending of path selects the format. Archives and tables of bytes are refused, and so is a text that begins as JSON does.
 * A byte-order mark is skipped.
 * .tok    raw int32 little-endian ids; t may be NULL
 * .jsonl, .ndjson, .json  JSON objects one after the other, or a list of them; .csv, .tsv: a table whose header names the members.
 *         Each is an example in a form of docs/data.md: a text, a prompt and its completion (prompt masked, each encoded on
 *         its own), or a conversation (through the chat template; all but the assistant's masked). Every example is one row, without
 *         packing. "text" and "completion" end with the end-of-sequence token where the tokenizer has one.
 * else    text, one stream.
 * Streams are cut into windows of seq+1 tokens with stride seq; a shorter last one is padded, and the padding does not
 * count. In a row, the first seq tokens are inputs and the last seq are targets. */
// clang-format on
int lrt_data_open(struct lrt *c, struct lrt_data **d, const char *path, struct lrt_tokenizer *t,
                  const struct lrt_data_options *o);
void lrt_data_close(struct lrt_data *d); /* NULL is fine */
const struct lrt_data_info *lrt_data_info(const struct lrt_data *d);
/* Gives each example of a file of examples as a line of JSON, without a line feed. A status of the sink other than
 * LRT_OK ends the reading, which returns it. */
typedef int lrt_example_sink(void *arg, const char *json, size_t bytes);
int lrt_data_each_example(struct lrt *c, const char *path, lrt_example_sink *sink, void *arg);
/* Reads row index (0 .. rows-1) into tokens [seq] and targets [seq]. Inputs are padded with token 0. */
void lrt_data_row(const struct lrt_data *d, int64_t index, int32_t *tokens, int32_t *targets);

/* The ids of row index as they are, at most seq+1, and of each whether it counts as a target; the first never does.
 * Returns how many there are. */
int64_t lrt_data_ids(const struct lrt_data *d, int64_t index, int32_t *ids, uint8_t *counts);

/* The order of rows: positions 0, 1, 2 ... visit all rows once per epoch, without end. Access is random and stateless:
 * to resume, continue at the same position. When shuffled, each epoch has its own permutation, which the seed fixes. */
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
    double top_p;       /* 0 or 1: all; else the smallest set of likeliest tokens whose probabilities reach it */
    uint64_t seed;
};
size_t lrt_sampling_bytes(int64_t vocab); /* scratch, aligned to 8 */
/* Returns the next token from logits [vocab]. position is the index of the token in its text; with the seed it fixes
 * the draw. NaN is never chosen. */
int32_t lrt_sample(const struct lrt_sampling *s, const float *logits, int64_t vocab, uint64_t position, void *scratch);

#ifdef __cplusplus
}
#endif
#endif
