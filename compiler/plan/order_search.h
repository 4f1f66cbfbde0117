// Order search: finds the legal order of items with the lowest peak of live bytes. It is exact: dynamic programming
// over the sets of items that have run (Serenity, Ahn et al. 2020, arXiv 2003.02369). This works because the bytes
// alive after a set has run do not depend on the order within it.
//
// How to think about it
// - Items are numbered in the given order, which is legal.
// - A value is alive from the first item that writes it to the last that touches it, both included. `before`: it lives
//   from the start; `after`: to the end. The peak counts, at each item, all values that are alive or touched.
// - An item may write a value in the place of one that dies at it (order_reuse). Then only one of the two counts.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct order_problem;

enum {
    ORDER_MOST_ITEMS = 256,   // in one problem: the bits of a set
    ORDER_MOST_STATES = 20000 // sets expanded before the search gives up: some hundredths of a second
};

struct order_answer {
    uint32_t *sequence; // [n_items] the order found; the given one when none is better
    int64_t peak;       // bytes, of `sequence`
    int64_t given;      // bytes, of the given order
    size_t states;      // sets looked at
    bool exact;         // no order has a lower peak; false: the search gave up and `sequence` is the given order
};

struct order_problem *order_problem_new(struct arena *a, size_t n_items); // at most ORDER_MOST_ITEMS
uint32_t order_add_value(struct order_problem *p, int64_t bytes, bool before, bool after);
// Items that read a value run after all items that write it.
void order_write(struct order_problem *p, uint32_t item, uint32_t value);
void order_read(struct order_problem *p, uint32_t item, uint32_t value);
void order_precede(struct order_problem *p, uint32_t earlier, uint32_t later); // must also hold in the given order
// `to`, which the item writes, may reuse the bytes of `from` if that dies at the item and has the same size. Each
// `from` serves one `to`; earlier pairs take precedence.
void order_reuse(struct order_problem *p, uint32_t item, uint32_t from, uint32_t to);
void order_use_space(struct order_problem *p, uint32_t item, int64_t bytes); // alive while the item runs

struct order_answer order_solve(struct order_problem *p, size_t most_states);
int64_t order_peak(struct order_problem *p, const uint32_t *sequence); // -1: the sequence is not legal
