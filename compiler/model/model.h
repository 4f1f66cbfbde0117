// Model: what the file means. Names are bound, dims are numbers, weights have shapes and file names, adapters are
// resolved per weight and layer range. Bodies stay expressions: lowering gives them values and checks shapes at their
// line.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include <lorac/lrt_adapter.h>
#include "compiler/front/ast.h"

struct arena;
struct ast_file;
struct diagnostics;
struct sources;
struct text;

enum { MODEL_RANK_MAX = 4 }; // no op of a transformer's description needs more

struct model_dim {
    const char *name;
    struct span span;
    int64_t value;
};

struct model_const { // `const norm_eps = 1e-5`: a number that is not a size
    const char *name;
    struct span span;
    double value;
};

struct model_input {
    const char *name;
    struct span span;
    int rank;
    int64_t shape[MODEL_RANK_MAX];
    bool is_token;   // token(vocab): int32; else float32
    int64_t vocab;   // ids are 0..vocab-1
    bool has_ignore; // `ignore -100`
    int64_t ignore;
};

struct model_option { // an evaluated `name: number` or `name: word` of adapter, optimizer, schedule or gradient mode
    const char *name;
    struct span span;
    int n; // 1, or the size of a tuple
    double value[4];
    const char *word; // whose place among the option's words is the value; NULL: a number
};
// The first number of an option, or `absent` when the list has none of that name.
double model_option_number(const struct model_option *options, size_t n_options, const char *name, double absent);

// One `adapt` statement as it applies to one weight: instances [from, to) get this adapter.
struct model_adaptation {
    uint32_t weight; // index in weights
    enum lrt_adapter kind;
    struct span span;
    int64_t from, to;                   // instances of the weight's block; 0, 1 for a weight outside blocks
    const struct model_option *options; // of the adapter, given ones and defaults
    size_t n_options;
};

struct model_weight {
    const char *name;
    struct span span;
    int32_t block;     // index in blocks, -1 outside
    int64_t instances; // of a block with `for`: to - from; else 1
    int rank;
    int64_t shape[MODEL_RANK_MAX]; // [out, in] as in PyTorch
    const char *gguf, *hf;         // names in files, "{i}" for the instance; NULL when not given
};

struct model_absent { // a weight whose condition is 0: it is in no file, and a call goes without it
    const char *name;
    struct span span;
    int32_t block;
};

struct model_block {
    const char *name;
    struct span span;
    const char **params;
    struct span *param_spans;
    size_t n_params;
    bool repeated;     // has `for`
    const char *index; // "i"
    int64_t from, to;  // instances from..to-1, half-open
    int64_t each;      // runs every instance so many times in a row; 1
    struct stmt *body;
    size_t n_body;
};

struct model_train {
    bool present;
    struct span span;
    struct expr *loss;    // e.g. cross_entropy(logits, targets); NULL when there is no train block
    const char *gradient; // "reverse", "checkpoint", ...; a row of gradients.def
    struct span gradient_span;
    struct model_option *gradient_options;
    size_t n_gradient_options;
    const char *optimizer; // a row of optims.def
    struct span optimizer_span;
    struct model_option *optimizer_options;
    size_t n_optimizer_options;
    const char *schedule; // "constant", "linear", "cosine"
    struct span schedule_span;
    double warmup, schedule_steps; // schedule_steps 0: the trainer's --steps
    double schedule_floor;         // the rate's fraction at the end; 0
    double clip;                   // 0: no clipping
    int64_t accumulate;            // 1
    uint64_t memory;               // bytes; 0: no budget
    struct span memory_span;
    struct span update_span;
    bool update_fused;
    struct span page_span;
    bool page; // the inputs of blocks may go to a file
};
// A whole number among the gradient mode's options; 0: it is not given.
int64_t model_gradient_option(const struct model_train *t, const char *name);
// The i-th number of an optimizer's option. Every option has a value: the model's, or its default.
double model_optimizer_option(const struct model_train *t, const char *name, int i);
// `update fused` needs an update that waits for no other gradient: no clipping, no accumulation.
bool model_updates_can_fuse(const struct model_train *t);

struct model {
    const char *name; // prefix of generated symbols unless --prefix
    struct span span;
    struct model_dim *dims;
    size_t n_dims;
    struct model_const *consts;
    size_t n_consts;
    struct model_input *inputs;
    size_t n_inputs;
    struct model_weight *weights;
    size_t n_weights;
    struct model_absent *absent;
    size_t n_absent;
    struct model_block *blocks;
    size_t n_blocks;
    struct stmt *body; // the top level's assignments in order
    size_t n_body;
    struct model_adaptation *adaptations;
    size_t n_adaptations;
    struct model_train train;
};

// Looks a name up; -1 / NULL when absent. `block` -1: the top level. A block sees its own weights, then the top
// level's.
int model_find_weight(const struct model *m, const char *name, int32_t block);
const struct model_absent *model_find_absent(const struct model *m, const char *name, int32_t block);
const struct model_input *model_find_input(const struct model *m, const char *name);
int model_find_block(const struct model *m, const char *name);

// Token rows of a micro-batch: the elements of the first input.
int64_t model_rows(const struct model *m);

// The number an expression of dims, constants, literals, operators, sqrt min max floor ceil and the block's index
// stands for. `index_name` may be NULL (then there is no index). Reports E0110 and the like at the span and returns
// false when it is not a number.
bool model_number(const struct model *m, const struct expr *e, const char *index_name, int64_t index, double *value,
                  struct diagnostics *d);
// Whether it is such an expression, without reporting: in a body `x * sqrt(width)` multiplies by a number.
bool model_is_number(const struct model *m, const struct expr *e, const char *index_name);
bool model_uses_index(const struct expr *e, const char *index_name);

struct model_options {
    const char *const *dims; // -D: "seq=512"
    size_t n_dims;
    // Replace entries of the train block, in the language's syntax: "structured(tile: 32)"; NULL: as in the file.
    const char *gradient, *optimizer, *memory, *update, *page;
};

// NULL after an error; several are reported in one run.
struct model *model_build(struct arena *a, struct sources *s, struct diagnostics *d, const struct ast_file *file,
                          const struct model_options *options);

// Everything the model means, as text.
void model_dump(const struct model *m, struct text *t);
