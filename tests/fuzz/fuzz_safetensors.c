// fuzz_safetensors: any bytes as a safetensors file: opened, every tensor read as floats, bound to a small plan.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/fuzz/structure.h"
#include "tests/unit/files_plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned int seed);

static void read_everything(struct lrt_weight_file *file) {
    static const struct small_dims dims = {
        .vocab = 6, .width = 4, .depth = 1, .heads = 2, .kv_heads = 1, .head = 2, .ff = 5};
    static float values[4096];
    for (size_t i = 0; i < lrt_weight_file_count(file); i++) {
        const struct lrt_file_tensor *t = lrt_weight_file_tensor(file, i);
        int64_t n = 1;
        if (lrt_weight_file_find(file, t->name) != t) abort();
        for (int d = 0; d < t->rank && d < 4; d++) n = t->shape[d] <= 4096 ? n * t->shape[d] % 65536 : 65536;
        if (n <= 4096) (void)lrt_file_tensor_floats(t, values, n);
    }
    (void)lrt_weight_file_metadata(file, "format");
    struct small_plan p;
    struct lrt_tensor slots[64];
    struct lrt_weights w;
    plan_build(&p, dims);
    (void)lrt_weights_bind(file, &p.plan, slots, 64, 0, &w, NULL);
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
        read_everything(file);
    else if (report.text[0] == '\0')
        abort(); // a refusal says why
    lrt_weight_file_close(file);
    close(descriptor);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned int seed) {
    uint32_t random = seed;
    return structure_safetensors(data, size, most, &random);
}
