/* Residency: says which mapped tensors come and go between two iterations. It compares
 * iterations tensor by tensor, so any order of iterations works. A block that runs twice in a row keeps its weights,
 * and a tensor that the embedding and the head share counts once. */
#include <lorac/lrt.h>

struct range { /* slots first .. first + count - 1 at a stride */
    uint32_t first, stride;
    int64_t count;
};

static struct range slots_of(const struct lrt_model *m, const struct lrt_slice_weight *w, int64_t iteration) {
    const struct lrt_weight_info *info = &m->program->info->weights[w->weight];
    struct range r;
    r.stride = info->slot_stride;
    r.first = info->first_slot;
    r.count = info->instances;
    if (!w->each) return r;
    r.first += (uint32_t)(iteration / w->each) * r.stride;
    r.count = 1;
    return r;
}

static int covers(struct range outer, struct range inner) {
    uint32_t last = inner.first + (uint32_t)(inner.count - 1) * inner.stride;
    return inner.first >= outer.first && last <= outer.first + (uint32_t)(outer.count - 1) * outer.stride;
}

/* Whether the iteration reads these slots of the weight; whole: whether it reads all of them. */
static int reads(const struct lrt_model *m, const struct lrt_iteration *t, uint32_t weight, struct range slots,
                 int whole) {
    for (size_t i = 0; t->slice && i < t->slice->n_weights; i++) {
        const struct lrt_slice_weight *w = &t->slice->weights[i];
        if (w->weight == weight && (w->whole || !whole) && covers(slots_of(m, w, t->iteration), slots)) return 1;
    }
    return 0;
}

static void report(const struct lrt_model *m, uint32_t weight, struct range slots, int needed) {
    const struct lrt_weight_info *info = &m->program->info->weights[weight];
    int64_t rows = 1, columns = info->shape[info->rank - 1];
    for (int d = 0; d + 1 < info->rank; d++) rows *= info->shape[d];
    for (int64_t k = 0; k < slots.count; k++) {
        const struct lrt_tensor *t = &m->weights[slots.first + (uint32_t)k * slots.stride];
        size_t bytes = (size_t)rows * lrt_row_bytes(t->type, (size_t)columns);
        if (t->data && bytes) m->residency(m->residency_context, t->data, bytes, needed);
    }
}

void lrt_residency_before(const struct lrt_model *m, const struct lrt_iteration *now,
                          const struct lrt_iteration *next) {
    for (size_t i = 0; m->residency && next->slice && i < next->slice->n_weights; i++) {
        const struct lrt_slice_weight *w = &next->slice->weights[i];
        struct range slots = slots_of(m, w, next->iteration);
        if (w->whole && (w->each || slots.count == 1) && !reads(m, now, w->weight, slots, 1))
            report(m, w->weight, slots, 1); /* never a whole stack of layers at once */
    }
}

void lrt_residency_after(const struct lrt_model *m, const struct lrt_iteration *now, const struct lrt_iteration *next) {
    for (size_t i = 0; m->residency && now->slice && i < now->slice->n_weights; i++) {
        const struct lrt_slice_weight *w = &now->slice->weights[i];
        struct range slots = slots_of(m, w, now->iteration);
        if (!reads(m, next, w->weight, slots, 0)) report(m, w->weight, slots, 0);
    }
}
