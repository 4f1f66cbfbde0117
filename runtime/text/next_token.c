/* Logits become the next token: the likeliest, or a draw from the likeliest ones. The draw is a function of seed and
 * position alone. */
#include <lorac/lrt_text.h>
#include <math.h>
#include <stdlib.h>

/* Keys the draws apart from those of tensors, which count from 0. */
#define LRT_SAMPLING_STREAM UINT64_MAX

struct choice {
    float logit;
    int32_t id;
};

size_t lrt_sampling_bytes(int64_t vocab) { return (size_t)vocab * sizeof(struct choice); }

static int32_t likeliest(const float *logits, int64_t vocab) {
    int64_t best = -1;
    for (int64_t i = 0; i < vocab; i++)
        if (logits[i] == logits[i] && (best < 0 || logits[i] > logits[best])) best = i;
    return best < 0 ? 0 : (int32_t)best;
}

/* Descending, equal ones by id: a total order, so that the draw does not depend on the sort. */
static int by_logit(const void *a, const void *b) {
    const struct choice *x = a, *y = b;
    if (x->logit != y->logit) return x->logit > y->logit ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

int32_t lrt_sample(const struct lrt_sampling *s, const float *logits, int64_t vocab, uint64_t position, void *scratch) {
    const int32_t best = likeliest(logits, vocab);
    if (!(s->temperature > 0) || !isfinite(logits[best])) return best;
    struct choice *choices = scratch;
    int64_t n = 0;
    for (int64_t i = 0; i < vocab; i++)
        if (logits[i] == logits[i]) choices[n++] = (struct choice){logits[i], (int32_t)i};
    qsort(choices, (size_t)n, sizeof *choices, by_logit);
    if (s->top_k > 0 && s->top_k < n) n = s->top_k;
    const double top = (double)choices[0].logit;
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += exp(((double)choices[i].logit - top) / s->temperature);
    double kept = sum;
    if (s->top_p > 0 && s->top_p < 1) {
        const int64_t all = n;
        kept = 0;
        for (n = 0; n < all && kept < s->top_p * sum; n++)
            kept += exp(((double)choices[n].logit - top) / s->temperature);
    }
    float uniform;
    lrt_random_uniform(&uniform, 1, 0.0f, 1.0f, s->seed, LRT_SAMPLING_STREAM, position);
    double left = (double)uniform * kept;
    for (int64_t i = 0; i < n; i++) {
        left -= exp(((double)choices[i].logit - top) / s->temperature);
        if (left < 0) return choices[i].id;
    }
    return choices[n - 1].id;
}
