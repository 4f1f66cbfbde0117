/* A path becomes a tokenizer: the loader that its form asks for, then what all loaders share: spellings resolved to
 * bytes, merge rules by id, and the tables that encoding needs. */
#include "runtime/text/tokenizer.h"
#include "runtime/text/utf8.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

/* The byte that a character of GPT-2's alphabet stands for, -1: none. Printable bytes stand for themselves, the other
 * 68 in order for U+0100 and on. */
static int alphabet_byte(uint32_t code) {
    if ((code >= '!' && code <= '~') || (code >= 0xA1 && code <= 0xFF && code != 0xAD)) return (int)code;
    if (code < 0x100 || code >= 0x100 + 68) return -1;
    const int n = (int)code - 0x100;
    return n <= 32 ? n : n <= 66 ? n - 33 + 0x7F : 0xAD;
}

int64_t lrt_byte_level_decode(const char *text, size_t bytes, char *out) {
    size_t n = 0;
    for (size_t at = 0; at < bytes;) {
        uint32_t code;
        const size_t length = lrt_utf8_character(text + at, bytes - at, &code);
        const int byte = length ? alphabet_byte(code) : -1;
        if (byte < 0) return -1;
        out[n++] = (char)byte;
        at += length;
    }
    return (int64_t)n;
}

/* "<0x0A>" -> 10, else -1. */
static int byte_spelled(const char *text, size_t bytes) {
    static const char digits[] = "0123456789ABCDEF";
    if (bytes != 6 || memcmp(text, "<0x", 3) != 0 || text[5] != '>') return -1;
    const char *high = text[3] ? strchr(digits, text[3]) : NULL, *low = text[4] ? strchr(digits, text[4]) : NULL;
    return high && low ? (int)((high - digits) << 4 | (low - digits)) : -1;
}

/* Spelling to bytes into out (at most `bytes`): U+2581 to a space. */
static size_t resolve_spaces(const char *text, size_t bytes, char *out) {
    size_t n = 0;
    for (size_t at = 0; at < bytes;) {
        if (bytes - at >= 3 && memcmp(text + at, "\xE2\x96\x81", 3) == 0) {
            out[n++] = ' ';
            at += 3;
        } else {
            out[n++] = text[at++];
        }
    }
    return n;
}

int lrt_tokenizer_add(struct lrt *c, struct lrt_tokenizer *t, int64_t id, const char *text, size_t bytes, int kind) {
    if (kind != LRT_PIECE_NORMAL && kind != LRT_PIECE_UNUSED && kind != LRT_PIECE_BYTE &&
        !(kind == LRT_PIECE_USER && !t->byte_level))
        return lrt_vocabulary_set(c, &t->vocabulary, id, text, bytes, kind);
    int status = lrt_grow(c, (void **)&t->buffer, &t->buffer_capacity, bytes + 1, 1);
    if (status) return status;
    size_t length = bytes;
    if (t->byte_level) {
        const int64_t decoded = lrt_byte_level_decode(text, bytes, t->buffer);
        if (decoded < 0) return lrt_vocabulary_set(c, &t->vocabulary, id, text, bytes, LRT_PIECE_UNUSED);
        length = (size_t)decoded;
    } else {
        const int byte = byte_spelled(text, bytes);
        if (byte >= 0) {
            kind = LRT_PIECE_BYTE;
            t->buffer[0] = (char)byte;
            length = 1;
        } else {
            length = resolve_spaces(text, bytes, t->buffer);
        }
    }
    return lrt_vocabulary_set(c, &t->vocabulary, id, t->buffer, length, kind);
}

/* Resolves one side of a merge behind `at` in t->buffer; its id, or -1. */
static int32_t merge_side(struct lrt_tokenizer *t, size_t at, const char *text, size_t bytes, size_t *length) {
    const int64_t n = t->byte_level ? lrt_byte_level_decode(text, bytes, t->buffer + at)
                                    : (int64_t)resolve_spaces(text, bytes, t->buffer + at);
    *length = n < 0 ? 0 : (size_t)n;
    return n <= 0 ? -1 : lrt_vocabulary_find(&t->vocabulary, t->buffer + at, *length);
}

int lrt_tokenizer_add_merge(struct lrt *c, struct lrt_tokenizer *t, uint32_t rank, const char *left, size_t left_bytes,
                            const char *right, size_t right_bytes) {
    int status = lrt_grow(c, (void **)&t->buffer, &t->buffer_capacity, left_bytes + right_bytes + 1, 1);
    if (status) return status;
    size_t first = 0, second = 0;
    const int32_t a = merge_side(t, 0, left, left_bytes, &first);
    const int32_t b = merge_side(t, first, right, right_bytes, &second);
    const int32_t result = a < 0 || b < 0 ? -1 : lrt_vocabulary_find(&t->vocabulary, t->buffer, first + second);
    if (result < 0)
        return lrt_fail(c, LRT_ERR_FILE, "tokenizer: merge %u (%.*s %.*s) names a token that is not in the vocabulary",
                        rank, left_bytes > 40 ? 40 : (int)left_bytes, left, right_bytes > 40 ? 40 : (int)right_bytes,
                        right);
    lrt_merges_add(&t->merges, a, b, result, rank);
    return LRT_OK;
}

int lrt_tokenizer_add_merge_line(struct lrt *c, struct lrt_tokenizer *t, uint32_t rank, const char *line,
                                 size_t bytes) {
    const char *space = bytes > 1 ? memchr(line + 1, ' ', bytes - 1) : NULL;
    if (!space) return lrt_fail(c, LRT_ERR_FILE, "tokenizer: merge %u is not two tokens with a space between", rank);
    const size_t left = (size_t)(space - line);
    return lrt_tokenizer_add_merge(c, t, rank, line, left, space + 1, bytes - left - 1);
}

struct scored {
    float score;
    uint32_t id;
};
static int by_score(const void *a, const void *b) {
    const struct scored *x = a, *y = b;
    return x->score > y->score ? -1 : x->score < y->score;
}

int lrt_tokenizer_rank(struct lrt *c, struct lrt_tokenizer *t, const float *scores, size_t count) {
    const size_t n = t->vocabulary.count;
    if (count != n) return lrt_fail(c, LRT_ERR_FILE, "tokenizer: %zu scores for %zu tokens", count, n);
    struct scored *order = malloc((n + 1) * sizeof *order);
    t->ranks = malloc((n + 1) * sizeof *t->ranks);
    if (!order || !t->ranks) {
        free(order);
        return lrt_fail(c, LRT_ERR_MEMORY, "tokenizer: no memory for %zu scores", n);
    }
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        t->ranks[i] = UINT32_MAX;
        if (t->vocabulary.pieces[i].kind == LRT_PIECE_NORMAL && scores[i] == scores[i])
            order[kept++] = (struct scored){scores[i], (uint32_t)i};
    }
    qsort(order, kept, sizeof *order, by_score);
    uint32_t rank = 0;
    for (size_t i = 0; i < kept; i++) {
        if (i && order[i].score != order[i - 1].score) rank++;
        t->ranks[order[i].id] = rank;
    }
    free(order);
    return LRT_OK;
}

static int is_matched_whole(const struct lrt_piece *p) {
    return p->bytes > 0 && (p->kind == LRT_PIECE_CONTROL || p->kind == LRT_PIECE_USER || p->kind == LRT_PIECE_UNKNOWN);
}

/* t->specials by counting on the first byte, then each group by length. */
static int index_specials(struct lrt *c, struct lrt_tokenizer *t) {
    const struct lrt_vocabulary *v = &t->vocabulary;
    for (size_t id = 0; id < v->count; id++)
        if (is_matched_whole(&v->pieces[id])) t->special_first[(unsigned char)v->text[v->pieces[id].offset] + 1]++;
    for (int i = 0; i < 256; i++) t->special_first[i + 1] += t->special_first[i];
    uint32_t next[256];
    memcpy(next, t->special_first, sizeof next);
    t->specials = malloc((t->special_first[256] + 1) * sizeof *t->specials);
    if (!t->specials) return lrt_fail(c, LRT_ERR_MEMORY, "tokenizer: no memory for special tokens");
    for (size_t id = 0; id < v->count; id++) {
        if (!is_matched_whole(&v->pieces[id])) continue;
        const unsigned char first = (unsigned char)v->text[v->pieces[id].offset];
        uint32_t at = next[first]++;
        for (; at > t->special_first[first] && v->pieces[t->specials[at - 1]].bytes < v->pieces[id].bytes; at--)
            t->specials[at] = t->specials[at - 1];
        t->specials[at] = (int32_t)id;
    }
    return LRT_OK;
}

int lrt_tokenizer_complete(struct lrt *c, struct lrt_tokenizer *t) {
    const struct lrt_vocabulary *v = &t->vocabulary;
    if (v->count == 0) return lrt_fail(c, LRT_ERR_FILE, "tokenizer: the vocabulary is empty");
    int32_t *const named[] = {&t->info.bos, &t->info.eos, &t->info.unknown, &t->info.end_of_turn};
    for (size_t i = 0; i < 4; i++)
        if (*named[i] >= 0 && (size_t)*named[i] >= v->count)
            return lrt_fail(c, LRT_ERR_FILE, "tokenizer: special token id %d is beyond the vocabulary of %zu",
                            *named[i], v->count);
    t->info.vocab = (int64_t)v->count;
    t->info.kind = t->ranks ? "scores" : "bpe";
    if (!t->info.pattern) t->info.pattern = "none";
    if (t->info.end_of_turn < 0) t->info.end_of_turn = t->info.eos;
    for (int i = 0; i < 256; i++) t->byte_ids[i] = -1;
    for (size_t id = v->count; id-- > 0;) {
        const struct lrt_piece *p = &v->pieces[id];
        const unsigned char *s = (const unsigned char *)v->text + p->offset;
        if (p->bytes == 1 && p->kind == (t->byte_level ? LRT_PIECE_NORMAL : LRT_PIECE_BYTE))
            t->byte_ids[*s] = (int32_t)id;
        if (p->kind == LRT_PIECE_NONE) continue;
        for (uint32_t i = 0; i + 1 < p->bytes; i++) {
            const unsigned pair = (unsigned)s[i] << 8 | s[i + 1];
            t->joins[pair >> 3] = (uint8_t)(t->joins[pair >> 3] | 1u << (pair & 7));
        }
    }
    return index_specials(c, t);
}

int lrt_read_file(struct lrt *c, const char *path, size_t limit, char **text, size_t *bytes) {
    FILE *f = fopen(path, "rb");
    if (!f) return lrt_fail(c, LRT_ERR_FILE, "%s: %s", path, strerror(errno));
    size_t capacity = 0, n = 0, got;
    int status;
    *text = NULL;
    do {
        status = lrt_grow(c, (void **)text, &capacity, n + 65536 + 1, 1);
        if (status) break;
        got = fread(*text + n, 1, capacity - n - 1, f);
        n += got;
    } while (got > 0 && n <= limit);
    if (!status && ferror(f)) status = lrt_fail(c, LRT_ERR_FILE, "%s: cannot be read: %s", path, strerror(errno));
    if (!status && n > limit) status = lrt_fail(c, LRT_ERR_FILE, "%s: longer than %zu bytes", path, limit);
    fclose(f);
    if (status) {
        free(*text);
        *text = NULL;
        return status;
    }
    (*text)[n] = 0;
    *bytes = n;
    return LRT_OK;
}

static int ends_with(const char *path, const char *ending) {
    const size_t n = strlen(path), k = strlen(ending);
    return n >= k && strcmp(path + n - k, ending) == 0;
}

static int load_folder(struct lrt *c, struct lrt_tokenizer *t, const char *folder) {
    char path[4096];
    struct stat st;
    if (snprintf(path, sizeof path, "%s/tokenizer.json", folder) >= (int)sizeof path)
        return lrt_fail(c, LRT_ERR_FILE, "%.200s...: the path is too long", folder);
    int status = stat(path, &st) == 0 ? lrt_tokenizer_load_json(c, t, path) : lrt_tokenizer_load_vocab(c, t, folder);
    return status ? status : lrt_tokenizer_load_config(c, t, folder);
}

/* The folder that a file lies in. */
static int folder_of(struct lrt *c, const char *path, char folder[4096]) {
    const char *slash = strrchr(path, '/');
    const size_t n = !slash ? 0 : slash == path ? 1 : (size_t)(slash - path);
    if (n >= 4096) return lrt_fail(c, LRT_ERR_FILE, "%.200s...: the path is too long", path);
    memcpy(folder, slash ? path : ".", slash ? n : 1);
    folder[slash ? n : 1] = 0;
    return LRT_OK;
}

static int begins_with_gguf(const char *path) {
    char magic[4] = {0};
    FILE *f = fopen(path, "rb");
    const int found = f && fread(magic, 1, 4, f) == 4 && memcmp(magic, "GGUF", 4) == 0;
    if (f) fclose(f);
    return found;
}

static int load(struct lrt *c, struct lrt_tokenizer *t, const char *path) {
    struct stat st;
    char folder[4096];
    if (stat(path, &st) != 0) return lrt_fail(c, LRT_ERR_FILE, "%s: %s", path, strerror(errno));
    if (S_ISDIR(st.st_mode)) return load_folder(c, t, path);
    if (ends_with(path, ".gguf") || begins_with_gguf(path)) return lrt_tokenizer_load_gguf(c, t, path);
    if (ends_with(path, ".bin")) return lrt_tokenizer_load_llama2c(c, t, path);
    int status = folder_of(c, path, folder);
    if (status) return status;
    if (ends_with(path, ".safetensors") || ends_with(path, ".safetensors.index.json")) return load_folder(c, t, folder);
    if (!ends_with(path, ".json"))
        return lrt_fail(c, LRT_ERR_FILE, "%s: a tokenizer is a .gguf, tokenizer.json, .bin (llama2.c) or a folder",
                        path);
    status = lrt_tokenizer_load_json(c, t, path);
    return status ? status : lrt_tokenizer_load_config(c, t, folder);
}

static void give_back_pages(void) {
#ifdef __GLIBC__
    malloc_trim(0); /* glibc keeps freed memory; a JSON tree is many times its file */
#endif
}

int lrt_tokenizer_open(struct lrt *c, struct lrt_tokenizer **out, const char *path) {
    *out = NULL;
    struct lrt_tokenizer *t = calloc(1, sizeof *t);
    if (!t) return lrt_fail(c, LRT_ERR_MEMORY, "%s: no memory for a tokenizer", path);
    t->info.bos = t->info.eos = t->info.unknown = t->info.end_of_turn = -1;
    int status = load(c, t, path);
    if (!status) status = lrt_tokenizer_complete(c, t);
    if (status) {
        lrt_tokenizer_close(t);
        return status;
    }
    give_back_pages();
    *out = t;
    return LRT_OK;
}

void lrt_tokenizer_close(struct lrt_tokenizer *t) {
    if (!t) return;
    lrt_vocabulary_free(&t->vocabulary);
    lrt_merges_free(&t->merges);
    lrt_split_free(&t->split);
    free(t->ranks);
    free(t->specials);
    free(t->system);
    free(t->work.symbols);
    free(t->work.heap);
    free(t->buffer);
    free(t);
    give_back_pages();
}

const struct lrt_tokenizer_info *lrt_tokenizer_info(const struct lrt_tokenizer *t) { return &t->info; }

int32_t lrt_tokenizer_find(const struct lrt_tokenizer *t, const char *spelling) {
    const size_t bytes = strlen(spelling);
    const int32_t id = lrt_vocabulary_find(&t->vocabulary, spelling, bytes);
    if (id >= 0) return id;
    char out[256];
    if (bytes > sizeof out) return -1;
    const int64_t n =
        t->byte_level ? lrt_byte_level_decode(spelling, bytes, out) : (int64_t)resolve_spaces(spelling, bytes, out);
    return n <= 0 ? -1 : lrt_vocabulary_find(&t->vocabulary, out, (size_t)n);
}
