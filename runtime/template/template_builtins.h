/* Helpers of the filters, tests, methods and functions: typed arguments, and lists that are being built. */
#ifndef LRT_TEMPLATE_BUILTINS_H
#define LRT_TEMPLATE_BUILTINS_H
#include "runtime/template/template_value.h"

/* Whether the argument was left out, or is none. */
static inline int template_not_given(struct template_value v) { return v.kind <= TEMPLATE_NONE; }
/* The argument as a text, a whole number or a boolean; `absent` when it was not given. Other types are an error. */
struct template_value lrt_template_take_text(const struct template_call *call, size_t at, const char *absent);
int64_t lrt_template_take_whole(const struct template_call *call, size_t at, int64_t absent);
static inline int template_take_truth(const struct template_call *call, size_t at, int absent) {
    return call->p[at].kind == TEMPLATE_ABSENT ? absent : lrt_template_truth(call->p[at]);
}

/* A list that is being built, with space for `capacity` elements. */
struct template_items {
    struct template_value *items;
    size_t count;
};
struct template_items lrt_template_items(struct lrt_template_run *run, size_t capacity);
static inline struct template_value template_list_of(struct template_items l) {
    return (struct template_value){.kind = TEMPLATE_LIST, .count = l.count, .u.items = l.items};
}
struct template_value lrt_template_generator(struct lrt_template_run *run, struct template_items l);
struct template_value lrt_template_pair(struct lrt_template_run *run, struct template_value a, struct template_value b);

/* self[attribute], where the attribute may be a path "a.b.0"; none: self. */
struct template_value lrt_template_path(struct lrt_template_run *run, struct template_value self,
                                        struct template_value attribute);
/* The text in another case. `how` is "upper", "lower", "capitalize" or "title" (str.title). */
struct template_value lrt_template_cased(struct lrt_template_run *run, struct template_value text, const char *how);
/* Without the white space, or the characters of `cut`, at its left (1) and right (2) end. */
struct template_value lrt_template_stripped(struct template_value text, struct template_value cut, int sides);
struct template_value lrt_template_replaced(struct lrt_template_run *run, struct template_value text,
                                            struct template_value old, struct template_value new, int64_t count);
/* The lines of a text, with their ends when `keep`. */
struct template_value lrt_template_lines(struct lrt_template_run *run, struct template_value text, int keep);
/* Where `part` is in text at or after byte `from`; SIZE_MAX: nowhere. */
size_t lrt_template_place(struct template_value text, struct template_value part, size_t from);
#endif
