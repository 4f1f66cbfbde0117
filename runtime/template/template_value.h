/* Values of a template's run, with Python's meaning. Only namespaces, loops and generators ever change.
 * Texts are UTF-8 and count characters where Python does. */
#ifndef LRT_TEMPLATE_VALUE_H
#define LRT_TEMPLATE_VALUE_H
#include "runtime/template/template.h"

enum template_kind {
    TEMPLATE_ABSENT, /* an argument that was not given */
    TEMPLATE_UNDEFINED,
    TEMPLATE_NONE,
    TEMPLATE_BOOLEAN,
    TEMPLATE_INTEGER,
    TEMPLATE_REAL,
    TEMPLATE_TEXT,
    TEMPLATE_LIST,
    TEMPLATE_TUPLE,
    TEMPLATE_GENERATOR, /* what select, map and the like give: can be walked over once, is always true */
    TEMPLATE_MAPPING,
    TEMPLATE_NAMESPACE,
    TEMPLATE_LOOP,
    TEMPLATE_MACRO,
    TEMPLATE_BUILTIN /* a function, or a method bound to its value */
};
enum template_flag {
    TEMPLATE_EMPTY = 1, /* of none: an empty text to all but tests: a message's null content beside tool calls */
    TEMPLATE_SAFE = 2,  /* of a text: what is added to it is escaped (Markup) */
    TEMPLATE_VIEW = 4   /* of a list: keys() and the like, which have no index */
};

struct template_value {
    uint8_t kind, flags;
    size_t count; /* bytes of a text or an undefined value's name; elements */
    union {
        int64_t integer; /* BOOLEAN too */
        double real;
        const char *text;
        const struct template_value *items;   /* LIST, TUPLE */
        const struct template_entry *entries; /* MAPPING, in order */
        struct template_generator *generator;
        struct template_namespace *names;
        struct template_loop *loop;
        const struct template_macro *macro;
        const struct template_bound *bound;
    } u;
};
struct template_entry {
    struct template_value key, value;
};
struct template_generator {
    const struct template_value *items;
    size_t count, next;
};
struct template_namespace {
    struct template_entry *entries;
    size_t count, capacity;
};

static inline struct template_value template_integer(int64_t n) {
    return (struct template_value){.kind = TEMPLATE_INTEGER, .u.integer = n};
}
static inline struct template_value template_boolean(int yes) {
    return (struct template_value){.kind = TEMPLATE_BOOLEAN, .u.integer = yes != 0};
}
static inline struct template_value template_real(double x) {
    return (struct template_value){.kind = TEMPLATE_REAL, .u.real = x};
}
static inline struct template_value template_none(void) { return (struct template_value){.kind = TEMPLATE_NONE}; }
static inline struct template_value template_undefined(void) {
    return (struct template_value){.kind = TEMPLATE_UNDEFINED, .u.text = ""};
}
/* Not copied: the text must outlive the run. */
static inline struct template_value template_text(const char *text, size_t bytes) {
    return (struct template_value){.kind = TEMPLATE_TEXT, .count = bytes, .u.text = text};
}
static inline int template_is_number(struct template_value v) {
    return v.kind == TEMPLATE_BOOLEAN || v.kind == TEMPLATE_INTEGER || v.kind == TEMPLATE_REAL;
}
static inline int template_is_whole(struct template_value v) {
    return v.kind == TEMPLATE_BOOLEAN || v.kind == TEMPLATE_INTEGER;
}
static inline double template_as_real(struct template_value v) {
    return v.kind == TEMPLATE_REAL ? v.u.real : (double)v.u.integer;
}
static inline int template_text_is(struct template_value v, const char *text) {
    size_t n = 0;
    while (text[n]) n++;
    return v.kind == TEMPLATE_TEXT && v.count == n && __builtin_memcmp(v.u.text, text, n) == 0;
}

/* Reports an error and returns an undefined value. A run keeps its first error; all later values are undefined. */
struct template_value lrt_template_fail(struct lrt_template_run *run, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int lrt_template_failed(const struct lrt_template_run *run);
/* Counts n steps; 0 when the run has failed or there were too many. */
int lrt_template_step(struct lrt_template_run *run, size_t n);
/* Memory of the run, or NULL with an error. */
void *lrt_template_memory(struct lrt_template_run *run, size_t count, size_t element_bytes);

/* A text that is being built. */
struct template_buffer {
    struct lrt_template_run *run;
    char *text;
    size_t bytes, capacity;
};
void lrt_template_append(struct template_buffer *b, const char *text, size_t bytes);
void lrt_template_append_value(struct template_buffer *b, struct template_value v); /* str(v) */
void lrt_template_append_repr(struct template_buffer *b, struct template_value v);  /* repr(v) */
static inline struct template_value template_taken(const struct template_buffer *b) {
    return template_text(b->text ? b->text : "", b->bytes);
}

const char *lrt_template_type(struct template_value v); /* Python's name of its type */
int lrt_template_truth(struct template_value v);
int lrt_template_equal(struct lrt_template_run *run, struct template_value a, struct template_value b);
/* -1, 0, 1; values that have no order are an error. `sign` is what the message calls the comparison. */
int lrt_template_order(struct lrt_template_run *run, struct template_value a, struct template_value b,
                       const char *sign);
/* Whether a is in b. */
int lrt_template_contains(struct lrt_template_run *run, struct template_value a, struct template_value b);
struct template_value lrt_template_string(struct lrt_template_run *run, struct template_value v); /* str(v) */
struct template_value lrt_template_length(struct lrt_template_run *run, struct template_value v);
/* The elements as a list; a value without elements is an error. This empties a generator. */
struct template_value lrt_template_list(struct lrt_template_run *run, struct template_value v);
/* The value of a key, or NULL. */
const struct template_value *lrt_template_find(const struct template_value *mapping, struct template_value key);
/* value[key] as in Jinja; without such a key: undefined, with `key` as its name. */
struct template_value lrt_template_item(struct lrt_template_run *run, struct template_value v,
                                        struct template_value key);
/* A None that counts as an empty text becomes one. */
static inline struct template_value template_plain(struct template_value v) {
    return v.kind == TEMPLATE_NONE && v.flags & TEMPLATE_EMPTY ? template_text("", 0) : v;
}

/* What a filter, test, function or method is called with. */
struct template_call {
    struct lrt_template_run *run;
    const char *name;
    struct template_value self;              /* what stands before the bar, "is" or the dot */
    const struct template_value *positional; /* all arguments, as they were given */
    size_t n;
    const struct template_entry *keywords;
    size_t n_keywords;
    struct template_value p[5]; /* by the row's parameters; ABSENT: not given */
};
struct template_builtin {
    const char *name, *parameters; /* "width first blank"; those behind "?" may be left out; "*": any number */
    struct template_value (*call)(const struct template_call *call);
};
struct template_bound {
    struct template_value self;
    const struct template_builtin *row;
};
/* NULL: there is none of that name. */
const struct template_builtin *lrt_template_filter(const char *name, size_t bytes);
const struct template_builtin *lrt_template_test(const char *name, size_t bytes);
const struct template_builtin *lrt_template_method(struct template_value of, const char *name, size_t bytes);
const struct template_builtin *lrt_template_function(const char *name, size_t bytes);
/* Binds the arguments to the row's parameters and calls it. */
struct template_value lrt_template_call_builtin(const struct template_builtin *row, const struct template_call *call);

/* Python's % on texts: "%s" % value. */
struct template_value lrt_template_format(struct lrt_template_run *run, struct template_value format,
                                          const struct template_value *values, size_t n);
#endif
