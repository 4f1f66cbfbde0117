/* A chat template up to the first NUL; what follows it, if it is JSON, is a conversation for it, else a fixed one is. A
 * run ends within its bounds, and what {% generation %} marks lies in its text, in order. */
#include <stdlib.h>
#include <string.h>
#include "runtime/text/chat_values.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char fixed[] =
    "{\"messages\": [{\"role\": \"system\", \"content\": \"S\\u00e9 \"}, {\"role\": \"user\", \"content\": \" a\\n<b> "
    "\\u4f60\\ud83d\\ude00\"},"
    "{\"role\": \"assistant\", \"content\": null, \"tool_calls\": [{\"id\": \"1\", \"function\": {\"name\": \"f\", "
    "\"arguments\": {\"x\": [1, 2.5, null, true]}}}]},"
    "{\"role\": \"tool\", \"content\": \"7\"}, {\"role\": \"assistant\", \"content\": \"<think>x</think>\\n\\ny\"}],"
    "\"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"f\", \"parameters\": {}}}], \"n\": 7, \"x\": 2.5, "
    "\"s\": \"a,b,,c\"}";

static void render(const char *text, size_t bytes, const json_t *context) {
    static const struct tm day = {.tm_year = 126, .tm_mday = 1};
    struct lrt c = {0};
    struct lrt_template *t;
    struct lrt_template_run *run;
    struct lrt_template_result r;
    const char *key;
    json_t *value;
    if (lrt_template_compile(&c, &t, "t", text, bytes)) return;
    if (lrt_template_start(&c, &run, t, &day)) abort();
    json_object_foreach((json_t *)context, key, value) {
        const int is_list = strcmp(key, "messages") == 0 && json_is_array(value);
        lrt_template_define(
            run, key, is_list ? lrt_chat_messages(run, value, json_array_size(value)) : lrt_chat_value(run, value));
    }
    if (lrt_template_render(run, &r) == LRT_OK)
        for (size_t i = 0; i < r.n_generated; i++)
            if (r.generated[i].begin > r.generated[i].end || r.generated[i].end > r.bytes) abort();
    lrt_template_end(run);
    lrt_template_free(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const uint8_t *end = size ? memchr(data, 0, size) : NULL;
    const size_t bytes = end ? (size_t)(end - data) : size;
    json_error_t error;
    json_t *context = end ? json_loadb((const char *)end + 1, size - bytes - 1, JSON_ALLOW_NUL, &error) : NULL;
    if (!json_is_object(context)) {
        json_decref(context);
        context = json_loads(fixed, JSON_ALLOW_NUL, &error);
    }
    render((const char *)data, bytes, context);
    json_decref(context);
    return 0;
}
