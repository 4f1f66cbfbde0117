// Trainer input hashes: data, base and adapter as numbers by which they are known again. A checkpoint has fast hashes,
// which find mistakes; a receipt has SHA-256, which nobody can collide on purpose. Both walk over the same bytes.
#include <stdlib.h>
#include <string.h>

#include <lorac/lrt_sha256.h>
#include "runtime/formats/bits.h"
#include "runtime/trainer/trainer.h"
#include "runtime/trainer/trainer_hash.h"

static size_t weight_bytes(const struct lrt_weight_info *w, const struct lrt_tensor *slot) {
    size_t rows = 1;
    for (int d = 0; d + 1 < w->rank; d++) rows *= (size_t)w->shape[d];
    return rows * lrt_row_bytes(slot->type, (size_t)w->shape[w->rank - 1]);
}

static const struct lrt_tensor *weight_slot(const struct trainer *t, const struct lrt_weight_info *w, int64_t k) {
    return &t->weights.slots[w->first_slot + (size_t)k * w->slot_stride];
}

// ---- of checkpoints ----
static uint64_t hash_data(const struct lrt_data *data, int64_t seq, int32_t *room) {
    uint64_t h = TRAINER_HASH_START;
    const int64_t rows = lrt_data_info(data)->rows;
    for (int64_t i = 0; i < rows; i++) {
        lrt_data_row(data, i, room, room + seq);
        h = lrt_trainer_hash_block(h, room, 2 * (size_t)seq * sizeof *room);
    }
    return h;
}

static uint64_t hash_base(const struct trainer *t) {
    uint64_t h = TRAINER_HASH_START;
    for (size_t i = 0; i < t->plan->n_weights; i++) {
        const struct lrt_weight_info *w = &t->plan->weights[i];
        for (int64_t k = 0; k < w->instances; k++) {
            const struct lrt_tensor *slot = weight_slot(t, w, k);
            if (slot->data) h = lrt_trainer_hash_block(h, slot->data, weight_bytes(w, slot));
        }
    }
    lrt_weight_file_release(t->weight_file);
    return h;
}

int lrt_trainer_hash_inputs(struct trainer *t) {
    if (t->options.steps <= 0 || !(t->options.out || t->options.resume)) return LRT_EXIT_OK;
    int32_t *room = malloc(2 * (size_t)t->plan->seq * sizeof *room);
    if (!room) return lrt_trainer_fail(t, LRT_EXIT_INPUT, "out of memory");
    t->data_hash = hash_data(t->data, t->plan->seq, room);
    free(room);
    t->base_hash = hash_base(t);
    return LRT_EXIT_OK;
}

// ---- of receipts: texts with a NUL, numbers as 8 bytes, little-endian ----
static void add_number(struct lrt_sha256 *h, int64_t n) {
    uint8_t bytes[8];
    for (int i = 0; i < 8; i++) bytes[i] = (uint8_t)((uint64_t)n >> 8 * i);
    lrt_sha256_add(h, bytes, sizeof bytes);
}

static void add_text(struct lrt_sha256 *h, const char *text) { lrt_sha256_add(h, text, strlen(text) + 1); }

// Ids and floats of 32 bits: as they are in memory where that is little-endian.
static void add_words(struct lrt_sha256 *h, const void *words, size_t n) {
    static const uint16_t one = 1;
    if (*(const uint8_t *)&one == 1) {
        lrt_sha256_add(h, words, 4 * n);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t word;
        memcpy(&word, (const uint8_t *)words + 4 * i, sizeof word);
        const uint8_t bytes[4] = {(uint8_t)word, (uint8_t)(word >> 8), (uint8_t)(word >> 16), (uint8_t)(word >> 24)};
        lrt_sha256_add(h, bytes, sizeof bytes);
    }
}

int lrt_trainer_digest_data(struct trainer *t, char text[LRT_SHA256_TEXT]) {
    const int64_t rows = lrt_data_info(t->data)->rows, seq = t->plan->seq;
    int32_t *room = malloc(2 * (size_t)seq * sizeof *room);
    if (!room) return lrt_trainer_fail(t, LRT_EXIT_INPUT, "out of memory");
    struct lrt_sha256 h;
    lrt_sha256_begin(&h);
    for (int64_t i = 0; i < rows; i++) {
        lrt_data_row(t->data, i, room, room + seq);
        add_words(&h, room, 2 * (size_t)seq);
    }
    free(room);
    lrt_sha256_end(&h, text);
    return LRT_EXIT_OK;
}

void lrt_trainer_digest_order(const struct trainer *t, char text[LRT_SHA256_TEXT]) {
    struct lrt_sha256 h;
    lrt_sha256_begin(&h);
    for (int64_t i = 0; i < t->order.rows; i++) add_number(&h, lrt_order_row(&t->order, i));
    lrt_sha256_end(&h, text);
}

void lrt_trainer_digest_base(const struct trainer *t, char text[LRT_SHA256_TEXT]) {
    struct lrt_sha256 h;
    lrt_sha256_begin(&h);
    add_number(&h, t->weights.rope_interleaved);
    for (size_t i = 0; i < t->plan->n_weights; i++) {
        const struct lrt_weight_info *w = &t->plan->weights[i];
        for (int64_t k = 0; k < w->instances; k++) {
            const struct lrt_tensor *slot = weight_slot(t, w, k);
            if (!slot->data) continue; // trained from a random start
            add_text(&h, w->name);
            add_number(&h, w->first + k);
            add_number(&h, slot->type);
            lrt_sha256_add(&h, slot->data, weight_bytes(w, slot));
        }
    }
    lrt_sha256_end(&h, text);
    lrt_weight_file_release(t->weight_file);
}

void lrt_trainer_digest_adapter(const struct trainer *t, char text[LRT_SHA256_TEXT]) {
    size_t floats;
    const float *values = t->model->adapter(t->context, &floats);
    struct lrt_sha256 h;
    lrt_sha256_begin(&h);
    for (size_t i = 0; i < t->plan->n_params; i++) {
        const struct lrt_param_info *p = &t->plan->params[i];
        size_t n = 1;
        for (int d = 0; d < p->rank; d++) n *= (size_t)p->shape[d];
        for (int64_t k = 0; k < p->instances; k++) {
            add_text(&h, p->name);
            add_number(&h, p->first + k);
            add_words(&h, values + p->offset + k * p->stride, n);
        }
    }
    lrt_sha256_end(&h, text);
}

void lrt_trainer_digest_tokenizer(const struct lrt_tokenizer *tokenizer, char text[LRT_SHA256_TEXT]) {
    const struct lrt_tokenizer_info *info = lrt_tokenizer_info(tokenizer);
    struct lrt_sha256 h;
    lrt_sha256_begin(&h);
    for (int32_t id = 0; id < info->vocab; id++) {
        size_t bytes = 0;
        const char *token = lrt_token_bytes(tokenizer, id, &bytes);
        add_number(&h, (int64_t)bytes);
        if (token) lrt_sha256_add(&h, token, bytes);
        add_number(&h, lrt_token_is_special(tokenizer, id));
    }
    lrt_sha256_end(&h, text);
}

void lrt_trainer_digest_template(const struct lrt_tokenizer *tokenizer, char text[LRT_SHA256_TEXT]) {
    struct lrt_sha256 h;
    lrt_sha256_begin(&h);
    for (int with_tools = 0; with_tools < 2; with_tools++) {
        size_t bytes;
        const char *source = lrt_chat_template(tokenizer, with_tools, &bytes);
        if (!source) continue;
        add_number(&h, with_tools);
        add_number(&h, (int64_t)bytes);
        lrt_sha256_add(&h, source, bytes);
    }
    lrt_sha256_end(&h, text);
}
