// Interpreter: runs a graph in double precision with the references of the op table. It supports loops, stacks, tiles
// with a trip count found at run time, and accumulated gradients. It uses no plans and no generated code. Passes keep
// the tensors of a graph, so a graph and its transformed versions share a `struct interpreter_pools`.
#pragma once
#include "compiler/ir/graph.h"

enum { INTERPRETER_JVPS = 8 };

struct interpreter_pools { // [n_tensors]: all instances of a tensor, one after the other
    double **values, **gradients, **states[2];
    size_t n_tensors;
};

struct interpreter_pools interpreter_pools_new(const struct graph *g);
void interpreter_pools_free(struct interpreter_pools *p);
double **interpreter_pool_new(const struct graph *g); // creates one, filled with zeros
void interpreter_pool_free(double **pool, size_t n_tensors);
void interpreter_zero_gradients(struct interpreter_pools *p, const struct graph *g);
int64_t interpreter_tensor_count(const struct graph *g, size_t tensor); // numbers of all its instances

// The source of values of STORAGE_NOISE: directions of all tensors, laid out as pools.
struct interpreter_noise {
    double ***z; // [directions][n_tensors]
    size_t directions;
    double scale;          // PERTURBED: values + scale * z[0]
    const double *scalars; // [directions] ESTIMATE: the sum of scalars[k] * z[k]; TANGENT k: z[k]
};

struct interpreter_run {
    const struct graph *graph;
    struct interpreter_pools *pools;
    const struct interpreter_noise *noise; // NULL when the graph names none
    double *const *inputs;                 // by tensor.id - 1 of INPUT values
    double *output;                        // of the OUTPUT value; NULL when the graph has none
    double loss_weight, learning_rate;
    int64_t step;
    // shard_first: the first iteration of this domain whose instance has a tensor of the shard; other loops are
    // assumed to come after it
    int64_t shard_first;
    domain_id shard_domain;
    bool update; // also run the update phase
    // out
    double loss, counted, grad_norm, grad_scale;
    double jvps[INTERPRETER_JVPS]; // the graph's, as many as it has
};
void interpreter_run(struct interpreter_run *r);

// The numbers of an arena value after a run of a graph without loops (for the table test).
double *interpreter_value(struct interpreter_run *r, value_id v, double *out);
