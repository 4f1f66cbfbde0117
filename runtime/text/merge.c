/* A word's symbols become tokens: the candidate merge of lowest rank, leftmost first, is applied until none is left.
 * Candidates wait in a heap and are checked when they are taken out, so a word of n symbols costs O(n log n). */
#include "runtime/text/tokenizer.h"

static int before(const struct lrt_candidate *a, const struct lrt_candidate *b) {
    return a->rank != b->rank ? a->rank < b->rank : a->left < b->left;
}

static int push(struct lrt *c, struct lrt_merge_work *w, struct lrt_candidate item) {
    int status = lrt_grow(c, (void **)&w->heap, &w->heap_capacity, w->heap_count + 1, sizeof *w->heap);
    if (status) return status;
    size_t at = w->heap_count++;
    while (at > 0) {
        const size_t parent = (at - 1) / 2;
        if (!before(&item, &w->heap[parent])) break;
        w->heap[at] = w->heap[parent];
        at = parent;
    }
    w->heap[at] = item;
    return LRT_OK;
}

static struct lrt_candidate pop(struct lrt_merge_work *w) {
    const struct lrt_candidate top = w->heap[0], last = w->heap[--w->heap_count];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= w->heap_count) break;
        if (child + 1 < w->heap_count && before(&w->heap[child + 1], &w->heap[child])) child++;
        if (!before(&w->heap[child], &last)) break;
        w->heap[at] = w->heap[child];
        at = child;
    }
    if (w->heap_count) w->heap[at] = last;
    return top;
}

/* Pushes the merge of a symbol with its right neighbour, when there is a rule. */
static int consider(struct lrt *c, struct lrt_tokenizer *t, const char *text, int64_t left) {
    struct lrt_merge_work *w = &t->work;
    if (left < 0) return LRT_OK;
    const struct lrt_symbol *a = &w->symbols[left];
    if (a->next < 0) return LRT_OK;
    const struct lrt_symbol *b = &w->symbols[a->next];
    struct lrt_candidate item = {.left = left, .right = a->next, .bytes = a->bytes + b->bytes, .id = -1};
    if (t->ranks) {
        item.id = lrt_vocabulary_find(&t->vocabulary, text + a->start, item.bytes);
        if (item.id >= 0) item.rank = t->ranks[item.id];
        if (item.id >= 0 && item.rank == UINT32_MAX) item.id = -1;
    } else {
        const struct lrt_merge *merge = lrt_merges_find(&t->merges, a->id, b->id);
        if (merge) {
            item.id = merge->result;
            item.rank = merge->rank;
        }
    }
    return item.id < 0 ? LRT_OK : push(c, w, item);
}

int lrt_merge_word(struct lrt *c, struct lrt_tokenizer *t, const char *text) {
    struct lrt_merge_work *w = &t->work;
    w->heap_count = 0;
    for (size_t i = 0; i < w->count; i++) {
        w->symbols[i].previous = (int64_t)i - 1;
        w->symbols[i].next = i + 1 < w->count ? (int64_t)i + 1 : -1;
    }
    for (size_t i = 0; i + 1 < w->count; i++) {
        int status = consider(c, t, text, (int64_t)i);
        if (status) return status;
    }
    while (w->heap_count) {
        const struct lrt_candidate item = pop(w);
        struct lrt_symbol *a = &w->symbols[item.left], *b = &w->symbols[item.right];
        if (!a->bytes || !b->bytes || a->next != item.right || a->bytes + b->bytes != item.bytes) continue;
        a->id = item.id;
        a->bytes = item.bytes;
        a->next = b->next;
        b->bytes = 0;
        if (a->next >= 0) w->symbols[a->next].previous = item.left;
        int status = consider(c, t, text, a->previous);
        if (!status) status = consider(c, t, text, item.left);
        if (status) return status;
    }
    return LRT_OK;
}
