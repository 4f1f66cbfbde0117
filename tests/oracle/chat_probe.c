// chat_probe: what chat makes of conversations, for Python to judge.
//   TOKENIZER CASES.json OUT.json   cases: [{"template", "conversation", "prompt"}]; out: [{"text", "ids", "counts"} or
//                                   {"error"}]. The template goes through a file beside OUT. A null template: the
//                                   tokenizer's.
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lorac/lrt_text.h>

struct lists {
    json_t *ids, *counts;
};

static int collect(void *arg, const int32_t *ids, size_t n, int counted) {
    const struct lists *l = arg;
    for (size_t i = 0; i < n; i++) {
        json_array_append_new(l->ids, json_integer(ids[i]));
        json_array_append_new(l->counts, json_integer(counted));
    }
    return LRT_OK;
}

static json_t *run_case(struct lrt *c, struct lrt_tokenizer *t, const json_t *one, const char *file) {
    const json_t *template = json_object_get(one, "template");
    struct lrt_chat_text text = {0};
    struct lists l = {json_array(), json_array()};
    char *conversation = json_dumps(json_object_get(one, "conversation"), 0);
    int status = LRT_OK;
    if (json_is_string(template)) {
        FILE *f = fopen(file, "wb");
        if (!f ||
            fwrite(json_string_value(template), 1, json_string_length(template), f) != json_string_length(template))
            exit(1);
        fclose(f);
        status = lrt_chat_read_template(c, t, file);
    }
    if (!status) status = lrt_chat_set_date(c, t, 2026, 11, 30);
    if (!status)
        status = lrt_chat_render(c, t, conversation, strlen(conversation), json_is_true(json_object_get(one, "prompt")),
                                 &text);
    if (!status) status = lrt_chat_encode(c, t, &text, collect, &l);
    free(conversation);
    json_t *result = status
                         ? json_pack("{s:s}", "error", lrt_error(c))
                         : json_pack("{s:s%,s:O,s:O}", "text", text.text, text.bytes, "ids", l.ids, "counts", l.counts);
    json_decref(l.ids);
    json_decref(l.counts);
    lrt_chat_text_free(&text);
    return result;
}

int main(int argc, char **argv) {
    struct lrt c = {0};
    struct lrt_tokenizer *t;
    json_error_t error;
    json_t *cases = argc == 4 ? json_load_file(argv[2], JSON_ALLOW_NUL, &error) : NULL, *out = json_array(), *one;
    char file[4096];
    size_t i;
    if (!cases || lrt_tokenizer_open(&c, &t, argv[1])) {
        fprintf(stderr, "chat_probe: %s\n", cases ? lrt_error(&c) : argc == 4 ? error.text : "TOKENIZER CASES OUT");
        return 1;
    }
    snprintf(file, sizeof file, "%s.jinja", argv[3]);
    json_array_foreach(cases, i, one) json_array_append_new(out, run_case(&c, t, one, file));
    const int failed = json_dump_file(out, argv[3], 0);
    lrt_tokenizer_close(t);
    json_decref(cases);
    json_decref(out);
    return failed != 0;
}
