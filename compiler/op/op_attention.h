// Attention: shared by its forward and backward rows.
#pragma once
#include "compiler/op/op_common.h"

struct attention {
    int64_t seq, heads, kv_heads, head, window; // window 0: none
    double scale, softcap;                      // softcap 0: none
    bool causal;
};

extern const struct op_attr attention_attrs[];
struct attention attention_of(const struct reference_call *c);
bool attention_sees(const struct attention *a, int64_t query, int64_t key);          // rows of one sequence
double attention_score(const struct attention *a, const double *q, const double *k); // one head's query and key
double attention_pairs(const struct graph *g, const struct node *n, uint32_t query);
