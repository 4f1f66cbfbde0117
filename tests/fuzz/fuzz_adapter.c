// fuzz_adapter: an adapter of another tool, read for a small model. The input is two files: the configuration, then the
// tensors; the first byte says of which kind. What is read is numbers, and what is refused has a reason.
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/fuzz/structure.h"
#include "tests/unit/files_plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned int seed);

enum { KINDS = 3, FLOATS = 4096 };
static const char *const tensors[KINDS] = {"adapter_model.safetensors", "adapters.safetensors", "adapter.gguf"};

static const char *folder_of_process(void) {
    static char folder[64];
    const char *temporary = getenv("TMPDIR");
    if (folder[0]) return folder;
    snprintf(folder, sizeof folder, "%.40s/lorac-fuzz-XXXXXX", temporary ? temporary : "/tmp");
    if (!mkdtemp(folder)) abort();
    return folder;
}

static void put_file(const char *folder, const char *name, struct structure_part part) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    const int file = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    if (file < 0 || write(file, part.at, part.size) != (ssize_t)part.size) abort();
    close(file);
}

static void remove_file(const char *folder, const char *name) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    unlink(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct small_dims dims = {
        .vocab = 6, .width = 4, .depth = 2, .heads = 2, .kv_heads = 1, .head = 2, .ff = 5};
    static float values[FLOATS];
    struct structure_part parts[STRUCTURE_PARTS];
    struct small_plan p;
    struct lrt_report report;
    if (size < 1) return 0;
    const char *folder = folder_of_process(), *name = tensors[data[0] % KINDS];
    structure_split(data + 1, size - 1, parts);
    put_file(folder, "adapter_config.json", parts[0]);
    put_file(folder, name, parts[1]);
    plan_build(&p, dims);
    int64_t floats = plan_lora(&p, 3, "qa", "qb", 0, 2, 2, 4, 0);
    if (data[0] & 64) floats = plan_full(&p, 1, "norm", 0, 1, floats);
    memset(values, 0, sizeof values);
    const int status = lrt_read_adapter(folder, &p.plan, data[0] >> 7, values, &report);
    if (status != LRT_OK && !report.text[0]) abort();
    for (int64_t i = 0; i < FLOATS && status == LRT_OK; i++)
        if (!isfinite(values[i]) || (i >= floats && values[i] != 0)) abort();
    remove_file(folder, name);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned int seed) {
    uint32_t random = seed;
    if (size < 2 || most < 64 || structure_random(&random, 32) == 0) return LLVMFuzzerMutate(data, size, most);
    structure_mutate *const mutate[STRUCTURE_PARTS] = {structure_text,
                                                       data[0] % KINDS == 2 ? structure_gguf : structure_safetensors};
    return 1 + structure_parts(data + 1, size - 1, most - 1, &random, mutate);
}
