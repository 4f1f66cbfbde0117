/* One run of a template: its memory and bounds, its variables, its result. */
#include "runtime/template/template_run.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct template_value lrt_template_fail(struct lrt_template_run *run, const char *format, ...) {
    if (run->status) return template_undefined();
    char what[300];
    va_list values;
    va_start(values, format);
    vsnprintf(what, sizeof what, format, values);
    va_end(values);
    run->status = lrt_fail(run->c, run->arena.refused ? LRT_ERR_MEMORY : LRT_ERR_FILE, "%s:%u: %s", run->t->name,
                           run->line, what);
    return template_undefined();
}

int lrt_template_failed(const struct lrt_template_run *run) { return run->status != LRT_OK; }

int lrt_template_step(struct lrt_template_run *run, size_t n) {
    if (run->status) return 0;
    if (n > TEMPLATE_STEPS_MAX - run->steps) {
        lrt_template_fail(run, "the template takes more than %d steps", TEMPLATE_STEPS_MAX);
        return 0;
    }
    run->steps += n;
    return 1;
}

void *lrt_template_memory(struct lrt_template_run *run, size_t count, size_t element_bytes) {
    void *memory =
        count < TEMPLATE_MEMORY_MAX / element_bytes ? lrt_template_take(&run->arena, count * element_bytes) : NULL;
    if (!memory) lrt_template_fail(run, "the template takes more than %d bytes of memory", TEMPLATE_MEMORY_MAX);
    return memory;
}

uint32_t lrt_template_symbol_of(const struct lrt_template_run *run, const char *name) {
    for (size_t i = 0; i < run->t->n_names; i++)
        if (template_text_is(run->t->names[i], name)) return (uint32_t)i;
    return UINT32_MAX;
}

int lrt_template_start(struct lrt *c, struct lrt_template_run **out, const struct lrt_template *t,
                       const struct tm *now) {
    struct lrt_template_run *run = calloc(1, sizeof *run);
    *out = run;
    if (!run) return lrt_fail(c, LRT_ERR_MEMORY, "%s: no memory to run the template", t->name);
    run->c = c;
    run->t = t;
    run->now = *now;
    run->line = 1;
    run->arena.limit = TEMPLATE_MEMORY_MAX;
    run->scope = &run->context;
    run->printed.run = run;
    run->out = &run->printed;
    return LRT_OK;
}

int lrt_template_define(struct lrt_template_run *run, const char *name, struct template_value value) {
    const uint32_t symbol = lrt_template_symbol_of(run, name);
    if (symbol != UINT32_MAX) lrt_template_set(run, symbol, value);
    return run->status;
}

int lrt_template_render(struct lrt_template_run *run, struct lrt_template_result *result) {
    lrt_template_execute(run, run->t->body);
    *result = (struct lrt_template_result){.text = run->printed.text ? run->printed.text : "",
                                           .bytes = run->printed.bytes,
                                           .generated = run->ranges,
                                           .n_generated = run->n_ranges};
    return run->status;
}

void lrt_template_end(struct lrt_template_run *run) {
    if (!run) return;
    lrt_template_release(&run->arena);
    free(run);
}
