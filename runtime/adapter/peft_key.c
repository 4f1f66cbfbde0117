// peft_key: see the header.
#include "runtime/adapter/peft_key.h"

#include <stdio.h>
#include <string.h>

#include "runtime/weights/weight_file.h"
#include "runtime/weights/weight_names.h"

static const char whole[] = "base_model.model.";

// What follows the module: the kind of tensor, then the adapter's name if any, then its end.
struct marked {
    const char *mark, *end;
};
static const struct marked marks[] = {
    {".lora_A", ".weight"}, {".lora_B", ".weight"},          {".lora_embedding_A", ""},    {".lora_embedding_B", ""},
    {".ia3_l", ""},         {".modules_to_save", ".weight"}, {".modules_to_save", ".bias"}};

// Splits "MODULE.lora_A.default.weight"; false when no mark is in it. *adapter: of length 0 when the key has none.
static bool split(const char *key, const struct marked **mark, size_t *module, const char **adapter, size_t *length) {
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        const char *at = strstr(key, marks[i].mark), *rest = at ? at + strlen(marks[i].mark) : NULL;
        const size_t end = strlen(marks[i].end);
        if (!rest || (*rest != '.' && *rest != '\0') || !lrt_name_ends(rest, marks[i].end)) continue;
        *mark = &marks[i];
        *module = (size_t)(at - key);
        *length = strlen(rest) - end;
        *adapter = *length ? rest + 1 : rest;
        *length -= *length > 0;
        return true;
    }
    return false;
}

static int same_adapter(struct peft_keys *keys, const char *tensor, const char *adapter, size_t length,
                        struct lrt_report *report) {
    if (!keys->adapter[0]) snprintf(keys->adapter, sizeof keys->adapter, "%.*s", (int)length, adapter);
    if (strlen(keys->adapter) == length && memcmp(keys->adapter, adapter, length) == 0) return LRT_OK;
    return lrt_file_fail(report, LRT_ERR_FILE,
                         "%s: tensor %s is of the adapter %.*s, others are of %s; save one adapter alone", keys->path,
                         tensor, (int)length, adapter, keys->adapter);
}

// A base without its causal head has no prefix before its modules' names.
static size_t find_prefixed(const struct adapter_match *m, const char *name) {
    static const char *const prefixes[] = {"", "model.", "transformer.", "roberta.", "bert."};
    size_t at = m->entries->n;
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes && at == m->entries->n; i++) {
        char full[2 * ADAPTER_KEY_BYTES];
        if (snprintf(full, sizeof full, "%s%s%s", whole, prefixes[i], name) < (int)sizeof full)
            at = lrt_match_find(m, full);
    }
    return at;
}

int lrt_peft_key(void *context, const struct adapter_match *m, const char *tensor, size_t *entry,
                 struct lrt_report *report) {
    const char *key = strncmp(tensor, whole, sizeof whole - 1) == 0 ? tensor + sizeof whole - 1 : tensor, *adapter;
    const struct marked *mark;
    size_t module, length;
    if (*entry < m->entries->n) return LRT_OK;
    char name[ADAPTER_KEY_BYTES];
    if (!split(key, &mark, &module, &adapter, &length)) {
        *entry = find_prefixed(m, key);
        return LRT_OK;
    }
    const int status = length ? same_adapter(context, tensor, adapter, length, report) : LRT_OK;
    const char *shown = strcmp(mark->mark, ".modules_to_save") == 0 ? "" : mark->mark; // PEFT leaves it out
    if (!status && snprintf(name, sizeof name, "%.*s%s%s", (int)module, key, shown, mark->end) < (int)sizeof name)
        *entry = find_prefixed(m, name);
    return status;
}
