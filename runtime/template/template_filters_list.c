/* Filters of lists and dicts. */
#include "runtime/template/template_builtins.h"
#include "runtime/template/template_run.h"
#include <string.h>

#define ROW(name, text, parameters) struct template_value lrt_template_##name(const struct template_call *call);
#include "runtime/template/template_filters.def"
#undef ROW

struct template_value lrt_template_filter_length(const struct template_call *call) {
    return lrt_template_length(call->run, call->self);
}

struct template_value lrt_template_filter_list(const struct template_call *call) {
    return lrt_template_list(call->run, call->self);
}

struct template_value lrt_template_filter_batch(const struct template_call *call) {
    const struct template_value list = lrt_template_list(call->run, call->self);
    const int64_t size = lrt_template_take_whole(call, 0, 1);
    if (size < 1) return lrt_template_fail(call->run, "'batch' takes a size of 1 or more");
    struct template_items batches = lrt_template_items(call->run, list.count / (size_t)size + 1);
    for (size_t at = 0; batches.items && at < list.count; at += (size_t)size) {
        const size_t n = list.count - at < (size_t)size ? list.count - at : (size_t)size;
        struct template_items batch = lrt_template_items(call->run, call->p[1].kind > TEMPLATE_NONE ? (size_t)size : n);
        if (!batch.items) break;
        for (; batch.count < n; batch.count++) batch.items[batch.count] = list.u.items[at + batch.count];
        while (call->p[1].kind > TEMPLATE_NONE && batch.count < (size_t)size) batch.items[batch.count++] = call->p[1];
        batches.items[batches.count++] = template_list_of(batch);
    }
    return lrt_template_generator(call->run, batches);
}

struct template_value lrt_template_filter_first(const struct template_call *call) {
    struct template_value self = template_plain(call->self);
    if (self.kind == TEMPLATE_GENERATOR) {
        struct template_generator *g = self.u.generator;
        return g->next < g->count ? g->items[g->next++] : template_undefined();
    }
    const struct template_value list = lrt_template_list(call->run, self);
    return list.count ? list.u.items[0] : template_undefined();
}

struct template_value lrt_template_filter_last(const struct template_call *call) {
    const struct template_value self = template_plain(call->self);
    if (self.kind == TEMPLATE_GENERATOR)
        return lrt_template_fail(call->run, "'last' of a generator: put | list before it");
    const struct template_value list = lrt_template_list(call->run, self);
    return list.count ? list.u.items[list.count - 1] : template_undefined();
}

struct template_value lrt_template_filter_reverse(const struct template_call *call) {
    const struct template_value self = template_plain(call->self), list = lrt_template_list(call->run, self);
    struct template_items reversed = lrt_template_items(call->run, list.count);
    for (size_t i = list.count; reversed.items && i > 0; i--) reversed.items[reversed.count++] = list.u.items[i - 1];
    if (self.kind != TEMPLATE_TEXT) return lrt_template_generator(call->run, reversed);
    struct template_buffer b = {.run = call->run};
    for (size_t i = 0; i < reversed.count; i++) lrt_template_append_value(&b, reversed.items[i]);
    return template_taken(&b);
}

struct template_value lrt_template_filter_items(const struct template_call *call) {
    const struct template_value self = call->self;
    if (self.kind != TEMPLATE_MAPPING && self.kind != TEMPLATE_UNDEFINED)
        return lrt_template_fail(call->run, "'items' takes a dict, not a value of type %s", lrt_template_type(self));
    struct template_items pairs = lrt_template_items(call->run, self.kind == TEMPLATE_MAPPING ? self.count : 0);
    for (size_t i = 0; pairs.items && self.kind == TEMPLATE_MAPPING && i < self.count; i++)
        pairs.items[pairs.count++] = lrt_template_pair(call->run, self.u.entries[i].key, self.u.entries[i].value);
    return lrt_template_generator(call->run, pairs);
}

struct template_value lrt_template_filter_join(const struct template_call *call) {
    const struct template_value list = lrt_template_list(call->run, call->self);
    const struct template_value between =
        call->p[0].kind == TEMPLATE_ABSENT ? template_text("", 0) : lrt_template_string(call->run, call->p[0]);
    struct template_buffer b = {.run = call->run};
    for (size_t i = 0; i < list.count && !lrt_template_failed(call->run); i++) {
        if (i) lrt_template_append(&b, between.u.text, between.count);
        lrt_template_append_value(&b, lrt_template_path(call->run, list.u.items[i], call->p[1]));
    }
    return template_taken(&b);
}

struct template_value lrt_template_filter_sum(const struct template_call *call) {
    const struct template_value list = lrt_template_list(call->run, call->self);
    struct template_value sum = call->p[1].kind == TEMPLATE_ABSENT ? template_integer(0) : call->p[1];
    for (size_t i = 0; i < list.count && !lrt_template_failed(call->run); i++)
        sum = lrt_template_operate(call->run, OP_ADD, sum, lrt_template_path(call->run, list.u.items[i], call->p[0]));
    return sum;
}

/* The key that values are compared by: an attribute, in lower case unless case counts. */
static struct template_value key_of(struct lrt_template_run *run, struct template_value v,
                                    struct template_value attribute, int case_counts) {
    v = lrt_template_path(run, v, attribute);
    return v.kind == TEMPLATE_TEXT && !case_counts ? lrt_template_cased(run, v, "lower") : v;
}

/* Sorts pairs (key, value) by their keys; equal ones keep their order. */
static void sort_pairs(struct lrt_template_run *run, struct template_entry *e, struct template_entry *room, size_t n,
                       int reverse) {
    if (n < 2) return;
    const size_t half = n / 2;
    sort_pairs(run, e, room, half, reverse);
    sort_pairs(run, e + half, room, n - half, reverse);
    memcpy(room, e, n * sizeof *e);
    for (size_t i = 0, j = half, k = 0; k < n; k++) {
        int left = j == n;
        if (i < half && j < n) {
            const int order = lrt_template_order(run, room[j].key, room[i].key, "<");
            left = reverse ? order <= 0 : order >= 0;
        }
        e[k] = left ? room[i++] : room[j++];
    }
}

static struct template_value sorted(struct lrt_template_run *run, struct template_entry *pairs, size_t n, int reverse) {
    struct template_entry *room = lrt_template_memory(run, n, sizeof *room);
    struct template_items values = lrt_template_items(run, n);
    if (!pairs || !room || !values.items) return template_undefined();
    sort_pairs(run, pairs, room, n, reverse);
    for (; values.count < n; values.count++) values.items[values.count] = pairs[values.count].value;
    return template_list_of(values);
}

struct template_value lrt_template_filter_sort(const struct template_call *call) {
    const struct template_value list = lrt_template_list(call->run, call->self);
    struct template_entry *pairs = lrt_template_memory(call->run, list.count, sizeof *pairs);
    if (call->p[2].kind == TEMPLATE_TEXT && memchr(call->p[2].u.text, ',', call->p[2].count))
        return lrt_template_fail(call->run, "'sort' by several attributes is not supported");
    for (size_t i = 0; pairs && i < list.count && !lrt_template_failed(call->run); i++)
        pairs[i] = (struct template_entry){
            key_of(call->run, list.u.items[i], call->p[2], template_take_truth(call, 1, 0)), list.u.items[i]};
    return lrt_template_failed(call->run) ? template_undefined()
                                          : sorted(call->run, pairs, list.count, template_take_truth(call, 0, 0));
}

struct template_value lrt_template_filter_dictsort(const struct template_call *call) {
    const struct template_value self = call->self, by = lrt_template_take_text(call, 1, "key");
    if (self.kind != TEMPLATE_MAPPING)
        return lrt_template_fail(call->run, "'dictsort' takes a dict, not a value of type %s", lrt_template_type(self));
    if (!template_text_is(by, "key") && !template_text_is(by, "value"))
        return lrt_template_fail(call->run, "'dictsort' sorts by key or value");
    struct template_entry *pairs = lrt_template_memory(call->run, self.count, sizeof *pairs);
    for (size_t i = 0; pairs && i < self.count && !lrt_template_failed(call->run); i++) {
        const struct template_entry e = self.u.entries[i];
        const struct template_value key = key_of(call->run, template_text_is(by, "key") ? e.key : e.value,
                                                 template_none(), template_take_truth(call, 0, 0));
        pairs[i] = (struct template_entry){key, lrt_template_pair(call->run, e.key, e.value)};
    }
    return lrt_template_failed(call->run) ? template_undefined()
                                          : sorted(call->run, pairs, self.count, template_take_truth(call, 2, 0));
}

struct template_value lrt_template_filter_unique(const struct template_call *call) {
    const struct template_value list = lrt_template_list(call->run, call->self);
    struct template_items kept = lrt_template_items(call->run, list.count),
                          keys = lrt_template_items(call->run, list.count);
    for (size_t i = 0; kept.items && keys.items && i < list.count && !lrt_template_failed(call->run); i++) {
        const struct template_value key =
            key_of(call->run, list.u.items[i], call->p[1], template_take_truth(call, 0, 0));
        if (lrt_template_contains(call->run, key, template_list_of(keys))) continue;
        keys.items[keys.count++] = key;
        kept.items[kept.count++] = list.u.items[i];
    }
    return lrt_template_generator(call->run, kept);
}

static struct template_value extreme(const struct template_call *call, int sign) {
    const struct template_value list = lrt_template_list(call->run, call->self);
    struct template_value best = template_undefined(), best_key = template_undefined();
    for (size_t i = 0; i < list.count && !lrt_template_failed(call->run); i++) {
        const struct template_value key =
            key_of(call->run, list.u.items[i], call->p[1], template_take_truth(call, 0, 0));
        if (i && lrt_template_order(call->run, key, best_key, sign > 0 ? ">" : "<") != sign) continue;
        best = list.u.items[i];
        best_key = key;
    }
    return best;
}
struct template_value lrt_template_filter_max(const struct template_call *call) {
    return extreme(call, 1);
}
struct template_value lrt_template_filter_min(const struct template_call *call) {
    return extreme(call, -1);
}
