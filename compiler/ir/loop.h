// Loop: the iteration space of a loop. A repeat loop's iterations are from, from + step, ... below `to`, forward or
// backward; a tile loop's are its tiles, 0, 1, ... A *trip* counts iterations as they run: 0, 1, ...
#pragma once
#include "compiler/ir/graph.h"

int64_t loop_trips(const struct loop *l); // at most: bounds that are known at run time may leave fewer, or none
// As the symbols are expected; a lower last tile counts as the fraction that it is.
double loop_expected_trips(const struct graph *g, const struct loop *l);
// Bounded by a symbol: its results may be what it began with.
static inline bool loop_may_be_empty(const struct loop *l) { return l->from_symbol.id || l->to_symbol.id; }
int64_t loop_iteration(const struct loop *l, int64_t trip);
int64_t loop_first(const struct loop *l); // the iteration that runs first
int64_t loop_last(const struct loop *l);
int64_t loop_stride(const struct loop *l); // from an iteration to the one that runs next

static inline bool guard_is_set(const struct guard *g) { return g->modulus || g->but_last; }
// One comparison of a guard with the iteration i: (modulus ? i % modulus : i) is, or is not, `number`.
struct guard_term {
    int64_t modulus;
    bool equal;
    int64_t number;
};
enum { GUARD_TERMS_MAX = 2 };
// The comparisons that must all hold, in `terms`; returns their number.
size_t guard_terms(const struct guard *g, const struct loop *repeat, struct guard_term terms[GUARD_TERMS_MAX]);
bool guard_holds(const struct guard *g, const struct loop *repeat, int64_t iteration);
double guard_share(const struct guard *g, double trips); // of so many iterations, those in which it holds
// A guard for the first (last) of the `each` iterations, in the order in which the loop runs, that use one instance.
struct guard guard_first_use(const struct graph *g, const struct loop *repeat);
struct guard guard_last_use(const struct graph *g, const struct loop *repeat);

// The repeat loop over domain d around loop l, or l itself: the one whose iteration picks the instance of what belongs
// to d. None when there is none.
loop_id graph_loop_over(const struct graph *g, loop_id l, domain_id d);
