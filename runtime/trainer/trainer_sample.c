// Trainer sample: a prompt becomes tokens (in the form of chat where trainer_chat.c says so), and the model's next
// tokens are printed one by one. There is no key-value cache: each token takes one forward pass over the window, as
// the training graph does it. That is enough to see whether training worked.
#include <stdlib.h>
#include <string.h>

#include <lorac/lrt_foreign.h>
#include "runtime/trainer/trainer.h"
#include "runtime/trainer/trainer_line.h"
#include "runtime/trainer/trainer_signal.h"

struct prompt {
    struct lrt *c;
    struct lrt_tokenizer *tokenizer;
    int32_t *ids;
    size_t n, capacity;
};

struct answer {    // buffers
    float *logits; // [vocab]
    void *scratch;
};

static int add_ids(void *arg, const int32_t *ids, size_t n) {
    struct prompt *p = arg;
    if (n > p->capacity - p->n) {
        const size_t capacity = (p->n + n) * 2;
        int32_t *grown = realloc(p->ids, capacity * sizeof *grown);
        if (!grown) return lrt_fail(p->c, LRT_ERR_MEMORY, "out of memory");
        p->ids = grown;
        p->capacity = capacity;
    }
    memcpy(p->ids + p->n, ids, n * sizeof *ids);
    p->n += n;
    return LRT_OK;
}

static int add_counted(void *arg, const int32_t *ids, size_t n, int counted) {
    (void)counted;
    return add_ids(arg, ids, n);
}

static int encode_prompt(const struct trainer *t, struct prompt *p) {
    const char *text = t->options.sample;
    if (t->chat_sample) {
        struct lrt_chat_text rendered;
        int status = lrt_chat_prompt(p->c, p->tokenizer, text, strlen(text), &rendered);
        if (status == LRT_OK) status = lrt_chat_encode(p->c, p->tokenizer, &rendered, add_counted, p);
        lrt_chat_text_free(&rendered);
        return status;
    }
    return lrt_encode(p->c, p->tokenizer, text, strlen(text), LRT_ENCODE_SPECIAL | LRT_ENCODE_BOS, add_ids, p);
}

// Logits of the token after the last one of the prompt; the window holds its last seq tokens.
static int next_logits(struct trainer *t, const struct prompt *p, struct answer *a) {
    const size_t seq = (size_t)t->plan->seq, n = p->n < seq ? p->n : seq;
    memset(t->tokens, 0, (size_t)t->plan->batch * seq * sizeof *t->tokens);
    memcpy(t->tokens, p->ids + (p->n - n), n * sizeof *p->ids);
    const int32_t row = (int32_t)n - 1;
    return t->model->logits(t->context, t->tokens, &row, 1, a->logits);
}

static void print_bytes(struct trainer *t, const char *text, size_t n) {
    while (n > 0) {
        struct trainer_line l = {.length = n < sizeof l.text ? n : sizeof l.text};
        memcpy(l.text, text, l.length);
        text += l.length;
        n -= l.length;
        lrt_trainer_progress_put(&t->progress, &l);
    }
}

static int print_token(struct trainer *t, struct prompt *p, struct lrt_decoder *decoder, int32_t id) {
    size_t bytes = 0;
    if (!lrt_token_bytes(p->tokenizer, id, &bytes)) return LRT_OK; // the model has more ids than the tokenizer
    const size_t room = bytes + 4;
    char *text = malloc(room + LRT_PLAIN_BYTES * room + 1), *shown = text ? text + room : NULL;
    if (!text) return lrt_fail(p->c, LRT_ERR_MEMORY, "out of memory");
    const int64_t n = lrt_decode(decoder, id, text, room);
    if (n > 0) print_bytes(t, shown, lrt_plain_text(shown, LRT_PLAIN_BYTES * room + 1, text, (size_t)n, "\n"));
    free(text);
    return LRT_OK;
}

static int generate(struct trainer *t, struct prompt *p, struct answer *a) {
    const struct lrt_sampling sampling = {.temperature = t->options.temperature, .seed = t->seed};
    const struct lrt_tokenizer_info *info = lrt_tokenizer_info(p->tokenizer);
    struct lrt_decoder decoder;
    int status = LRT_OK;
    lrt_decode_start(&decoder, p->tokenizer, 0);
    for (int64_t i = 0; i < t->options.max_tokens && status == LRT_OK && !lrt_trainer_signal_caught(); i++) {
        status = next_logits(t, p, a);
        if (status != LRT_OK) return lrt_fail(p->c, status, "%s", lrt_error(t->model->run(t->context)));
        const int32_t id = lrt_sample(&sampling, a->logits, t->plan->vocab, p->n, a->scratch);
        if (id < 0 || id == info->eos || id == info->end_of_turn) break;
        status = print_token(t, p, &decoder, id);
        if (status == LRT_OK) status = add_ids(p, &id, 1);
    }
    char tail[4];
    print_bytes(t, tail, lrt_decode_end(&decoder, tail));
    print_bytes(t, "\n", 1);
    return status;
}

int lrt_trainer_sample(struct trainer *t) {
    struct lrt c = {.threads = 1};
    struct prompt p = {.c = &c};
    int exit_code = lrt_trainer_open_tokenizer(t, &p.tokenizer);
    if (exit_code != LRT_EXIT_OK) return exit_code;
    struct answer a = {.logits = malloc((size_t)t->plan->vocab * sizeof *a.logits)};
    a.scratch = malloc(lrt_sampling_bytes(t->plan->vocab));
    int status = LRT_ERR_MEMORY;
    if (a.logits && a.scratch) {
        status = encode_prompt(t, &p);
        if (status == LRT_OK && p.n == 0) status = lrt_fail(&c, LRT_ERR_ARGUMENT, "the prompt has no tokens");
        for (size_t i = 0; i < p.n && status == LRT_OK; i++)
            if (p.ids[i] >= t->plan->vocab)
                status = lrt_fail(&c, LRT_ERR_FILE, "token %d of the prompt is beyond the model's vocabulary of %lld",
                                  p.ids[i], (long long)t->plan->vocab);
        if (status == LRT_OK) status = generate(t, &p, &a);
    } else {
        lrt_fail(&c, status, "out of memory");
    }
    if (status != LRT_OK)
        exit_code = lrt_trainer_fail(t, LRT_EXIT_INPUT, "--sample: %s", lrt_error(&c));
    else if (lrt_trainer_signal_caught())
        exit_code = LRT_EXIT_INTERRUPTED;
    free(a.logits);
    free(a.scratch);
    free(p.ids);
    lrt_tokenizer_close(p.tokenizer);
    return exit_code;
}
