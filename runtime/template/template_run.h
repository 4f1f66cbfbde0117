/* A run: variables in scopes, the output, and the steps that are left. */
#ifndef LRT_TEMPLATE_RUN_H
#define LRT_TEMPLATE_RUN_H
#include "runtime/template/template_nodes.h"

struct template_variable {
    uint32_t symbol;
    struct template_value value;
};
struct template_scope {
    struct template_scope *outer; /* where the text stands, not where it is called from */
    struct template_variable *variables;
    size_t count, capacity;
};

struct template_macro {
    const struct template_node *node; /* NODE_MACRO, or the NODE_CALL_BLOCK of a caller */
    struct template_scope *scope;     /* where it was defined */
    struct template_value name;
};

/* A loop that runs. As in Jinja, each element is tested against the condition only when it is needed: the body may
 * change what the condition reads. */
struct template_loop {
    const struct template_node *node;
    struct template_scope *outer;
    const struct template_value *source;
    size_t n_source, tried;
    const struct template_value *items; /* that passed: without a condition the source itself */
    struct template_value *passed;
    size_t n_passed, passed_capacity, index;
    const struct template_value *changed; /* loop.changed(...): the last arguments */
    size_t n_changed;
};

enum template_jump { JUMP_NONE, JUMP_BREAK, JUMP_CONTINUE };

struct lrt_template_run {
    struct lrt *c;
    const struct lrt_template *t;
    struct template_arena arena;
    struct tm now;
    int status;
    uint32_t line; /* of the node that runs */
    size_t steps;
    int depth, captures; /* captures: of what prints into a value */
    enum template_jump jump;
    struct template_scope context, *scope;
    struct template_buffer printed, *out;
    struct lrt_template_range *ranges;
    size_t n_ranges, ranges_capacity;
};

struct template_value lrt_template_evaluate(struct lrt_template_run *run, const struct template_node *n);
/* Arguments evaluated: positional ones, then keywords. */
int lrt_template_arguments(struct lrt_template_run *run, const struct template_node *list, struct template_call *call);
/* Filters of a set block, over what was printed. */
struct template_value lrt_template_filter_block(struct lrt_template_run *run, const struct template_node *filters,
                                                struct template_value printed);
struct template_value lrt_template_operate(struct lrt_template_run *run, int operator, struct template_value a,
                                           struct template_value b);
struct template_value lrt_template_slice(struct lrt_template_run *run, struct template_value of,
                                         const struct template_value bounds[3]);
/* of.name: methods before keys. of[key]: keys before methods. */
struct template_value lrt_template_attribute(struct lrt_template_run *run, struct template_value of,
                                             struct template_value name);
struct template_value lrt_template_subscript(struct lrt_template_run *run, struct template_value of,
                                             struct template_value key);

/* statements */
void lrt_template_execute(struct lrt_template_run *run, const struct template_node *list);
struct template_value lrt_template_call_macro(struct lrt_template_run *run, const struct template_macro *macro,
                                              const struct template_call *call, struct template_value caller);
void lrt_template_assign(struct lrt_template_run *run, const struct template_node *target, struct template_value value);
void lrt_template_set(struct lrt_template_run *run, uint32_t symbol, struct template_value value);
/* The symbol of a name, or UINT32_MAX when the template does not have it. */
uint32_t lrt_template_symbol_of(const struct lrt_template_run *run, const char *name);

/* loops */
void lrt_template_run_loop(struct lrt_template_run *run, const struct template_node *n);
struct template_value lrt_template_loop_attribute(struct lrt_template_run *run, struct template_loop *loop,
                                                  struct template_value name);
#endif
