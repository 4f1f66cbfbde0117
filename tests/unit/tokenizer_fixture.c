/* Tokenizer fixture: see the header. */
#include "tests/unit/tokenizer_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void put(struct text_buffer *b, const char *format, ...) {
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(b->bytes + b->n, sizeof b->bytes - b->n, format, args);
    va_end(args);
    assert_true(n >= 0 && (size_t)n < sizeof b->bytes - b->n);
    b->n += (size_t)n;
}

const char *fixture_folder(void) {
    static char folder[] = "/tmp/lorac-tok-XXXXXX";
    static int made;
    if (!made) {
        setlocale(LC_ALL, "de_DE.UTF-8"); /* a comma in numbers, where it is installed */
        assert_non_null(mkdtemp(folder));
        made = 1;
    }
    return folder;
}

const char *fixture_write(const char *name, const void *bytes, size_t n) {
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", fixture_folder(), name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    fclose(f);
    return path;
}

int fixture_remove(void **state) {
    (void)state;
    char path[600];
    DIR *directory = opendir(fixture_folder());
    for (struct dirent *e; directory && (e = readdir(directory)) != NULL;) {
        snprintf(path, sizeof path, "%s/%s", fixture_folder(), e->d_name);
        unlink(path);
    }
    if (directory) closedir(directory);
    return rmdir(fixture_folder());
}

int alphabet_code(int byte) {
    int next = 256;
    for (int b = 0; b <= byte; b++) {
        const int printable = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || (b >= 174 && b <= 255);
        if (b == byte) return printable ? b : next;
        if (!printable) next++;
    }
    return -1;
}

void put_spelled(struct text_buffer *b, const char *text) {
    for (; *text; text++) put(b, "\\u%04x", (unsigned)alphabet_code((unsigned char)*text));
}

const char *const merged[MERGED] = {"he", "ll", "hell", "hello", " w", "\n\n", "12"};

const char *const merge_sides[MERGED][2] = {{"h", "e"}, {"l", "l"},   {"he", "ll"}, {"hell", "o"},
                                            {" ", "w"}, {"\n", "\n"}, {"1", "2"}};

void put_vocabulary(struct text_buffer *b) {
    put(b, "{");
    for (int i = 0; i < 256; i++) put(b, "%s\"\\u%04x\":%d", i ? "," : "", (unsigned)alphabet_code(i), i);
    for (int i = 0; i < MERGED; i++) {
        put(b, ",\"");
        put_spelled(b, merged[i]);
        put(b, "\":%d", 256 + i);
    }
    put(b, "}");
}

void put_tokenizer_json(struct text_buffer *b, const char *pre_tokenizer, int pairs) {
    put(b,
        "{\"version\":\"1.0\",\"added_tokens\":[{\"id\":300,\"content\":\"<|im_start|>\",\"special\":true},"
        "{\"id\":301,\"content\":\"<|im_end|>\",\"special\":true},{\"id\":302,\"content\":\"<tool>\",\"special\":false}"
        "],"
        "\"normalizer\":null,\"pre_tokenizer\":%s,\"decoder\":{\"type\":\"ByteLevel\"},\"post_processor\":null,"
        "\"model\":{\"type\":\"BPE\",\"vocab\":",
        pre_tokenizer);
    put_vocabulary(b);
    put(b, ",\"merges\":[");
    for (int i = 0; i < MERGED; i++) {
        put(b, "%s%s\"", i ? "," : "", pairs ? "[" : "");
        put_spelled(b, merge_sides[i][0]);
        put(b, pairs ? "\",\"" : " ");
        put_spelled(b, merge_sides[i][1]);
        put(b, pairs ? "\"]" : "\"");
    }
    put(b, "]}}");
}

void put_u32(struct text_buffer *b, uint32_t v) {
    for (int i = 0; i < 4; i++) b->bytes[b->n++] = (char)(v >> 8 * i);
}

void put_u64(struct text_buffer *b, uint64_t v) {
    put_u32(b, (uint32_t)v);
    put_u32(b, (uint32_t)(v >> 32));
}

void put_string(struct text_buffer *b, const char *s) {
    put_u64(b, strlen(s));
    put(b, "%s", s);
}

void put_string_entry(struct text_buffer *b, const char *key, const char *value) {
    put_string(b, key);
    put_u32(b, 8);
    put_string(b, value);
}

void put_array_entry(struct text_buffer *b, const char *key, uint32_t type, uint64_t n) {
    put_string(b, key);
    put_u32(b, 9);
    put_u32(b, type);
    put_u64(b, n);
}

const char *const scored_words[SCORED_WORDS] = {" ", "a", "b", "c", "\xC3\xA9", " a", "bc", "ab", " abc", "abc"};

void scored_token(int id, int underlined, char out[16]) {
    static const char *const special[] = {"<unk>", "<s>", "</s>"};
    if (id < 3)
        snprintf(out, 16, "%s", special[id]);
    else if (id < FIRST_WORD)
        snprintf(out, 16, "<0x%02X>", (unsigned)(id - 3));
    else if (underlined && scored_words[id - FIRST_WORD][0] == ' ')
        snprintf(out, 16, "\xE2\x96\x81%s", scored_words[id - FIRST_WORD] + 1);
    else
        snprintf(out, 16, "%s", scored_words[id - FIRST_WORD]);
}

void put_llama2c(struct text_buffer *b) {
    put_u32(b, 6);
    for (int id = 0; id < SCORED; id++) {
        char text[16];
        const float score = (float)-id;
        scored_token(id, 0, text);
        memcpy(b->bytes + b->n, &score, 4);
        b->n += 4;
        put_u32(b, (uint32_t)strlen(text));
        put(b, "%s", text);
    }
}

static void put_number_entry(struct text_buffer *b, const char *key, uint32_t value) {
    put_string(b, key);
    put_u32(b, 4);
    put_u32(b, value);
}

static void put_flag_entry(struct text_buffer *b, const char *key, int value) {
    put_string(b, key);
    put_u32(b, 7);
    b->bytes[b->n++] = (char)value;
}

static void put_header(struct text_buffer *b, uint64_t entries) {
    put(b, "GGUF");
    put_u32(b, 3);
    put_u64(b, 0);
    put_u64(b, entries);
}

static void put_scored(struct text_buffer *b) {
    put_string_entry(b, "general.architecture", "llama");
    put_string_entry(b, "tokenizer.ggml.model", "llama");
    put_array_entry(b, "tokenizer.ggml.tokens", 8, SCORED);
    for (int id = 0; id < SCORED; id++) {
        char text[16];
        scored_token(id, 1, text);
        put_string(b, text);
    }
    put_array_entry(b, "tokenizer.ggml.scores", 6, SCORED);
    for (int id = 0; id < SCORED; id++) {
        const float score = (float)-id;
        memcpy(b->bytes + b->n, &score, 4);
        b->n += 4;
    }
    put_array_entry(b, "tokenizer.ggml.token_type", 5, SCORED);
    for (int id = 0; id < SCORED; id++) put_u32(b, id == 0 ? 2 : id < 3 ? 3 : id < FIRST_WORD ? 6 : 1);
}

void put_silent_gguf(struct text_buffer *b) {
    put_header(b, 5);
    put_scored(b);
}

void put_gguf(struct text_buffer *b) {
    put_header(b, 7);
    put_scored(b);
    put_number_entry(b, "tokenizer.ggml.bos_token_id", 1);
    put_flag_entry(b, "tokenizer.ggml.add_bos_token", 1);
}

/* Text in the byte-level alphabet, as UTF-8; its length. */
static size_t spell(char *out, const char *text, size_t n) {
    size_t length = 0;
    for (size_t i = 0; i < n; i++) {
        const int code = alphabet_code((unsigned char)text[i]);
        if (code >= 0x80) out[length++] = (char)(0xC0 | code >> 6);
        out[length++] = (char)(code >= 0x80 ? 0x80 | (code & 0x3F) : code);
    }
    out[length] = 0;
    return length;
}

void put_byte_level_gguf(struct text_buffer *b, const char *pre, int bos, int flag) {
    put_header(b, 6u + (bos >= 0) + (flag >= 0));
    put_string_entry(b, "general.architecture", "llama");
    put_string_entry(b, "tokenizer.ggml.model", "gpt2");
    put_string_entry(b, "tokenizer.ggml.pre", pre);
    put_array_entry(b, "tokenizer.ggml.tokens", 8, 301);
    for (int i = 0; i < 300; i++) {
        char text[64];
        if (i < 256)
            spell(text, (const char[]){(char)i}, 1);
        else if (i < 256 + MERGED)
            spell(text, merged[i - 256], strlen(merged[i - 256]));
        else
            snprintf(text, sizeof text, "<unused%d>", i);
        put_string(b, text);
    }
    put_string(b, "<bos>");
    put_array_entry(b, "tokenizer.ggml.token_type", 5, 301);
    for (int i = 0; i < 301; i++) put_u32(b, i < 256 + MERGED ? 1 : i < 300 ? 5 : 3);
    put_array_entry(b, "tokenizer.ggml.merges", 8, MERGED);
    for (int i = 0; i < MERGED; i++) {
        char text[64];
        size_t n = spell(text, merge_sides[i][0], strlen(merge_sides[i][0]));
        text[n++] = ' ';
        spell(text + n, merge_sides[i][1], strlen(merge_sides[i][1]));
        put_string(b, text);
    }
    if (bos >= 0) put_number_entry(b, "tokenizer.ggml.bos_token_id", (uint32_t)bos);
    if (flag >= 0) put_flag_entry(b, "tokenizer.ggml.add_bos_token", flag);
}
