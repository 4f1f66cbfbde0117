// Federated node: everything that a member sends comes from its program's interface (lorac/lrt.h, "training together").
// It uses the two optional parts of the runtime, weight files and text. Step s reads the rows of the member's data from
// (s - 1) * batch on, in an order that the seed fixes, so a resumed node continues with the same rows.
#include <stdlib.h>
#include <string.h>

#include "federated_node.h"
#include <lorac/lrt.h>
#include <lorac/lrt_files.h>
#include <lorac/lrt_text.h>

#ifndef INTERFACE
#error "compile with -DINTERFACE=<prefix>_interface"
#endif
const struct lrt_interface *INTERFACE(void);

struct node {
    const struct lrt_interface *model;
    const struct lrt_plan_info *info;
    struct lrt_weight_file *file;
    struct lrt_tensor *slots; // [info->n_slots]
    void *context, *memory;
    struct lrt_data *data; // NULL: none
    struct lrt_order order;
    int32_t *tokens, *targets; // [batch, seq]
    char why[LRT_REPORT_BYTES];
};

static int failed(struct node *n, int status, const char *why) {
    if (status == LRT_OK) return LRT_OK;
    const size_t length = strnlen(why, sizeof n->why - 1);
    memcpy(n->why, why, length);
    n->why[length] = 0;
    return status;
}

static int checked(struct node *n, int status) { return failed(n, status, lrt_error(n->model->run(n->context))); }

static void *get(size_t bytes) {
    void *memory = aligned_alloc(LRT_ALIGNMENT, (bytes + LRT_ALIGNMENT) / LRT_ALIGNMENT * LRT_ALIGNMENT);
    if (memory) memset(memory, 0, bytes);
    return memory;
}

static int allocate(struct node *n) {
    const size_t ids = (size_t)(n->info->batch * n->info->seq) * sizeof *n->tokens;
    n->slots = get(n->info->n_slots * sizeof *n->slots);
    n->context = get(n->model->context_bytes);
    n->memory = get(n->model->memory_bytes);
    n->tokens = get(ids);
    n->targets = get(ids);
    const int all = n->slots && n->context && n->memory && n->tokens && n->targets;
    return failed(n, all ? LRT_OK : LRT_ERR_MEMORY, "no memory");
}

static int open_weights(struct node *n, const char *path, const struct lrt_options *options) {
    struct lrt_report report;
    struct lrt_weights weights;
    int status = lrt_weight_file_open(&n->file, path, &report);
    if (status == LRT_OK) status = lrt_weights_bind(n->file, n->info, n->slots, n->info->n_slots, 0, &weights, &report);
    if (status != LRT_OK) return failed(n, status, report.text);
    return checked(n, n->model->init(n->context, n->memory, n->model->memory_bytes, &weights, options));
}

// Raw ids (.tok) need no tokenizer; the tokenizer of the weights reads all other data.
static int open_data(struct node *n, const char *path, const char *weights) {
    const size_t length = strlen(path);
    const int raw = length > 4 && !strcmp(path + length - 4, ".tok");
    const struct lrt_data_options options = {.seq = n->info->seq, .ignore = n->info->ignore, .vocab = n->info->vocab};
    struct lrt *c = n->model->run(n->context);
    struct lrt_tokenizer *tokenizer = NULL;
    int status = raw ? LRT_OK : lrt_tokenizer_open(c, &tokenizer, weights);
    if (status == LRT_OK) status = lrt_data_open(c, &n->data, path, tokenizer, &options);
    lrt_tokenizer_close(tokenizer);
    if (status == LRT_OK) n->order = (struct lrt_order){lrt_data_info(n->data)->rows, c->seed, 1};
    return checked(n, status);
}

void node_close(struct node *n) {
    if (!n) return;
    if (n->context) n->model->stop(n->context);
    lrt_data_close(n->data);
    lrt_weight_file_close(n->file);
    free(n->slots);
    free(n->context);
    free(n->memory);
    free(n->tokens);
    free(n->targets);
    free(n);
}

struct node *node_open(const char *weights, const char *data, uint64_t seed, int32_t shard, int32_t shards, int threads,
                       int *status) {
    const struct lrt_options options = {.threads = threads, .seed = seed, .shard = shard, .shards = shards};
    struct node *n = calloc(1, sizeof *n);
    *status = LRT_ERR_MEMORY;
    if (!n) return NULL;
    n->model = INTERFACE();
    n->info = n->model->plan();
    *status = allocate(n);
    if (*status == LRT_OK) *status = open_weights(n, weights, &options);
    if (*status == LRT_OK && *data) *status = open_data(n, data, weights);
    return n;
}

const char *node_error(const struct node *n) { return n ? n->why : "no memory"; }
int node_tangents(const struct node *n) { return n->info->tangents; }

float *node_adapter(struct node *n, size_t *floats) { return n->model->adapter(n->context, floats); }
float *node_state(struct node *n, size_t *floats) { return n->model->state(n->context, floats); }
int64_t node_step(struct node *n) { return n->model->run(n->context)->step; }
void node_set_step(struct node *n, int64_t step) { n->model->run(n->context)->step = step; }

static int next_batch(struct node *n) {
    if (!n->data) return failed(n, LRT_ERR_STATE, "the node has no data");
    lrt_data_batch(n->data, &n->order, node_step(n) * n->info->batch, n->info->batch, n->tokens, n->targets);
    return LRT_OK;
}

int node_scalars(struct node *n, float *out) {
    int status = next_batch(n);
    if (status != LRT_OK) return status;
    status = n->model->begin(n->context, n->tokens, n->targets, 1);
    if (status == LRT_OK) do
            status = n->model->advance(n->context);
        while (status == LRT_MORE);
    return checked(n, status == LRT_OK ? n->model->scalars(n->context, out) : status);
}

int node_apply(struct node *n, uint64_t seed, int64_t step, const float *scalars, int32_t shards) {
    const int32_t tangents = n->info->tangents;
    const uint32_t none = LRT_NO_SCALAR;
    struct lrt_noise_term *terms = calloc((size_t)shards * (size_t)tangents + 1, sizeof *terms);
    struct lrt_step out;
    size_t count = 0;
    if (!terms) return failed(n, LRT_ERR_MEMORY, "no memory");
    for (int32_t i = 0; i < shards * tangents; i++) {
        if (!memcmp(&scalars[i], &none, sizeof none)) continue; // the client's batch had no targets that count
        terms[count++] = (struct lrt_noise_term){seed, step, i % tangents, i / tangents + 1, shards, scalars[i]};
    }
    const int status = n->model->apply(n->context, terms, count, &out);
    free(terms);
    return checked(n, status);
}

int node_train(struct node *n, int64_t steps) {
    struct lrt_step out;
    int status = LRT_OK;
    for (int64_t i = 0; i < steps && status == LRT_OK; i++) {
        status = next_batch(n);
        if (status == LRT_OK) status = checked(n, n->model->step(n->context, n->tokens, n->targets, 1, &out));
    }
    return status;
}

int node_shard_get(struct node *n, int32_t shard, int32_t shards, float *out, size_t *floats) {
    return checked(n, n->model->shard_get(n->context, shard, shards, out, floats));
}

int node_shard_set(struct node *n, int32_t shard, int32_t shards, const float *in, size_t floats) {
    return checked(n, n->model->shard_set(n->context, shard, shards, in, floats));
}

// The last batch is padded with targets that do not count.
int node_evaluate(struct node *n, double *loss) {
    const int64_t batch = n->info->batch, seq = n->info->seq;
    double sum = 0, part;
    int64_t counted = 0, part_counted;
    if (!n->data) return failed(n, LRT_ERR_STATE, "the node has no data");
    if (n->order.rows % batch && n->info->ignore == INT64_MIN)
        return failed(n, LRT_ERR_STATE, "the rows do not fill batches, and the model ignores no target");
    for (int64_t row = 0; row < n->order.rows; row += batch) {
        for (int64_t i = 0; i < batch; i++) {
            int32_t *tokens = n->tokens + i * seq, *targets = n->targets + i * seq;
            const int inside = row + i < n->order.rows;
            lrt_data_row(n->data, inside ? row + i : row, tokens, targets);
            for (int64_t k = 0; k < seq && !inside; k++) targets[k] = (int32_t)n->info->ignore;
        }
        const int status = n->model->eval(n->context, n->tokens, n->targets, &part, &part_counted);
        if (status != LRT_OK) return checked(n, status);
        sum += part;
        counted += part_counted;
    }
    *loss = counted ? sum / (double)counted : 0;
    return LRT_OK;
}
