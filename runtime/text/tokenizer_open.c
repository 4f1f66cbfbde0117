/* A path becomes a tokenizer: the loader that its form asks for, then the tables that encoding needs. */
#include <lorac/lrt_foreign.h>
#include "runtime/text/tokenizer.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

static int is_matched_whole(const struct lrt_piece *p) {
    return p->bytes > 0 && (p->kind == LRT_PIECE_CONTROL || p->kind == LRT_PIECE_USER || p->kind == LRT_PIECE_UNKNOWN);
}

/* The spellings behind the normaliser, end to end; fills in their bytes. */
static int normalize_spellings(struct lrt *c, struct lrt_tokenizer *t, uint32_t *lengths) {
    const struct lrt_vocabulary *v = &t->vocabulary;
    struct lrt_text_buffer texts = {0};
    int status = LRT_OK;
    for (size_t id = 0; id < v->count && !status; id++) {
        const struct lrt_piece *p = &v->pieces[id];
        const char *out;
        size_t n;
        lengths[id] = 0;
        if (!is_matched_whole(p) || !(p->flags & LRT_NORMALIZED)) continue;
        status = lrt_normalize(c, &t->normalizer, v->text + p->offset, p->bytes, 0, &out, &n);
        if (!status) status = lrt_buffer_add(c, &texts, out, n);
        lengths[id] = (uint32_t)n;
    }
    t->normalized_text = texts.bytes;
    return status;
}

/* Tokens that are found whole, in the text as it is or in the normalised one. */
static int index_specials(struct lrt *c, struct lrt_tokenizer *t) {
    const struct lrt_vocabulary *v = &t->vocabulary;
    uint32_t *lengths = malloc((v->count + 1) * sizeof *lengths);
    if (!lengths) return lrt_fail(c, LRT_ERR_MEMORY, "tokenizer: no memory for special tokens");
    int status = normalize_spellings(c, t, lengths);
    size_t at = 0;
    for (size_t id = 0; id < v->count && !status; id++) {
        const struct lrt_piece *p = &v->pieces[id];
        if (!is_matched_whole(p)) continue;
        if (t->user_inside && p->kind == LRT_PIECE_USER) {
            status = lrt_specials_add(c, &t->normalizer.kept, v->text + p->offset, p->bytes, (int32_t)id);
            if (!status && t->model == LRT_MODEL_MERGES)
                status = lrt_specials_add(c, &t->normalized, v->text + p->offset, p->bytes, (int32_t)id);
            continue;
        }
        if (p->flags & LRT_NORMALIZED)
            status = lrt_specials_add(c, &t->normalized, t->normalized_text + at, lengths[id], (int32_t)id);
        else
            status = lrt_specials_add(c, &t->specials, v->text + p->offset, p->bytes, (int32_t)id);
        at += lengths[id];
    }
    free(lengths);
    lrt_specials_sort(&t->specials);
    lrt_specials_sort(&t->normalized);
    lrt_specials_sort(&t->normalizer.kept);
    return status;
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
    static const char *const models[] = {"bpe", "unigram", "wordpiece", "words"};
    t->info.kind = t->ranks ? "scores" : models[t->model];
    t->streams = !t->byte_level && t->split.count == 0 && t->model <= LRT_MODEL_UNIGRAM && !t->whole_words;
    if (!t->info.pattern) t->info.pattern = "none";
    t->chat.plain = !t->chat.sources[LRT_CHAT_DEFAULT].text;
    t->info.chat = t->chat.plain ? "plain" : t->chat.sources[LRT_CHAT_DEFAULT].name;
    if (t->info.end_of_turn < 0) t->info.end_of_turn = t->info.eos;
    for (int i = 0; i < 256; i++) t->byte_ids[i] = -1;
    for (size_t id = v->count; id-- > 0;) {
        const struct lrt_piece *p = &v->pieces[id];
        const int ordinary = (p->kind == LRT_PIECE_NORMAL || p->kind == LRT_PIECE_BYTE) && p->bytes > 0;
        if (ordinary && t->info.ordinary == 0) t->info.ordinary = (int64_t)id + 1;
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

static int ends_with(const char *path, const char *ending) {
    const size_t n = strlen(path), k = strlen(ending);
    return n >= k && strcmp(path + n - k, ending) == 0;
}

/* A SentencePiece model in a folder: its path, 0: none. */
static int find_sentencepiece(char path[4096], const char *folder) {
    static const char *const names[] = {"tokenizer.model", "spiece.model", "sentencepiece.bpe.model"};
    struct stat st;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (snprintf(path, 4096, "%s/%s", folder, names[i]) < 4096 && stat(path, &st) == 0) return 1;
    return 0;
}

/* With the folder's configuration, which may add tokens. */
static int load_sentencepiece(struct lrt *c, struct lrt_tokenizer *t, const char *path, const char *folder) {
    t->marks_spaces = 1;
    int status = lrt_tokenizer_load_added(c, t, folder);
    if (!status) status = lrt_tokenizer_load_sentencepiece(c, t, path);
    return status ? status : lrt_tokenizer_load_config(c, t, folder);
}

/* "tokenizer.model", also with a version behind it. */
static int is_sentencepiece(const char *path) {
    const char *name = strrchr(path, '/');
    return strstr(name ? name : path, ".model") != NULL;
}

static int load_folder(struct lrt *c, struct lrt_tokenizer *t, const char *folder) {
    char path[4096];
    struct stat st;
    if (snprintf(path, sizeof path, "%s/tokenizer.json", folder) >= (int)sizeof path)
        return lrt_fail(c, LRT_ERR_FILE, "%.200s...: the path is too long", folder);
    int status;
    if (stat(path, &st) == 0)
        status = lrt_tokenizer_load_json(c, t, path);
    else if (find_sentencepiece(path, folder))
        return load_sentencepiece(c, t, path, folder);
    else
        status = lrt_tokenizer_load_vocab(c, t, folder);
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
    const char *why = NULL;
    size_t bytes = 0;
    const int file = lrt_open_regular(path, &bytes, &why);
    const int found = file >= 0 && read(file, magic, 4) == 4 && memcmp(magic, "GGUF", 4) == 0;
    if (file >= 0) close(file);
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
    if (is_sentencepiece(path)) return load_sentencepiece(c, t, path, folder);
    if (!ends_with(path, ".json"))
        return lrt_fail(c, LRT_ERR_FILE,
                        "%s: a tokenizer is a .gguf, tokenizer.json, tokenizer.model, .bin (llama2.c) or a folder",
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
    t->info.bos = t->info.eos = t->info.unknown = t->info.end_of_turn = t->pad = -1;
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
    free(t->unigram.scores);
    free(t->unigram.nodes);
    free(t->wordpiece.prefix);
    lrt_normalizer_free(&t->normalizer);
    lrt_specials_free(&t->specials);
    lrt_specials_free(&t->normalized);
    free(t->normalized_text);
    lrt_chat_free(&t->chat);
    free(t->work.symbols);
    free(t->work.heap);
    free(t->buffer);
    free(t);
    give_back_pages();
}

const struct lrt_tokenizer_info *lrt_tokenizer_info(const struct lrt_tokenizer *t) { return &t->info; }
