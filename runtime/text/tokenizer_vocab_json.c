/* A Hugging Face folder without tokenizer.json: vocab.json and merges.txt become a byte-level tokenizer. Also reads
 * what tokenizer_config.json adds to either form: bos, eos, added tokens, the chat template. */
#include "runtime/text/json_read.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int join(struct lrt *c, char path[4096], const char *folder, const char *name) {
    if (snprintf(path, 4096, "%s/%s", folder, name) < 4096) return LRT_OK;
    return lrt_fail(c, LRT_ERR_FILE, "%.200s...: the path is too long", folder);
}

/* *config: NULL when the folder has none. */
static int load_config(struct lrt *c, const char *folder, json_t **config) {
    char path[4096];
    struct stat st;
    *config = NULL;
    int status = join(c, path, folder, "tokenizer_config.json");
    return status || stat(path, &st) != 0 ? status : lrt_json_load(c, path, config);
}

/* How the folder's tokenizer class splits text; classes are Hugging Face's names, "Fast" at the end makes no
 * difference. */
static const char *split_of_class(const char *class) {
    static const char *const table[][2] = {{"Qwen2Tokenizer", "qwen2"},
                                           {"GPT2Tokenizer", "gpt-2"},
                                           {"CodeGenTokenizer", "gpt-2"},
                                           {"RobertaTokenizer", "gpt-2"},
                                           {"OPTTokenizer", "gpt-2"}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const size_t n = strlen(table[i][0]);
        if (strncmp(class, table[i][0], n) == 0 && (class[n] == 0 || strcmp(class + n, "Fast") == 0))
            return table[i][1];
    }
    return NULL;
}

static int add_configured_tokens(struct lrt *c, struct lrt_tokenizer *t, const json_t *config, const char *folder) {
    const char *key;
    json_t *token;
    json_object_foreach(json_object_get(config, "added_tokens_decoder"), key, token) {
        char *end;
        const long long id = strtoll(key, &end, 10);
        if (end == key || *end)
            return lrt_fail(c, LRT_ERR_FILE, "%s: added token id '%.20s' is not a number", folder, key);
        int status = lrt_json_added_token(c, t, id, token, folder);
        if (status) return status;
    }
    return LRT_OK;
}

static int add_merge_lines(struct lrt *c, struct lrt_tokenizer *t, const char *text, const char *path) {
    size_t lines = 0;
    for (const char *p = text; (p = strchr(p, '\n')) != NULL; p++) lines++;
    int status = lrt_merges_make(c, &t->merges, lines + 1);
    uint32_t rank = 0;
    for (const char *line = text, *end; *line && !status; line = *end ? end + 1 : end) {
        end = strchr(line, '\n');
        if (!end) end = line + strlen(line);
        size_t bytes = (size_t)(end - line);
        if (bytes && line[bytes - 1] == '\r') bytes--;
        if (bytes == 0 || (line == text && strncmp(line, "#version", 8) == 0)) continue;
        status = lrt_tokenizer_add_merge_line(c, t, rank++, line, bytes);
    }
    if (!status && rank == 0) status = lrt_fail(c, LRT_ERR_FILE, "%s: no merges in it", path);
    return status;
}

static int read_vocab(struct lrt *c, struct lrt_tokenizer *t, const char *folder, const json_t *config) {
    char path[4096], *text;
    size_t bytes;
    json_t *vocab;
    const char *class = lrt_json_text(config, "tokenizer_class");
    const char *split = class ? split_of_class(class) : "gpt-2";
    if (!split)
        return lrt_fail(c, LRT_ERR_FILE, "%s: tokenizer_class %.60s: only its tokenizer.json says how it splits text",
                        folder, class);
    t->byte_level = 1;
    const struct lrt_named_split *found = NULL;
    int status = LRT_OK;
    t->strips_space = lrt_json_flag(config, "add_prefix_space", 0);
    if (t->strips_space) status = lrt_split_add(c, &t->split, (struct lrt_split_stage){.kind = LRT_STAGE_SPACE});
    if (!status) status = lrt_split_add_named(c, &t->split, split, &found);
    if (found) t->info.pattern = found->name;
    if (!status) status = add_configured_tokens(c, t, config, folder);
    if (!status) status = join(c, path, folder, "vocab.json");
    if (!status) status = lrt_json_load(c, path, &vocab);
    if (status) return status;
    status = lrt_json_vocabulary(c, t, vocab, path);
    json_decref(vocab);
    if (!status) status = lrt_vocabulary_index(c, &t->vocabulary);
    if (!status) status = join(c, path, folder, "merges.txt");
    if (!status) status = lrt_read_file(c, path, (size_t)1 << 30, &text, &bytes);
    if (status) return status;
    status = add_merge_lines(c, t, text, path);
    free(text);
    return status;
}

int lrt_tokenizer_load_added(struct lrt *c, struct lrt_tokenizer *t, const char *folder) {
    json_t *config;
    int status = load_config(c, folder, &config);
    if (status) return status;
    status = add_configured_tokens(c, t, config, folder);
    json_decref(config);
    return status;
}

int lrt_tokenizer_load_vocab(struct lrt *c, struct lrt_tokenizer *t, const char *folder) {
    json_t *config;
    int status = load_config(c, folder, &config);
    if (status) return status;
    status = read_vocab(c, t, folder, config);
    json_decref(config);
    /* GPT-2's own files do not say which token is special: the one that ends its documents */
    const int32_t end = status ? -1 : lrt_tokenizer_find(t, "<|endoftext|>");
    if (end >= 0) {
        t->vocabulary.pieces[end].kind = LRT_PIECE_CONTROL;
        t->info.eos = end;
    }
    return status;
}

/* The id of config[key], which is a spelling or {"content": spelling}. */
static void named_token(const struct lrt_tokenizer *t, const json_t *config, const char *key, int32_t *id) {
    const json_t *value = json_object_get(config, key);
    const char *spelling = json_is_object(value) ? lrt_json_text(value, "content") : json_string_value(value);
    const int32_t found = spelling ? lrt_tokenizer_find(t, spelling) : -1;
    if (found >= 0) *id = found;
}

/* chat_template.jinja, if the folder has it; *found: whether it has. */
static int read_template_file(struct lrt *c, struct lrt_tokenizer *t, const char *folder, int *found) {
    char path[4096], *text;
    size_t bytes;
    struct stat st;
    int status = join(c, path, folder, "chat_template.jinja");
    *found = !status && stat(path, &st) == 0;
    if (!*found) return status;
    status = lrt_read_file(c, path, TEMPLATE_BYTES_MAX, &text, &bytes);
    if (status) return status;
    status = lrt_chat_keep(c, t, LRT_CHAT_DEFAULT, path, text, bytes);
    free(text);
    return status;
}

/* The file goes before chat_template in the configuration: a text, or [{"name", "template"}] of "default", "tool_use".
 */
static int read_template(struct lrt *c, struct lrt_tokenizer *t, const char *folder, const json_t *config) {
    const json_t *template = json_object_get(config, "chat_template");
    char name[4096];
    int found, status = read_template_file(c, t, folder, &found);
    if (!status) status = join(c, name, folder, "tokenizer_config.json");
    if (status || found) return status;
    if (json_is_string(template))
        return lrt_chat_keep(c, t, LRT_CHAT_DEFAULT, name, json_string_value(template), json_string_length(template));
    for (size_t i = 0; json_is_array(template) && i < json_array_size(template) && !status; i++) {
        const json_t *entry = json_array_get(template, i), *text = json_object_get(entry, "template");
        const char *use = lrt_json_text(entry, "name");
        if (!use || !json_is_string(text)) continue;
        if (strcmp(use, "default") == 0)
            status = lrt_chat_keep(c, t, LRT_CHAT_DEFAULT, name, json_string_value(text), json_string_length(text));
        if (strcmp(use, "tool_use") == 0)
            status = lrt_chat_keep(c, t, LRT_CHAT_WITH_TOOLS, name, json_string_value(text), json_string_length(text));
    }
    return status;
}

/* As transformers: a configuration with add_bos_token or add_eos_token says both, and its own tokens are meant;
 * otherwise the post-processor of tokenizer.json, with the tokens that it names. */
static void read_bounds(struct lrt_tokenizer *t, const json_t *config) {
    if (json_object_get(config, "add_bos_token") || json_object_get(config, "add_eos_token")) {
        t->info.add_bos = lrt_json_flag(config, "add_bos_token", 0);
        t->info.add_eos = lrt_json_flag(config, "add_eos_token", 0);
        named_token(t, config, "bos_token", &t->info.bos);
        named_token(t, config, "eos_token", &t->info.eos);
        return;
    }
    if (!t->info.add_bos) named_token(t, config, "bos_token", &t->info.bos);
    if (!t->info.add_eos) named_token(t, config, "eos_token", &t->info.eos);
}

int lrt_tokenizer_load_config(struct lrt *c, struct lrt_tokenizer *t, const char *folder) {
    json_t *config;
    int status = load_config(c, folder, &config);
    if (status) return status;
    read_bounds(t, config);
    named_token(t, config, "unk_token", &t->info.unknown);
    named_token(t, config, "pad_token", &t->pad);
    status = read_template(c, t, folder, config);
    json_decref(config);
    return status;
}
