/* Small tokenizers that tests write themselves, one of each kind of file, into their own folder. */
#ifndef TOKENIZER_FIXTURE_H
#define TOKENIZER_FIXTURE_H
#include <stddef.h>
#include <stdint.h>

struct text_buffer {
    char bytes[65536];
    size_t n;
};

void put(struct text_buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The folder's path; the first call creates it, fixture_remove removes it. */
const char *fixture_folder(void);

const char *fixture_write(const char *name, const void *bytes, size_t n);

int fixture_remove(void **state);

/* GPT-2's alphabet, computed differently from the loader: bytes without a glyph are numbered from 256. */
int alphabet_code(int byte);

/* Text in that alphabet, as JSON escapes. */
void put_spelled(struct text_buffer *b, const char *text);

/* The byte-level vocabulary: id b is byte b; then these. */
enum { MERGED = 7, HE = 256, LL, HELL, HELLO, SPACE_W, LINES, TWELVE };
extern const char *const merged[MERGED], *const merge_sides[MERGED][2];

void put_vocabulary(struct text_buffer *b);

/* A byte-level tokenizer.json. pairs: merges as [left, right]. */
void put_tokenizer_json(struct text_buffer *b, const char *pre_tokenizer, int pairs);

#define BYTE_LEVEL "{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"use_regex\":true}"

void put_u32(struct text_buffer *b, uint32_t v);
void put_u64(struct text_buffer *b, uint64_t v);
void put_string(struct text_buffer *b, const char *s);
void put_string_entry(struct text_buffer *b, const char *key, const char *value);
void put_array_entry(struct text_buffer *b, const char *key, uint32_t type, uint64_t n);

/* The tokens of the tokenizers by score: 3 special, 256 bytes, and these, in order of falling score. */
enum { SCORED_WORDS = 10, FIRST_WORD = 259, SCORED = FIRST_WORD + SCORED_WORDS };
extern const char *const scored_words[SCORED_WORDS];

void scored_token(int id, int underlined, char out[16]);

void put_llama2c(struct text_buffer *b);

/* A GGUF without tensors, model "llama". */
void put_gguf(struct text_buffer *b);
/* The same without a word about bos, eos and unknown. */
void put_silent_gguf(struct text_buffer *b);
/* The byte-level vocabulary as a GGUF, with the token <bos> of id 300. bos, flag: bos_token_id and add_bos_token, -1:
 * not in it. */
void put_byte_level_gguf(struct text_buffer *b, const char *pre, int bos, int flag);
#endif
