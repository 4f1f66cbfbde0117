// Shortfall: runs the search again for the same input with another method, or with paging.
#include "compiler/schedule/shortfall.h"

#include "compiler/base/arena.h"

// The smallest memory of the pools with another gradient method, or with paging.
static int64_t bytes_with(const struct schedule_input *in, const struct gradient *method, bool page) {
    struct schedule_input other = *in;
    other.method = method;
    if (in->method->estimate) other.differentiated = NULL; // all exact methods differentiate alike
    other.page = page;
    return schedule_least_bytes(&other);
}

static void find_others(const struct schedule_input *in, struct shortfall *out) {
    size_t most = 0;
    while (gradient_names[most]) most++;
    out->others = ARENA_ARRAY(in->arena, struct shortfall_way, most);
    for (size_t i = 0; i < most; i++) {
        const struct gradient *method = gradient_find(gradient_names[i]);
        if (method == in->method || !method->trains || method->estimate) continue;
        int64_t bytes = bytes_with(in, method, in->page);
        if (bytes <= in->budget) out->others[out->n_others++] = (struct shortfall_way){method, bytes};
    }
}

// A method that may keep anything is tried with only inputs kept.
static void find_paged(const struct schedule_input *in, struct shortfall *out) {
    if (in->page || in->method->estimate) return;
    const struct gradient *method = in->method->searches ? gradient_find("structured") : in->method;
    out->paged = (struct shortfall_way){method, bytes_with(in, method, true)};
}

struct shortfall shortfall_find(const struct schedule_input *in, const struct schedule *s) {
    struct shortfall out = {.budget = in->budget, .least = s->needed ? s->needed : s->bytes};
    find_others(in, &out);
    find_paged(in, &out);
    out.exact_fits = out.n_others || (out.paged.method && out.paged.bytes <= out.budget);
    return out;
}
