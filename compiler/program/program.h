// Program: the input of the emitters and reports: a model, its planned graphs, and the layout of all pools but the
// arena.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/ir/graph.h"
#include "compiler/model/model.h"
#include "compiler/plan/plan.h"

struct arena;
struct sources;
struct text;

struct program_weight { // the mapped tensors of one weight
    uint32_t first_slot, slot_stride;
    int64_t first, instances; // as in the file names' {i}
    int64_t rope_head;
    enum lrt_initial initial; // used when no file has it
};

struct program_param { // a trained tensor, for all instances of a domain's range
    struct tensor tensor;
    const char *name;       // "layer.wq.lora_a"
    int64_t first_layer;    // as in the file names' {i}
    int64_t offset, stride; // floats, in the adapter and optimizer pools; the stride is a multiple of 64 bytes
    uint32_t first_noise, noise_stride;       // the noise numbers of its instances: struct lrt_param_info
    int64_t gradient_offset, gradient_stride; // the same layout, unless some tensor is updated in the backward pass
};

struct program_fact { // an op of the forward pass has an attribute of this value; attribute "": there is such an op
    const char *op, *attribute;
    double value;
};

struct program_options {
    const struct graph *forward; // as lowered: what the model computes; NULL: it has no loss
    const char *prefix;
    const char *words; // "checkpoint, adamw, ...": for the header comment
    const char *gradient, *optimizer;
    double learning_rate;
    double perturbation; // zeroth order's eps; 0: none
    int threads;
    bool main;
    bool poisoned;
};

struct schedule_point {       // a schedule of this step
    int64_t bytes, arena;     // of all pools except mapped weights; of the arena alone
    double seconds, forwards; // estimated time of a step; its flops relative to a forward pass
    const char *words;        // the choice in words
};

struct program {
    const struct model *model;
    const struct sources *sources;
    struct program_options options;
    const struct plan *step, *eval, *logits; // NULL: the model has none
    struct program_weight *weights;          // [model->n_weights]
    struct program_param *params;
    size_t n_params, c_params;
    uint32_t n_slots;
    int64_t param_floats, gradient_floats; // size of one pool; gradients: 0 without a step
    bool fused;                            // tensors of blocks are updated in the backward pass
    int n_states;
    int passes, tangents;               // an exact gradient: 1, 0; zeroth: 2, 1; forward: 1, K
    double perturbation;                // eps of zeroth
    int64_t arena_bytes, scratch_bytes; // the maximum over the graphs
    int64_t logits_rows;
    struct schedule_point *curve; // ascending seconds, descending bytes; only if asked for
    size_t n_curve;
};

// Lists what files can be held against; returns their number.
size_t program_facts(const struct program *p, struct arena *a, struct program_fact **list);

// True when C and C++ allow generated names with this prefix.
bool program_prefix_is_good(const char *prefix);

// Lays out the pools; all plans must come from one model.
struct program *program_make(struct arena *a, const struct model *m, const struct sources *s,
                             struct program_options options, const struct plan *step, const struct plan *eval,
                             const struct plan *logits);
// The layout of a PARAM tensor of any of the program's graphs.
const struct program_param *program_param(const struct program *p, const struct graph *g, tensor_id t);
// "model.lora:31", with the file's name, visible, but not its folders; "" for a span without a place.
const char *program_place(const struct program *p, struct arena *a, struct span at);

// Bytes of the file of paged block inputs; the offset of a checkpoint schedule's iterations in it.
int64_t program_page_bytes(const struct program *p);
int64_t program_page_offset(const struct graph *g, const struct checkpoint_schedule *c);

// The liveness lower bound of the arena: the maximum over the graphs.
int64_t program_bound(const struct program *p);

const char *program_upper(const struct program *p, struct arena *a); // the prefix in capitals

struct pool_size {
    const char *name;
    int64_t bytes;
};
// True for memory of the program: not mapped weights, not the file of paged block inputs.
bool pool_is_taken(const struct pool_size *p);
enum { PROGRAM_POOLS = 8 };
// arena, adapters, gradients, optimizer, scratch (with the threads' own), staging (a step's ids), weights (mapped,
// counted as f32), file.
void program_pools(const struct program *p, struct pool_size pools[PROGRAM_POOLS]);
int64_t program_bytes(const struct program *p);             // of all pools that are memory
int64_t program_weight_bytes(const struct model_weight *w); // all instances, counted as f32

// A block whose instances each run several times: `each`, or several calls.
struct program_shared {
    const char *block;
    int64_t instances, runs;             // runs: of each instance in one forward pass
    int64_t weight_bytes, trained_bytes; // for all instances, weights as f32; unshared they would be `runs` times that
};
// Lists the shared blocks in the file's order; returns their number.
size_t program_sharing(const struct program *p, struct arena *a, struct program_shared **list);
const char *program_sharing_words(const struct program_shared *s, struct arena *a); // a sentence

// The most gradient bytes that `update fused` could save; 0: already chosen, or no use (clip, accumulate).
int64_t program_fusing_saves(const struct program *p);
// A sentence on what `update fused` saves, or why it saves nothing and what that costs. NULL with `update deferred`.
const char *program_update_words(const struct program *p, struct arena *a);

// SHA-256 of what the model computes, the same for all of its programs, and of the plans of this one.
const char *program_model_hash(const struct program *p, struct arena *a);
const char *program_plan_hash(const struct program *p, struct arena *a);

void emit_c_source(const struct program *p, const char *header_name, struct text *out);
void emit_c_header(const struct program *p, struct text *out);
