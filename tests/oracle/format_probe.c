// format_probe: what the runtime makes of files and blocks, for Python to judge.
//   dequantise TYPE COLUMNS IN OUT    rows of blocks to floats
//   quantise TYPE COLUMNS IN OUT      rows of floats to blocks
//   write FOLDER                      random.gguf of every type, an adapter in every format, a complete model
//   read PEFT-FOLDER OUT              that adapter, as the pool of floats
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/files_plan.h"

static const struct small_dims dims = {
    .vocab = 96, .width = 256, .depth = 2, .heads = 8, .kv_heads = 2, .head = 32, .ff = 512};

static int die(const char *words) {
    fprintf(stderr, "format_probe: %s\n", words);
    return 1;
}

static char *read_file(const char *path, size_t *n) {
    FILE *f = fopen(path, "rb");
    if (!f) return NULL;
    fseek(f, 0, SEEK_END);
    *n = (size_t)ftell(f);
    rewind(f);
    char *bytes = malloc(*n + 1);
    if (bytes && fread(bytes, 1, *n, f) != *n) *n = 0;
    fclose(f);
    return bytes;
}

static int write_file(const char *path, const void *bytes, size_t n) {
    FILE *f = fopen(path, "wb");
    return f && fwrite(bytes, 1, n, f) == n && fclose(f) == 0 ? 0 : die("cannot write");
}

static int convert(int forward, uint32_t type, size_t columns, const char *in, const char *out) {
    struct lrt c;
    size_t n, row = lrt_row_bytes(type, columns), from = forward ? columns * sizeof(float) : row,
              to = forward ? row : columns * sizeof(float);
    char *bytes = read_file(in, &n);
    if (!bytes || !row || n % from || lrt_start(&c, 1, NULL, NULL, 0) != LRT_OK) return die("cannot read");
    char *result = malloc(n / from * to);
    for (size_t r = 0; result && r < n / from; r++) {
        if (forward)
            lrt_quantise(result + r * to, (const float *)(void *)(bytes + r * from), type, (int64_t)columns);
        else
            lrt_dequantise(&c, (float *)(void *)(result + r * to), bytes + r * from, type, 0, (int64_t)columns);
    }
    int status = write_file(out, result, n / from * to);
    free(bytes);
    free(result);
    return status;
}

// LoRA on q and down in layer 1 alone, the last norm in full.
static size_t adapter_plan(struct small_plan *p) {
    plan_build(p, dims);
    int64_t n = plan_lora(p, 3, "layer.wq.lora_a", "layer.wq.lora_b", 1, 1, 4, 8, 0);
    n = plan_lora(p, 10, "layer.w_down.lora_a", "layer.w_down.lora_b", 1, 1, 4, 8, n);
    return (size_t)plan_full(p, 1, "out_norm", 0, 1, n);
}

static int write_all(const char *folder) {
    static const uint32_t types[] = {
#define FORMAT(TYPE, ...) LRT_##TYPE,
#include "runtime/formats/formats.def"
#undef FORMAT
    };
    struct small_plan p;
    struct lrt_report report = {""};
    char path[512];
    size_t n = adapter_plan(&p);
    int status = LRT_OK;
    for (size_t i = 0; i < sizeof types / sizeof types[0] && !status; i++) {
        snprintf(path, sizeof path, "%s/random-%s.gguf", folder, lrt_type_name(types[i]));
        status = lrt_write_random_gguf(path, &p.plan, NULL, types[i], 5, &report);
    }
    float *values = malloc(n * sizeof *values);
    for (size_t i = 0; values && i < n; i++) values[i] = (float)i;
    for (int interleaved = 0; interleaved <= 1 && !status; interleaved++) {
        const struct lrt_adapter_source from = {
            .plan = &p.plan, .values = values, .rope_interleaved = interleaved, .base_name = "org/base"};
        const char *order = interleaved ? "llama" : "hf";
        snprintf(path, sizeof path, "%s/peft-%s", folder, order);
        status = lrt_write_peft(path, &from, &report);
        snprintf(path, sizeof path, "%s/lora-%s.gguf", folder, order);
        if (!status) status = lrt_write_gguf_lora(path, &from, &report);
        snprintf(path, sizeof path, "%s/grads-%s.safetensors", folder, order);
        if (!status) status = lrt_write_gradients(path, &from, &report);
    }
    struct lrt_weight_file *base = NULL;
    struct lrt_tensor slots[64];
    struct lrt_weights w;
    snprintf(path, sizeof path, "%s/random-q8_0.gguf", folder);
    if (!status) status = lrt_weight_file_open(&base, path, &report);
    if (!status) status = lrt_weights_bind(base, &p.plan, slots, 64, 0, &w, &report);
    const struct lrt_adapter_source whole = {.plan = &p.plan, .values = values, .rope_interleaved = 1};
    snprintf(path, sizeof path, "%s/model.gguf", folder);
    if (!status) status = lrt_write_model_gguf(path, &whole, &w, base, NULL, UINT32_MAX, &report);
    snprintf(path, sizeof path, "%s/model.safetensors", folder);
    if (!status) status = lrt_write_model_safetensors(path, &whole, &w, &report);
    lrt_weight_file_close(base);
    free(values);
    return status ? die(report.text) : 0;
}

static int read_adapter(const char *folder, const char *out) {
    struct small_plan p;
    struct lrt_report report;
    size_t n = adapter_plan(&p);
    float *values = calloc(n, sizeof *values);
    if (!values || lrt_read_peft(folder, &p.plan, 0, values, &report) != LRT_OK) return die(report.text);
    int status = write_file(out, values, n * sizeof *values);
    free(values);
    return status;
}

int main(int argc, char **argv) {
    if (argc == 6 && (strcmp(argv[1], "dequantise") == 0 || strcmp(argv[1], "quantise") == 0))
        return convert(argv[1][0] == 'q', (uint32_t)strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10), argv[4],
                       argv[5]);
    if (argc == 3 && strcmp(argv[1], "write") == 0) return write_all(argv[2]);
    if (argc == 4 && strcmp(argv[1], "read") == 0) return read_adapter(argv[2], argv[3]);
    return die("usage: dequantise|quantise TYPE COLUMNS IN OUT, write FOLDER, read PEFT-FOLDER OUT");
}
