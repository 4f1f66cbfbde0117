// token_probe: the ids of texts, for Python to judge.
//   TOKENIZER TEXTS.json OUT.json [--bounds]   texts: [text]; out: {"error"}, or {"ids": [[id]], "back": [text],
//   "vocab": n}. Special
//                                   tokens in the texts are tokens; nothing is put around them without --bounds. A text
//                                   that cannot be encoded has its error in place of the ids. back: the ids as text.
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lorac/lrt_text.h>

static int collect(void *arg, const int32_t *ids, size_t n) {
    for (size_t i = 0; i < n; i++) json_array_append_new(arg, json_integer(ids[i]));
    return LRT_OK;
}

static json_t *decode(const struct lrt_tokenizer *t, const json_t *ids) {
    struct lrt_decoder decoder;
    size_t i, length = 0, capacity = 4096;
    const json_t *id;
    char *text = malloc(capacity);
    if (!text) exit(1);
    lrt_decode_start(&decoder, t, 1);
    json_array_foreach(ids, i, id) {
        int64_t n;
        while ((n = lrt_decode(&decoder, (int32_t)json_integer_value(id), text + length, capacity - length)) < 0)
            if (!(text = realloc(text, capacity *= 2))) exit(1);
        length += (size_t)n;
        if (capacity - length < 8 && !(text = realloc(text, capacity *= 2))) exit(1);
    }
    length += lrt_decode_end(&decoder, text + length);
    json_t *back = json_stringn(text, length);
    free(text);
    return back ? back : json_null();
}

int main(int argc, char **argv) {
    struct lrt c = {0};
    struct lrt_tokenizer *t = NULL;
    json_error_t error;
    json_t *texts = argc >= 4 ? json_load_file(argv[2], JSON_ALLOW_NUL, &error) : NULL, *out = json_object(), *text;
    json_t *all = json_array(), *backs = json_array();
    const int flags = LRT_ENCODE_SPECIAL | (argc > 4 ? LRT_ENCODE_BOUNDS : 0);
    size_t i;
    if (!texts) {
        fprintf(stderr, "token_probe: %s\n", argc >= 4 ? error.text : "TOKENIZER TEXTS OUT");
        return 1;
    }
    if (lrt_tokenizer_open(&c, &t, argv[1])) json_object_set_new(out, "error", json_string(lrt_error(&c)));
    json_array_foreach(texts, i, text) {
        json_t *ids = json_array();
        const int status =
            t ? lrt_encode(&c, t, json_string_value(text), json_string_length(text), flags, collect, ids) : LRT_OK;
        json_array_append_new(all, status ? json_string(lrt_error(&c)) : json_incref(ids));
        json_array_append_new(backs, t ? decode(t, ids) : json_null());
        json_decref(ids);
    }
    json_object_set_new(out, "ids", all);
    json_object_set_new(out, "back", backs);
    if (t) json_object_set_new(out, "vocab", json_integer(lrt_tokenizer_info(t)->vocab));
    const int failed = json_dump_file(out, argv[3], 0);
    lrt_tokenizer_close(t);
    json_decref(texts);
    json_decref(out);
    return failed != 0;
}
