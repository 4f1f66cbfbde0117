// What the parts of the model's construction share.
#pragma once
#include "compiler/base/diag.h"
#include "compiler/model/model.h"

struct builder_number { // a dim or const on the way to its value
    const char *name;
    struct span span;
    const struct expr *value;
    bool is_const;
    enum { NUMBER_WAITING, NUMBER_OPEN, NUMBER_DONE, NUMBER_FAILED } state;
    double result;
};

struct builder {
    struct arena *arena;
    struct sources *sources;
    struct diagnostics *diagnostics;
    const struct model_options *options;
    struct model *model;
    const struct ast_item **items; // of the file and all it includes, in reading order
    size_t n_items, c_items;
    struct builder_number *numbers;
    size_t n_numbers, c_numbers;
    size_t c_inputs, c_weights, c_absent, c_blocks, c_body, c_adaptations;
    const char **top_values; // names the top level has assigned at its end
    size_t n_top_values;
    bool has_adapt;
};

// The stages, in order. Each reports what is wrong and leaves the model usable by the next.
void resolve_numbers(struct builder *b);                 // model_number.c: dims and constants, with -D
void resolve_declarations(struct builder *b);            // model_declare.c: inputs, weights, blocks, bodies
void resolve_choices(struct builder *b);                 // model_choose.c: `a ? b : c` of tensors, absent weights
void resolve_names(struct builder *b);                   // model_bind.c: every name in a body means something
void bind_expr(struct builder *b, const struct expr *e); // the same for an expression after the top level: the loss
void resolve_adaptations(struct builder *b);             // model_adapt.c
void resolve_train(struct builder *b);                   // model_train.c

// The most elements that a weight or an adapter's pair may have over all instances. Sums of many such sizes fit 64
// bits.
static const int64_t elements_limit = INT64_C(1) << 48;

const char *builder_text(struct builder *b, double value); // a number for a message, with '.' in every locale
// A whole number from `low` on; reports `id` with `what` ("rank", "dim 2 of wq") otherwise.
bool builder_whole(struct builder *b, const struct expr *e, int64_t low, enum diag_id id, const char *what,
                   int64_t *value);

// ---- methods: the language's gradient modes, optimizers, schedules and adapters with their options (methods.def) ----
enum method_group { METHOD_GRADIENT, METHOD_OPTIMIZER, METHOD_SCHEDULE, METHOD_ADAPTER };

struct method { // an evaluated `name` or `name(option: number, ...)`
    const char *name;
    struct span span;
    struct model_option *options; // given ones and defaults
    size_t n_options;
};
// Reports a failure under the id `unavailable` or `wrong_option`.
bool method_read(struct builder *b, enum method_group group, const struct expr *e, enum diag_id unavailable,
                 enum diag_id wrong_option, struct method *method);
