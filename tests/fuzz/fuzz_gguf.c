// fuzz_gguf: any bytes as a GGUF file: opened, every name, value and metadata entry read, bound to a small plan, read
// as LoRA.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/fuzz/structure.h"
#include "tests/unit/files_plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned int seed);

static void read_everything(const struct lrt_weight_file *file, const char *path) {
    static const struct small_dims dims = {
        .vocab = 6, .width = 4, .depth = 1, .heads = 2, .kv_heads = 1, .head = 2, .ff = 5};
    volatile uint8_t sink = 0;
    for (size_t i = 0; i < lrt_weight_file_count(file); i++) {
        const struct lrt_file_tensor *t = lrt_weight_file_tensor(file, i);
        if (lrt_weight_file_find(file, t->name) != t) abort();
        if (t->bytes) sink ^= ((const uint8_t *)t->data)[0] ^ ((const uint8_t *)t->data)[t->bytes - 1];
    }
    static const char *const keys[] = {"general.name", "tokenizer.ggml.tokens", "tokenizer.ggml.scores",
                                       "llama.block_count"};
    for (size_t i = 0; i < 4; i++) {
        struct lrt_gguf_array array;
        struct lrt_bytes s;
        int64_t n;
        double x;
        if (lrt_gguf_string(file, keys[i], &s) && s.length) sink ^= (uint8_t)s.bytes[s.length - 1];
        if (lrt_gguf_integer(file, keys[i], &n) && !lrt_gguf_number(file, keys[i], &x)) abort();
        if (!lrt_gguf_find_array(file, keys[i], &array)) continue;
        if (array.count) x = lrt_gguf_array_number(&array, array.count - 1);
        while (lrt_gguf_next_string(&array, &s))
            if (s.length) sink ^= (uint8_t)s.bytes[0];
    }
    (void)sink;
    static float values[4096];
    struct small_plan p;
    struct lrt_tensor slots[64];
    struct lrt_weights w;
    plan_build(&p, dims);
    plan_lora(&p, 3, "a", "b", 0, 1, 2, 4, 0);
    struct lrt_weight_file *again;
    if (lrt_weight_file_open(&again, path, NULL) != LRT_OK) abort();
    (void)lrt_weights_bind(again, &p.plan, slots, 64, 0, &w, NULL);
    lrt_weight_file_close(again);
    (void)lrt_read_gguf_lora(path, &p.plan, 0, values, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    int descriptor = memfd_create("fuzz", 0);
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    if (descriptor < 0 || write(descriptor, data, size) != (ssize_t)size) abort();
    struct lrt_weight_file *file;
    struct lrt_report report;
    int status = lrt_weight_file_open(&file, path, &report);
    if (status == LRT_OK)
        read_everything(file, path);
    else if (report.text[0] == '\0')
        abort(); // a refusal says why
    lrt_weight_file_close(file);
    close(descriptor);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned int seed) {
    uint32_t random = seed;
    return structure_gguf(data, size, most, &random);
}
