/* Chat templates: programs in the subset of Jinja that models' templates use, compiled once and run for each
 * conversation, as Jinja runs them under transformers (trim_blocks, lstrip_blocks, immutable sandbox, loop controls).
 *
 * A run is bounded in steps, depth, memory and output. An unknown statement, filter, test, function or method is an
 * error that names it and its line; nothing is skipped. All values and texts of a run lie in its arena.
 */
#ifndef LRT_TEMPLATE_H
#define LRT_TEMPLATE_H
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <lorac/lrt.h>

struct lrt_template;     /* a compiled template; never changed by runs */
struct lrt_template_run; /* one run: its variables, and what it prints */
struct template_value;   /* runtime/template/template_value.h */

enum {
    TEMPLATE_BYTES_MAX = 1 << 22,  /* of a template's text; the largest in use have 30 thousand */
    TEMPLATE_OUTPUT_MAX = 1 << 26, /* of what a run prints */
    TEMPLATE_MEMORY_MAX = 1 << 28, /* of a run's arena */
    TEMPLATE_STEPS_MAX = 1 << 24,  /* nodes evaluated, and elements walked over */
    TEMPLATE_DEPTH_MAX = 400,      /* of nested expressions, loops and macro calls that run */
    TEMPLATE_NESTING_MAX = 120     /* of brackets and statements in the text */
};

/* name: what messages call the template. The text is copied. Errors say NAME:LINE. */
int lrt_template_compile(struct lrt *c, struct lrt_template **t, const char *name, const char *text, size_t bytes);
void lrt_template_free(struct lrt_template *t); /* NULL is fine */
int lrt_template_mentions(const struct lrt_template *t,
                          const char *name);          /* whether a variable of this name is in it */
int lrt_template_marks(const struct lrt_template *t); /* whether it has {% generation %} */

/* A run: start, define variables, render, read the result, end. now: the time that strftime_now gives. */
int lrt_template_start(struct lrt *c, struct lrt_template_run **run, const struct lrt_template *t,
                       const struct tm *now);
int lrt_template_define(struct lrt_template_run *run, const char *name, struct template_value value);
struct lrt_template_range {
    size_t begin, end; /* bytes of the text */
};
struct lrt_template_result {
    const char *text; /* lives until the run ends */
    size_t bytes;
    const struct lrt_template_range *generated; /* what {% generation %} marks, in order */
    size_t n_generated;
};
int lrt_template_render(struct lrt_template_run *run, struct lrt_template_result *result);
void lrt_template_end(struct lrt_template_run *run); /* NULL is fine */
#endif
