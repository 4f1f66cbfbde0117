// seeds: writes inputs that the fuzzers of files begin with: small models and adapters as the project itself writes
// them, and runs of the trainer. seeds FOLDER.
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/bigram_zeroth.h"
#include "tests/unit/files_plan.h"
#include "tests/unit/trainer_run.h"

enum { FLOATS = 4096, SEED_BYTES = 1 << 16, PATH = 256 };

static const struct small_dims dims = {
    .vocab = 6, .width = 4, .depth = 2, .heads = 2, .kv_heads = 1, .head = 2, .ff = 5};

static void need(int right, const char *what) {
    if (right) return;
    fprintf(stderr, "seeds: %s\n", what);
    exit(1);
}

static size_t read_into(const char *path, uint8_t *to) {
    FILE *f = fopen(path, "rb");
    need(f != NULL, path);
    const size_t n = fread(to, 1, SEED_BYTES, f);
    fclose(f);
    return n;
}

// FOLDER/ENTRY/NAME: the kind, then `first` with its length before it, then `rest`. NULL: that file is left out.
static void write_seed(const char *folder, const char *entry, const char *name, int kind, const char *first,
                       const char *rest) {
    static uint8_t bytes[2 * SEED_BYTES + 8];
    char path[PATH];
    size_t n = 0;
    if (kind >= 0) bytes[n++] = (uint8_t)kind;
    if (first) {
        const uint32_t length = (uint32_t)read_into(first, bytes + n + 4);
        memcpy(bytes + n, &length, 4);
        n += 4 + length;
    }
    if (rest) n += read_into(rest, bytes + n);
    snprintf(path, sizeof path, "%s/%s", folder, entry);
    mkdir(path, 0777);
    snprintf(path, sizeof path, "%s/%s/%s", folder, entry, name);
    FILE *f = fopen(path, "wb");
    need(f && fwrite(bytes, 1, n, f) == n && fclose(f) == 0, path);
}

static const char *in(const char *folder, const char *name) {
    static char paths[4][PATH];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, PATH, "%s/%s", folder, name);
    return path;
}

static void adapters(const char *folder, const char *work) {
    static float values[FLOATS];
    struct small_plan p;
    struct lrt_report report;
    plan_build(&p, dims);
    int64_t n = plan_lora(&p, 3, "qa", "qb", 0, 2, 2, 4, 0);
    static const struct {
        const char *name, *tensors;
        int kind; // as fuzz_adapter has it: by 3 the form, 64: with a tensor trained itself
    } forms[] = {{"peft", "adapter_model.safetensors", 0},
                 {"mlx", "adapters.safetensors", 1},
                 {"gguf", "adapter.gguf", 2},
                 {"peft-whole", "adapter_model.safetensors", 66},
                 {"mlx-whole", "adapters.safetensors", 64},
                 {"gguf-whole", "adapter.gguf", 65}};
    for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
        if (f == 3) n = plan_full(&p, 1, "norm", 0, 1, n);
        for (int64_t i = 0; i < n; i++) values[i] = (float)(i % 7) * 0.25f;
        const struct lrt_adapter_source from = {.plan = &p.plan, .values = values, .architecture = "llama"};
        int status = LRT_OK;
        if (f % 3 == 0) status = lrt_write_peft(work, &from, &report);
        if (f % 3 == 1) status = lrt_write_mlx(work, &from, &report);
        if (f % 3 == 2) status = lrt_write_gguf_lora(in(work, "adapter.gguf"), &from, &report);
        need(status == LRT_OK, report.text);
        write_seed(folder, "fuzz_adapter", forms[f].name, forms[f].kind, in(work, "adapter_config.json"),
                   in(work, forms[f].tensors));
    }
}

static void models(const char *folder, const char *work) {
    static const struct {
        const char *name;
        uint32_t type;
    } types[] = {{"f32", LRT_F32}, {"f16", LRT_F16}, {"q8_0", LRT_Q8_0}, {"q4_k", LRT_Q4_K}};
    struct small_plan p;
    struct lrt_report report;
    struct small_dims wide = dims;
    wide.width = 256;
    wide.head = 128;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        plan_build(&p, types[i].type == LRT_Q4_K ? wide : dims);
        const struct lrt_gguf_facts facts = {.architecture = "llama", .name = "small"};
        need(lrt_write_random_gguf(in(work, "m.gguf"), &p.plan, &facts, types[i].type, 7, &report) == LRT_OK,
             report.text);
        write_seed(folder, "fuzz_gguf", types[i].name, -1, NULL, in(work, "m.gguf"));
    }
    plan_build(&p, dims);
    struct lrt_weight_file *file;
    struct lrt_tensor slots[64];
    struct lrt_weights w;
    const struct lrt_gguf_facts facts = {.architecture = "llama", .name = "small"};
    need(lrt_write_random_gguf(in(work, "m.gguf"), &p.plan, &facts, LRT_F32, 7, &report) == LRT_OK &&
             lrt_weight_file_open(&file, in(work, "m.gguf"), &report) == LRT_OK &&
             lrt_weights_bind(file, &p.plan, slots, 64, 0, &w, &report) == LRT_OK,
         report.text);
    const struct lrt_adapter_source from = {.plan = &p.plan, .rope_interleaved = w.rope_interleaved};
    need(lrt_write_model_safetensors(in(work, "m.safetensors"), &from, &w, &report) == LRT_OK, report.text);
    write_seed(folder, "fuzz_safetensors", "f32", -1, NULL, in(work, "m.safetensors"));
    lrt_weight_file_close(file);
}

static void runs(const char *folder) {
    static const char *const options[] = {"", "--accumulate 2 --schedule cosine --clip 1", "--no-shuffle"};
    void *state;
    char words[256], name[32];
    need(run_setup(&state) == 0, "no folder for runs");
    struct trainer_run *r = state;
    for (int i = 0; i < 6; i++) {
        r->model = i % 2 ? bigram_zeroth() : bigram_interface();
        snprintf(words, sizeof words, BASE "--steps 5 --quiet --out @run%d %s", i, options[i / 2]);
        need(run_trainer(r, words) == 0, r->err);
        snprintf(words, sizeof words, "run%d/checkpoint.safetensors", i);
        snprintf(name, sizeof name, "%s-%d", i % 2 ? "zeroth" : "exact", i / 2);
        char trajectory[64];
        snprintf(trajectory, sizeof trajectory, "run%d/trajectory.bin", i);
        write_seed(folder, "fuzz_checkpoint", name, i % 2, run_path(r, words), i % 2 ? run_path(r, trajectory) : NULL);
        if (i % 2) write_seed(folder, "fuzz_trajectory", name, -1, NULL, run_path(r, trajectory));
    }
    run_teardown(&state);
}

int main(int argc, char **argv) {
    char work[] = "/tmp/lorac-seeds-XXXXXX", command[64];
    need(argc == 2 && mkdtemp(work), "usage: seeds FOLDER");
    adapters(argv[1], work);
    models(argv[1], work);
    runs(argv[1]);
    snprintf(command, sizeof command, "rm -rf %s", work);
    return system(command) ? 1 : 0;
}
