// weight_head: checks an output matrix of the file that the model does not declare. If the model uses the embedding
// instead, some rows of both are compared. A copy is fine; another matrix means another model.
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/formats/blocks.h"
#include "runtime/weights/weight_file.h"

static bool outside_layers(const struct lrt_weight_info *w) { return w->rank == 2 && w->instances == 1; }

static bool names_embedding(const char *name) {
    return name && (strstr(name, "embd") || strstr(name, "embed") || strstr(name, "wte") || strstr(name, "wpe"));
}

static const struct lrt_weight_info *token_embedding(const struct lrt_plan_info *plan) {
    for (size_t i = 0; i < plan->n_weights; i++) {
        const struct lrt_weight_info *w = &plan->weights[i];
        if (outside_layers(w) && ((w->gguf && strcmp(w->gguf, "token_embd.weight") == 0) ||
                                  (w->hf && (strstr(w->hf, "embed_tokens.weight") || strstr(w->hf, "wte.weight")))))
            return w;
    }
    return NULL;
}

// A matrix outside the layers that reads hidden rows and is no embedding is the model's own head, whatever its name.
static bool has_own_head(const struct lrt_plan_info *plan, const struct lrt_weight_info *embedding) {
    for (size_t i = 0; i < plan->n_weights; i++) {
        const struct lrt_weight_info *w = &plan->weights[i];
        if (w != embedding && outside_layers(w) && w->shape[1] == embedding->shape[1] && !names_embedding(w->gguf) &&
            !names_embedding(w->hf))
            return true;
    }
    return false;
}

// `spare` [width]: an aligned copy of the row's bytes, since those of a file may be unaligned.
static bool row_floats(uint32_t type, const void *data, int64_t row, int64_t width, float *y, float *spare) {
    const size_t bytes = lrt_row_bytes(type, (size_t)width);
    if (!bytes || bytes > (size_t)width * sizeof *spare) return false;
    memcpy(spare, (const uint8_t *)data + (size_t)row * bytes, bytes);
    const struct lrt_file_tensor t = {.type = type, .rank = 1, .shape = {width}, .data = spare};
    return lrt_file_tensor_floats(&t, y, width);
}

// How far two types of one matrix may differ: with four bits a number is off by up to a tenth, with two by half.
static double tolerance(uint32_t a, uint32_t b) {
    const struct lrt_block blocks[] = {lrt_type_block(a), lrt_type_block(b)};
    double bits = 32;
    for (int i = 0; i < 2; i++) bits = fmin(bits, 8.0 * (double)blocks[i].bytes / (double)blocks[i].elements);
    return bits < 4 ? 0.8 : bits < 5.2 ? 0.25 : bits < 6.2 ? 0.12 : 0.05;
}

// The first, the middle and the last row. `rows` [3 * width]. Returns -1: the same, else a row that differs.
static int64_t different_row(const struct lrt_tensor *embedding, const struct lrt_file_tensor *head, float *rows) {
    const int64_t n = head->shape[0], width = head->shape[1], at[] = {0, n / 2, n - 1};
    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        double difference = 0, size = 0;
        if (!row_floats(embedding->type, embedding->data, at[i], width, rows, rows + 2 * width) ||
            !row_floats(head->type, head->data, at[i], width, rows + width, rows + 2 * width))
            return at[i];
        for (int64_t k = 0; k < width; k++) {
            const double x = (double)rows[k], d = (double)rows[width + k] - x;
            difference += d * d;
            size += x * x;
        }
        if (!(sqrt(difference) <= tolerance(embedding->type, head->type) * sqrt(size))) return at[i];
    }
    return -1;
}

int lrt_file_check_head(const struct lrt_weight_file *file, const struct lrt_plan_info *plan,
                        const struct lrt_tensor *slots, const bool *used, struct lrt_report *report) {
    const struct lrt_file_tensor *head =
        lrt_weight_file_find(file, file->format == LRT_FORMAT_GGUF ? "output.weight" : "lm_head.weight");
    const struct lrt_weight_info *embedding = token_embedding(plan);
    const json_t *tied = json_object_get(file->config, "tie_word_embeddings");
    if (!head && json_is_false(tied) && embedding && !has_own_head(plan, embedding))
        return lrt_file_fail(
            report, LRT_ERR_FILE,
            "%s: tie_word_embeddings is false, but the program takes weight %s as its output matrix, and "
            "the file has no lm_head.weight; take the whole model",
            file->config_path, embedding->name);
    if (!head || used[head - file->tensors] || !embedding || has_own_head(plan, embedding)) return LRT_OK;
    const struct lrt_tensor *slot = &slots[embedding->first_slot];
    int64_t row = 0;
    if (slot->data && head->rank == 2 && head->shape[0] == embedding->shape[0] &&
        head->shape[1] == embedding->shape[1]) {
        float *rows = malloc(3 * (size_t)head->shape[1] * sizeof *rows);
        if (!rows) return lrt_file_fail(report, LRT_ERR_MEMORY, "%s: out of memory", file->shards[0].path);
        row = different_row(slot, head, rows);
        free(rows);
    }
    if (row < 0) return LRT_OK;
    return lrt_file_fail(report, LRT_ERR_FILE,
                         "%s: tensor %s is another matrix than weight %s (row %lld differs), which the model takes as "
                         "its output matrix; give it a matrix of its own: `dim tied = 0` beside arch/llama.lora",
                         file->shards[head->shard].path, head->name, embedding->name, (long long)row);
}
