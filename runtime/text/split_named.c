/* The names that GGUF has for the ways to cut text into words (tokenizer.ggml.pre) become stages of a split. */
#include "runtime/text/tokenizer.h"
#include <string.h>

/* The word of `names` that equals name, or NULL. */
static const char *find_name(const char *names, const char *name) {
    const size_t length = strlen(name);
    for (const char *p = names; length && (p = strstr(p, name)) != NULL; p += length)
        if ((p == names || p[-1] == ' ') && (p[length] == ' ' || p[length] == 0)) return p;
    return NULL;
}

int lrt_split_add_named(struct lrt *c, struct lrt_split *s, const char *name, const struct lrt_named_split **found) {
    static const struct lrt_named_split table[] = {
#define SPLIT(name, others, whole, bos, ...) {name, others, whole, bos, __VA_ARGS__},
#include "runtime/text/split_patterns.def"
#undef SPLIT
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (strcmp(table[i].name, name) != 0 && (strchr(name, ' ') || !find_name(table[i].others, name))) continue;
        *found = &table[i];
        for (size_t k = 0; k < LRT_SPLIT_STAGES && table[i].stages[k]; k++) {
            int status = lrt_split_add_pattern(c, s, table[i].stages[k], LRT_CUT_ISOLATED, 0);
            if (status) return status;
        }
        return LRT_OK;
    }
    return lrt_fail(
        c, LRT_ERR_FILE,
        "tokenizer: split pattern '%.60s' (tokenizer.ggml.pre) is not known; known are gpt-2, smollm, qwen2, "
        "llama-bpe, gpt-4o, tekken and others of split_patterns.def",
        name);
}
