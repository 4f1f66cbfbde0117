/* A GGUF file's metadata becomes a tokenizer: tokenizer.ggml.model "gpt2" is byte-level BPE with merges and a named
 * split pattern, "llama" merges by score over characters. */
#include <lorac/lrt_files.h>
#include "runtime/text/tokenizer.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int add_tokens(struct lrt *c, struct lrt_tokenizer *t, const struct lrt_weight_file *file, const char *path) {
    struct lrt_gguf_array tokens, types = {0};
    struct lrt_bytes s;
    if (!lrt_gguf_find_array(file, "tokenizer.ggml.tokens", &tokens) || tokens.type != 8)
        return lrt_fail(c, LRT_ERR_FILE, "%s: it has no tokenizer.ggml.tokens", path);
    const int typed = lrt_gguf_find_array(file, "tokenizer.ggml.token_type", &types);
    if (typed && types.count != tokens.count)
        return lrt_fail(c, LRT_ERR_FILE, "%s: %llu token types for %llu tokens", path, (unsigned long long)types.count,
                        (unsigned long long)tokens.count);
    int status = LRT_OK;
    for (uint64_t id = 0; lrt_gguf_next_string(&tokens, &s) && !status; id++) {
        const int64_t kind = typed ? lrt_gguf_array_integer(&types, id) : LRT_PIECE_NORMAL;
        if (kind < LRT_PIECE_NORMAL || kind > LRT_PIECE_BYTE)
            return lrt_fail(c, LRT_ERR_FILE, "%s: token %llu is of the unknown type %lld", path, (unsigned long long)id,
                            (long long)kind);
        status = lrt_tokenizer_add(c, t, (int64_t)id, s.bytes, s.length, (int)kind);
    }
    return status ? status : lrt_vocabulary_index(c, &t->vocabulary);
}

static int add_merges(struct lrt *c, struct lrt_tokenizer *t, const struct lrt_weight_file *file, const char *path) {
    struct lrt_gguf_array merges;
    struct lrt_bytes s;
    if (!lrt_gguf_find_array(file, "tokenizer.ggml.merges", &merges) || merges.type != 8)
        return lrt_fail(c, LRT_ERR_FILE, "%s: it has no tokenizer.ggml.merges", path);
    int status = lrt_merges_make(c, &t->merges, (size_t)merges.count);
    for (uint32_t rank = 0; !status && lrt_gguf_next_string(&merges, &s); rank++)
        status = lrt_tokenizer_add_merge_line(c, t, rank, s.bytes, s.length);
    return status;
}

static int add_scores(struct lrt *c, struct lrt_tokenizer *t, const struct lrt_weight_file *file, const char *path) {
    struct lrt_gguf_array array;
    if (!lrt_gguf_find_array(file, "tokenizer.ggml.scores", &array) || array.type == 8)
        return lrt_fail(c, LRT_ERR_FILE, "%s: it has no tokenizer.ggml.scores", path);
    const size_t n = t->vocabulary.count;
    if (array.count != n)
        return lrt_fail(c, LRT_ERR_FILE, "%s: %llu scores for %zu tokens", path, (unsigned long long)array.count, n);
    double *scores = malloc((n + 1) * sizeof *scores);
    if (!scores) return lrt_fail(c, LRT_ERR_MEMORY, "%s: no memory for %zu scores", path, n);
    for (size_t i = 0; i < n; i++) scores[i] = lrt_gguf_array_number(&array, i);
    int status = lrt_tokenizer_rank(c, t, scores, n);
    free(scores);
    return status;
}

static void read_id(const struct lrt_weight_file *file, const char *key, int32_t *id) {
    int64_t value;
    if (lrt_gguf_integer(file, key, &value) && value >= 0 && value < LRT_VOCABULARY_MAX) *id = (int32_t)value;
}

static int read_flag(const struct lrt_weight_file *file, const char *key, int absent) {
    int64_t value;
    return lrt_gguf_integer(file, key, &value) ? value != 0 : absent;
}

static int read_byte_level(struct lrt *c, struct lrt_tokenizer *t, const struct lrt_weight_file *file,
                           const char *path) {
    struct lrt_bytes pre = {"default", 7};
    char name[64];
    lrt_gguf_string(file, "tokenizer.ggml.pre", &pre);
    const size_t n = pre.length < sizeof name ? pre.length : sizeof name - 1;
    memcpy(name, pre.bytes, n);
    name[n] = 0;
    t->byte_level = 1;
    const struct lrt_named_split *found;
    int status = lrt_split_add_named(c, &t->split, name, &found);
    if (status) return status;
    t->whole_words = found->whole_words;
    t->info.pattern = found->name;
    t->info.add_bos = found->adds_bos;
    status = add_tokens(c, t, file, path);
    return status ? status : add_merges(c, t, file, path);
}

/* Where the file is silent: llama.cpp's numbers of Llama's tokens, and bos before every text. */
static int read_scored(struct lrt *c, struct lrt_tokenizer *t, const struct lrt_weight_file *file, const char *path) {
    if (read_flag(file, "tokenizer.ggml.add_space_prefix", 1)) t->space_prefix = LRT_PREFIX_ALWAYS;
    t->marks_spaces = t->byte_fallback = 1;
    t->strips_space = t->space_prefix != LRT_PREFIX_NONE;
    int status = add_tokens(c, t, file, path);
    if (!status) status = add_scores(c, t, file, path);
    int32_t *const named[] = {&t->info.unknown, &t->info.bos, &t->info.eos};
    for (int32_t i = 0; i < 3; i++)
        if ((size_t)i < t->vocabulary.count) *named[i] = i;
    t->info.add_bos = t->info.bos >= 0;
    return status;
}

static int name_has(const struct lrt_weight_file *file, const char *key, const char *part) {
    struct lrt_bytes s;
    const size_t n = strlen(part);
    if (!lrt_gguf_string(file, key, &s)) return 0;
    for (size_t i = 0; i + n <= s.length; i++)
        if (strncasecmp(s.bytes + i, part, n) == 0) return 1;
    return 0;
}

/* GGUF does not say which tokens take the white space beside them; llama.cpp knows it of these, by their names. */
static void set_strips(struct lrt_tokenizer *t, const struct lrt_weight_file *file) {
    static const char *const plain[] = {"<unk>", "<s>", "<|endoftext|>"};
    const int32_t mask = lrt_tokenizer_find(t, "<mask>");
    const char *const pre = "tokenizer.ggml.pre";
    if (mask >= 0 &&
        (name_has(file, pre, "jina-v2-de") || name_has(file, pre, "jina-v2-es") || name_has(file, pre, "jina-v2-code")))
        t->vocabulary.pieces[mask].flags |= LRT_STRIP_LEFT;
    if (!name_has(file, "general.name", "phi-3") && !name_has(file, "general.name", "phi3")) return;
    for (size_t i = 0; i < t->vocabulary.count; i++) {
        struct lrt_piece *p = &t->vocabulary.pieces[i];
        if (p->kind == LRT_PIECE_CONTROL || p->kind == LRT_PIECE_USER || p->kind == LRT_PIECE_UNKNOWN)
            p->flags |= LRT_STRIP_RIGHT;
    }
    for (size_t i = 0; i < 3; i++) {
        const int32_t id = lrt_tokenizer_find(t, plain[i]);
        if (id >= 0) t->vocabulary.pieces[id].flags &= (uint8_t)~LRT_STRIP_RIGHT;
    }
}

static int read_file(struct lrt *c, struct lrt_tokenizer *t, const struct lrt_weight_file *file, const char *path) {
    struct lrt_bytes s;
    int status;
    if (lrt_gguf_string_is(file, "tokenizer.ggml.model", "gpt2")) {
        status = read_byte_level(c, t, file, path);
    } else if (lrt_gguf_string_is(file, "tokenizer.ggml.model", "llama")) {
        status = read_scored(c, t, file, path);
    } else if (lrt_gguf_string_is(file, "tokenizer.ggml.model", "no_vocab")) {
        return lrt_fail(c, LRT_ERR_FILE, "%s: it says that it has no tokenizer, as files of random weights do", path);
    } else if (lrt_gguf_string(file, "tokenizer.ggml.model", &s)) {
        return lrt_fail(c, LRT_ERR_FILE, "%s: tokenizer.ggml.model '%.*s' is not supported; gpt2 and llama are", path,
                        s.length > 40 ? 40 : (int)s.length, s.bytes);
    } else {
        return lrt_fail(c, LRT_ERR_FILE, "%s: it has no tokenizer (no tokenizer.ggml.model)", path);
    }
    if (status) return status;
    set_strips(t, file);
    read_id(file, "tokenizer.ggml.bos_token_id", &t->info.bos);
    read_id(file, "tokenizer.ggml.eos_token_id", &t->info.eos);
    read_id(file, "tokenizer.ggml.unknown_token_id", &t->info.unknown);
    t->info.add_bos = read_flag(file, "tokenizer.ggml.add_bos_token", t->info.add_bos);
    t->info.add_eos = read_flag(file, "tokenizer.ggml.add_eos_token", t->info.add_eos);
    if (t->info.add_bos && t->info.bos < 0)
        return lrt_fail(c, LRT_ERR_FILE,
                        "%s: it wants a token before every text, and has no tokenizer.ggml.bos_token_id: "
                        "set tokenizer.ggml.add_bos_token to false, or name the token",
                        path);
    read_id(file, "tokenizer.ggml.padding_token_id", &t->pad);
    status = LRT_OK;
    if (lrt_gguf_string(file, "tokenizer.chat_template", &s))
        status = lrt_chat_keep(c, t, LRT_CHAT_DEFAULT, path, s.bytes, s.length);
    if (!status && lrt_gguf_string(file, "tokenizer.chat_template.tool_use", &s))
        status = lrt_chat_keep(c, t, LRT_CHAT_WITH_TOOLS, path, s.bytes, s.length);
    return status;
}

int lrt_tokenizer_load_gguf(struct lrt *c, struct lrt_tokenizer *t, const char *path) {
    struct lrt_weight_file *file;
    struct lrt_report *report = calloc(1, sizeof *report);
    if (!report) return lrt_fail(c, LRT_ERR_MEMORY, "%s: no memory", path);
    int status = lrt_weight_file_open(&file, path, report);
    if (status) {
        lrt_fail(c, status, "%.400s", report->text);
    } else if (lrt_weight_file_format(file) != LRT_FORMAT_GGUF) {
        status = lrt_fail(c, LRT_ERR_FILE, "%s: not a GGUF file", path);
    } else {
        status = read_file(c, t, file, path);
    }
    free(report);
    lrt_weight_file_close(file);
    return status;
}
