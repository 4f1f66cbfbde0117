// Order search: items that must run one after another become the order whose peak of live bytes is least. Exact: a
// dynamic programme over the sets of items that have run (Serenity, Ahn et al. 2020, arXiv 2003.02369), which works
// because what is alive after a set has run does not depend on the order within it.
//
// How to think about it
// - Items are numbered in the order that is given; it is a legal one.
// - A value is alive from the first item that writes it to the last that touches it, both included; `before`: from the
//   start; `after`: to the end. The peak counts, at each item, all that it touches and all else that is alive.
// - An item may put a value it writes in the place of one that dies at it (order_take_over): then one of the two is
//   counted.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct order_problem;

enum {
    ORDER_MOST_ITEMS = 256,   // of one problem: the bits of a set
    ORDER_MOST_STATES = 20000 // sets looked at before a search is given up: some hundredths of a second
};

struct order_answer {
    uint32_t *sequence; // [n_items] the items in the order found; the given one when none is better
    int64_t peak;       // bytes, of `sequence`
    int64_t given;      // bytes, of the given order
    size_t states;      // sets looked at
    bool exact;         // no order has a lower peak; else the search was given up and `sequence` is the given order
};

struct order_problem *order_problem_new(struct arena *a, size_t n_items); // at most ORDER_MOST_ITEMS
uint32_t order_add_value(struct order_problem *p, int64_t bytes, bool before, bool after);
// Every item that reads a value runs after all that write it.
void order_write(struct order_problem *p, uint32_t item, uint32_t value);
void order_read(struct order_problem *p, uint32_t item, uint32_t value);
void order_precede(struct order_problem *p, uint32_t earlier, uint32_t later); // in the given order, too
// `to`, written by the item, may stand where `from` is when that dies at the item and has as many bytes. One `from`
// makes room for one `to`; pairs told first come first.
void order_take_over(struct order_problem *p, uint32_t item, uint32_t from, uint32_t to);
void order_use_space(struct order_problem *p, uint32_t item, int64_t bytes); // alive while the item runs

struct order_answer order_solve(struct order_problem *p, size_t most_states);
int64_t order_peak(struct order_problem *p, const uint32_t *sequence); // -1: the sequence is not legal
