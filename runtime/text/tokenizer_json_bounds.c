/* tokenizer.json's post-processor becomes the tokens around a text: one before it, which is bos then, one behind it,
 * which is eos. A post-processor that wants more of them is refused by name. */
#include "runtime/text/json_read.h"
#include <string.h>

static int bound(struct lrt *c, struct lrt_tokenizer *t, const char *spelling, int behind) {
    const int32_t id = spelling ? lrt_tokenizer_find(t, spelling) : -1;
    int *const adds = behind ? &t->info.add_eos : &t->info.add_bos;
    if (id < 0)
        return lrt_fail(c, LRT_ERR_FILE, "the post_processor's token %.60s is not in the vocabulary",
                        spelling ? spelling : "(without a name)");
    if (*adds)
        return lrt_fail(c, LRT_ERR_FILE,
                        "the post_processor puts more than one token %s the text (%.60s is the second), "
                        "which is not supported: write them into the data, and set post_processor to null",
                        behind ? "behind" : "before", spelling);
    *(behind ? &t->info.eos : &t->info.bos) = id;
    *adds = 1;
    return LRT_OK;
}

static int template_processing(struct lrt *c, struct lrt_tokenizer *t, const json_t *single) {
    int status = LRT_OK, behind = 0;
    for (size_t i = 0; i < json_array_size(single) && !status; i++) {
        const json_t *item = json_array_get(single, i), *token = json_object_get(item, "SpecialToken");
        if (json_object_get(item, "Sequence"))
            behind = 1;
        else
            status = bound(c, t, lrt_json_text(token, "id"), behind);
    }
    return status;
}

int lrt_json_post_processor(struct lrt *c, struct lrt_tokenizer *t, const json_t *rule) {
    const char *type = lrt_json_text(rule, "type");
    int status = LRT_OK;
    if (!rule || json_is_null(rule) || lrt_json_type_is(rule, "ByteLevel"))
        return LRT_OK; /* its offsets are not ours */
    if (lrt_json_type_is(rule, "TemplateProcessing")) return template_processing(c, t, json_object_get(rule, "single"));
    if (lrt_json_type_is(rule, "RobertaProcessing") || lrt_json_type_is(rule, "BertProcessing")) {
        status = bound(c, t, json_string_value(json_array_get(json_object_get(rule, "cls"), 0)), 0);
        return status ? status : bound(c, t, json_string_value(json_array_get(json_object_get(rule, "sep"), 0)), 1);
    }
    if (!lrt_json_type_is(rule, "Sequence"))
        return lrt_fail(c, LRT_ERR_FILE, "post_processor %.60s is not supported", type ? type : "without a type");
    const json_t *list = json_object_get(rule, "processors");
    for (size_t i = 0; i < json_array_size(list) && !status; i++)
        status = lrt_json_post_processor(c, t, json_array_get(list, i));
    return status;
}
