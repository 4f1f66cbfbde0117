// Probe: runs a generated model on numbers of a file and writes its loss and gradient: `probe IN OUT [--threads N]`.
// Both files are records: a line "NAME INSTANCE COUNT", then so many numbers of 4 bytes. IN has every weight, every
// trained tensor, "tokens" and "targets" (instance: the micro-batch); OUT has the loss and the gradient of every
// tensor.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lorac/lrt.h>

const struct lrt_interface *model_interface(void);

struct record {
    char name[128];
    int64_t instance, count;
    void *numbers;
};

static struct record *records;
static size_t n_records;

static void fail(const char *what, const char *name) {
    fprintf(stderr, "%s %s\n", what, name);
    exit(1);
}

static void *get(size_t bytes) {
    void *memory = aligned_alloc(LRT_ALIGNMENT, (bytes + LRT_ALIGNMENT) / LRT_ALIGNMENT * LRT_ALIGNMENT);
    if (!memory) fail("no memory", "");
    memset(memory, 0, bytes);
    return memory;
}

static void read_records(const char *path) {
    FILE *file = fopen(path, "rb");
    struct record r;
    if (!file) fail("cannot read", path);
    while (fscanf(file, "%127s %" SCNd64 " %" SCNd64, r.name, &r.instance, &r.count) == 3 && fgetc(file) == '\n') {
        r.numbers = get((size_t)r.count * 4);
        if (fread(r.numbers, 4, (size_t)r.count, file) != (size_t)r.count) fail("too short:", path);
        records = realloc(records, (n_records + 1) * sizeof *records);
        records[n_records++] = r;
    }
    fclose(file);
}

static void *numbers_of(const char *name, int64_t instance, int64_t count) {
    for (size_t i = 0; i < n_records; i++)
        if (strcmp(records[i].name, name) == 0 && records[i].instance == instance && records[i].count == count)
            return records[i].numbers;
    fail("no record of", name);
    return NULL;
}

static int64_t count_of(const int64_t *shape, int rank) {
    int64_t count = 1;
    for (int d = 0; d < rank; d++) count *= shape[d];
    return count;
}

// A weight that is trained whole has no mapped slot of its own to fill: it begins in the pool of adapters.
static struct lrt_tensor *read_weights(const struct lrt_plan_info *info) {
    struct lrt_tensor *slots = get(info->n_slots * sizeof *slots);
    for (size_t w = 0; w < info->n_weights; w++) {
        const struct lrt_weight_info *weight = &info->weights[w];
        for (int64_t i = 0; i < weight->instances; i++)
            slots[weight->first_slot + (size_t)i * weight->slot_stride] =
                lrt_floats(numbers_of(weight->name, weight->first + i, count_of(weight->shape, weight->rank)));
    }
    return slots;
}

static void read_params(const struct lrt_plan_info *info, float *adapter) {
    for (size_t p = 0; p < info->n_params; p++) {
        const struct lrt_param_info *param = &info->params[p];
        const int64_t count = count_of(param->shape, param->rank);
        for (int64_t i = 0; i < param->instances; i++)
            memcpy(adapter + param->offset + i * param->stride, numbers_of(param->name, param->first + i, count),
                   (size_t)count * sizeof *adapter);
    }
}

static void write_record(FILE *file, const char *name, int64_t instance, int64_t count, const float *numbers) {
    fprintf(file, "%s %" PRId64 " %" PRId64 "\n", name, instance, count);
    fwrite(numbers, 4, (size_t)count, file);
}

static void write_answer(const char *path, const struct lrt_plan_info *info, double loss, const float *gradient) {
    FILE *file = fopen(path, "wb");
    const float rounded = (float)loss;
    if (!file) fail("cannot write", path);
    write_record(file, "loss", 0, 1, &rounded);
    for (size_t p = 0; p < info->n_params; p++)
        for (int64_t i = 0; i < info->params[p].instances; i++)
            write_record(file, info->params[p].name, info->params[p].first + i,
                         count_of(info->params[p].shape, info->params[p].rank),
                         gradient + info->params[p].offset + i * info->params[p].stride);
    if (fclose(file) != 0) fail("cannot write", path);
}

static int32_t *read_ids(const char *name, int64_t micro_batches, int64_t count) {
    int32_t *ids = get((size_t)(micro_batches * count) * sizeof *ids);
    for (int64_t m = 0; m < micro_batches; m++)
        memcpy(ids + m * count, numbers_of(name, m, count), (size_t)count * sizeof *ids);
    return ids;
}

int main(int argc, char **argv) {
    enum { MICRO_BATCHES = 2 };
    const struct lrt_interface *model = model_interface();
    const struct lrt_plan_info *info = model->plan();
    if (argc < 3) return 2;
    read_records(argv[1]);
    const int64_t count = info->batch * info->seq;
    const int32_t *tokens = read_ids("tokens", MICRO_BATCHES, count),
                  *targets = read_ids("targets", MICRO_BATCHES, count);
    struct lrt_tensor *slots = read_weights(info);
    const struct lrt_weights weights = {slots, info->n_slots, 0};
    const struct lrt_options options = {.threads = argc > 4 ? atoi(argv[4]) : 1, .seed = 5};
    void *m = get(model->context_bytes), *memory = get(model->memory_bytes);
    size_t floats;
    struct lrt_step out;
    if (model->init(m, memory, model->memory_bytes, &weights, &options) != LRT_OK)
        fail("init:", lrt_error(model->run(m)));
    float *adapter = model->adapter(m, &floats), *gradient = get(floats * sizeof *gradient);
    read_params(info, adapter);
    int status = model->begin(m, tokens, targets, MICRO_BATCHES);
    while (status == LRT_OK && (status = model->advance(m)) == LRT_MORE) status = LRT_OK;
    if (status == LRT_OK) status = model->estimate(m, gradient);
    if (status == LRT_OK) status = model->finish(m, &out);
    if (status != LRT_OK) fail("step:", lrt_error(model->run(m)));
    write_answer(argv[2], info, out.loss, gradient);
    return 0;
}
