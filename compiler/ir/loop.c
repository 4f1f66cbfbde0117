// Loop: bounds, step and direction become trips and iterations.
#include "compiler/ir/loop.h"

int64_t loop_trips(const struct loop *l) {
    if (l->kind == LOOP_TILE) return (l->rows - 1) / l->height + 1;
    return (l->to - l->from - 1) / l->step + 1;
}

double loop_expected_trips(const struct graph *g, const struct loop *l) {
    bool tile = l->kind == LOOP_TILE;
    int64_t from = tile ? 0 : l->from, to = tile ? l->rows : l->to;
    if (l->from_symbol.id && graph_symbol(g, l->from_symbol)->expected > from)
        from = graph_symbol(g, l->from_symbol)->expected;
    if (l->to_symbol.id && graph_symbol(g, l->to_symbol)->expected < to) to = graph_symbol(g, l->to_symbol)->expected;
    return from < to ? (double)(to - from) / (double)(tile ? l->height : l->step) : 0;
}

int64_t loop_stride(const struct loop *l) {
    if (l->kind == LOOP_TILE) return 1;
    return l->backward ? -l->step : l->step;
}

int64_t loop_iteration(const struct loop *l, int64_t trip) {
    if (l->kind == LOOP_TILE) return trip;
    return l->from + (l->backward ? loop_trips(l) - 1 - trip : trip) * l->step;
}

int64_t loop_first(const struct loop *l) { return loop_iteration(l, 0); }
int64_t loop_last(const struct loop *l) { return loop_iteration(l, loop_trips(l) - 1); }

size_t guard_terms(const struct guard *g, const struct loop *repeat, struct guard_term terms[GUARD_TERMS_MAX]) {
    size_t n = 0;
    if (g->modulus) terms[n++] = (struct guard_term){.modulus = g->modulus, .equal = true, .number = g->remainder};
    if (g->but_last) terms[n++] = (struct guard_term){.number = loop_last(repeat)};
    return n;
}

bool guard_holds(const struct guard *g, const struct loop *repeat, int64_t iteration) {
    struct guard_term terms[GUARD_TERMS_MAX];
    bool holds = true;
    for (size_t n = guard_terms(g, repeat, terms), i = 0; i < n; i++)
        holds &= ((terms[i].modulus ? iteration % terms[i].modulus : iteration) == terms[i].number) == terms[i].equal;
    return holds;
}

double guard_share(const struct guard *g, double trips) {
    double share = g->modulus ? 1 / (double)g->modulus : 1;
    return g->but_last ? share * (trips - 1) / trips : share;
}

static struct guard guard_use(const struct graph *g, const struct loop *repeat, bool highest) {
    int64_t each = graph_domain(g, repeat->domain)->each;
    return each > 1 ? (struct guard){.modulus = each, .remainder = highest ? each - 1 : 0} : (struct guard){0};
}

struct guard guard_first_use(const struct graph *g, const struct loop *repeat) {
    return guard_use(g, repeat, repeat->backward);
}

struct guard guard_last_use(const struct graph *g, const struct loop *repeat) {
    return guard_use(g, repeat, !repeat->backward);
}

loop_id graph_loop_over(const struct graph *g, loop_id l, domain_id d) {
    for (; l.id; l = graph_loop(g, l)->parent)
        if (graph_loop(g, l)->kind == LOOP_REPEAT && graph_loop(g, l)->domain.id == d.id) return l;
    return l;
}
