/* Tokenizers against texts and their ids: of the project's own vocabulary in examples/tiny, whose ids the package
 * `tokenizers` gave, and published ones where the vocabularies are available. Those skip with a message without
 * ../shared/data (or $LORAC_DATA). */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "runtime/text/tokenizer.h"
#include "tests/unit/chat_marked.h"

static const char separator[] = "\n__ggml_vocab_test__\n";

static void data_path(char out[1024], const char *name) {
    const char *folder = getenv("LORAC_DATA");
    int length = snprintf(out, 1024, "%s/%s", folder ? folder : LORAC_SOURCE_DIR "/../shared/data", name);
    assert_in_range(length, 1, 1023);
}

static void skip_unless_there(const char *path) {
    struct stat st;
    if (stat(path, &st) == 0) return;
    print_message("skipped: %s is not there\n", path);
    skip();
}

struct vectors {
    const char *tokenizer, *vectors;
    int own; /* files of the project, which are there */
};

/* vectors + end, of the project or of the published ones. */
static void vectors_path(char out[1024], const struct vectors *v, const char *end) {
    char name[1024];
    if (v->own) {
        snprintf(out, 1024, LORAC_SOURCE_DIR "/%s%s", v->vectors, end);
        return;
    }
    snprintf(name, sizeof name, "tok/llama.cpp-vocab/ggml-vocab-%s.gguf%s", v->vectors, end);
    data_path(out, name);
}

/* The ids of the next line. */
static size_t read_line(const char **at, int32_t *ids) {
    size_t n = 0;
    const char *p = *at;
    while (*p && *p != '\n') {
        char *end;
        ids[n++] = (int32_t)strtol(p, &end, 10);
        for (p = end; *p == ' '; p++) {
        }
    }
    *at = *p ? p + 1 : p;
    return n;
}

static void matches_vectors(void **state) {
    const struct vectors *v = *state;
    char path[1024];
    char *texts, *ids;
    size_t bytes, id_bytes, cases = 0;
    struct lrt c = {0};
    struct lrt_tokenizer *t;
    if (v->own)
        snprintf(path, sizeof path, LORAC_SOURCE_DIR "/%s", v->tokenizer);
    else {
        data_path(path, v->tokenizer);
        skip_unless_there(path);
    }
    if (lrt_tokenizer_open(&c, &t, path)) fail_msg("%s", lrt_error(&c));
    vectors_path(path, v, ".inp");
    assert_int_equal(lrt_read_file(&c, path, 1 << 20, &texts, &bytes), LRT_OK);
    vectors_path(path, v, ".out");
    assert_int_equal(lrt_read_file(&c, path, 1 << 20, &ids, &id_bytes), LRT_OK);
    const char *line = ids;
    for (const char *text = texts, *end; text <= texts + bytes; text = end + sizeof separator - 1, cases++) {
        end = strstr(text, separator);
        if (!end) break; /* the file ends with a separator */
        int32_t expected[1024], got[1024];
        const size_t n = read_line(&line, expected);
        size_t m;
        assert_int_equal(lrt_encode_array(&c, t, text, (size_t)(end - text), 0, got, 1024, &m), LRT_OK);
        if (n != m || memcmp(expected, got, n * sizeof *got) != 0) {
            print_message("text: [%.*s]\nexpected:", (int)(end - text), text);
            for (size_t i = 0; i < n; i++) print_message(" %d", expected[i]);
            print_message("\ngot:     ");
            for (size_t i = 0; i < m; i++) print_message(" %d", got[i]);
            fail_msg("%s: case %zu", v->vectors, cases);
        }
        /* and back: SentencePiece's space in front, U+2581 and text that is not UTF-8 aside, decoding gives the text */
        char back[8192];
        size_t length = 0;
        struct lrt_decoder d;
        lrt_decode_start(&d, t, 1);
        for (size_t i = 0; i < m; i++) {
            const int64_t k = lrt_decode(&d, got[i], back + length, sizeof back - length);
            assert_true(k >= 0);
            length += (size_t)k;
        }
        length += lrt_decode_end(&d, back + length);
        assert_int_equal(length, (size_t)(end - text));
        assert_memory_equal(back, text, length);
    }
    assert_true(cases > 40);
    free(texts);
    free(ids);
    lrt_tokenizer_close(t);
}

static void stories_ids(void **state) {
    static const char text[] =
        "Once upon a time, there was a little girl named Lily. She loved to play outside in the park.";
    static const int32_t expected[] = {403, 407, 261, 378, 432, 383, 286, 261, 376, 298, 315, 421, 395, 317, 426, 338,
                                       401, 396, 267, 337, 410, 408, 419, 292, 411, 322, 265, 282, 295, 433, 426};
    char path[1024];
    int32_t got[128];
    size_t n;
    struct lrt c = {0};
    struct lrt_tokenizer *t;
    data_path(path, *state);
    skip_unless_there(path);
    if (lrt_tokenizer_open(&c, &t, path)) fail_msg("%s", lrt_error(&c));
    assert_int_equal(lrt_tokenizer_info(t)->vocab, 512);
    assert_int_equal(lrt_tokenizer_info(t)->bos, 1);
    assert_int_equal(lrt_encode_array(&c, t, text, sizeof text - 1, 0, got, 128, &n), LRT_OK);
    assert_int_equal(n, sizeof expected / sizeof *expected);
    assert_memory_equal(got, expected, sizeof expected);
    lrt_tokenizer_close(t);
}

static void renders_chat(const char *tokenizer, const char *expected) {
    static const char conversation[] =
        "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}, {\"role\": \"assistant\", \"content\": \"Yo\"}]}";
    char path[1024];
    struct lrt c = {0};
    struct lrt_tokenizer *t;
    struct lrt_chat_text text;
    data_path(path, tokenizer);
    skip_unless_there(path);
    if (lrt_tokenizer_open(&c, &t, path)) fail_msg("%s", lrt_error(&c));
    if (lrt_chat_render(&c, t, conversation, sizeof conversation - 1, 0, &text)) fail_msg("%s", lrt_error(&c));
    assert_string_equal(chat_marked(&text), expected);
    lrt_chat_text_free(&text);
    lrt_tokenizer_close(t);
}

static void qwen2_chat(void **state) {
    (void)state; /* its template adds a system message */
    renders_chat("tok/qwen2",
                 "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n"
                 "<|im_start|>assistant\n{Yo<|im_end|>}\n");
}

static void phi3_chat(void **state) {
    (void)state;
    renders_chat("tok/llama.cpp-vocab/ggml-vocab-phi-3.gguf", "<s><|user|>\nHi<|end|>\n<|assistant|>\n{Yo<|end|>}\n");
}

/* The number that others publish for this text under GPT-2's tokenizer: 301,966 + 36,059. */
static void shakespeare_tokens(void **state) {
    (void)state;
    char path[1024];
    struct lrt c = {0};
    struct lrt_tokenizer *t;
    struct lrt_data *d;
    data_path(path, "tok/gpt2");
    skip_unless_there(path);
    if (lrt_tokenizer_open(&c, &t, path)) fail_msg("%s", lrt_error(&c));
    data_path(path, "text/tinyshakespeare/input.txt");
    const struct lrt_data_options o = {.seq = 256, .ignore = -100, .vocab = 50257};
    if (lrt_data_open(&c, &d, path, t, &o)) fail_msg("%s", lrt_error(&c));
    assert_int_equal(lrt_data_info(d)->tokens, 338025);
    lrt_data_close(d);
    lrt_tokenizer_close(t);
}

#define VOCAB "tok/llama.cpp-vocab/ggml-vocab-"
#define CASE(file, name)                                                                                               \
    {                                                                                                                  \
        file " gives the ids of " name, matches_vectors, NULL, NULL, &(struct vectors) { file, name, 0 }               \
    }

int main(void) {
    static char bin[] = "models/tok512.bin", gguf[] = "models/stories260K-f32.gguf";
    const struct CMUnitTest tests[] = {
        {"examples/tiny gives the ids of another implementation", matches_vectors, NULL, NULL,
         &(struct vectors){"examples/tiny/tiny.gguf", "tests/unit/tiny_vectors", 1}},
        CASE("tok/gpt2", "gpt-2"),
        CASE(VOCAB "gpt-2.gguf", "gpt-2"),
        CASE("tok/qwen2", "qwen2"),
        CASE(VOCAB "starcoder.gguf", "starcoder"),
        CASE(VOCAB "llama-spm.gguf", "llama-spm"),
        CASE(VOCAB "phi-3.gguf", "phi-3"),
        {"tok512.bin gives the ids of the golden file", stories_ids, NULL, NULL, bin},
        {"stories260K.gguf gives the ids of the golden file", stories_ids, NULL, NULL, gguf},
        cmocka_unit_test(qwen2_chat),
        cmocka_unit_test(phi3_chat),
        cmocka_unit_test(shakespeare_tokens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
