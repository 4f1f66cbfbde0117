/* Attributes and indices of values, paths of them, and the arguments of builtins by type. */
#include "runtime/template/template_builtins.h"
#include "runtime/template/template_run.h"
#include <string.h>

static struct template_value method_of(struct lrt_template_run *run, struct template_value of,
                                       struct template_value name) {
    const struct template_builtin *row = lrt_template_method(of, name.u.text, name.count);
    if (!row) return template_undefined();
    struct template_bound *bound = lrt_template_memory(run, 1, sizeof *bound);
    if (!bound) return template_undefined();
    *bound = (struct template_bound){.self = of, .row = row};
    return (struct template_value){.kind = TEMPLATE_BUILTIN, .u.bound = bound};
}

struct template_value lrt_template_attribute(struct lrt_template_run *run, struct template_value of,
                                             struct template_value name) {
    of = template_plain(of);
    const struct template_value method = method_of(run, of, name);
    if (method.kind != TEMPLATE_UNDEFINED) return method;
    if (of.kind == TEMPLATE_LOOP) return lrt_template_loop_attribute(run, of.u.loop, name);
    return lrt_template_item(run, of, name);
}

struct template_value lrt_template_subscript(struct lrt_template_run *run, struct template_value of,
                                             struct template_value key) {
    of = template_plain(of);
    const struct template_value found = lrt_template_item(run, of, key);
    if (found.kind != TEMPLATE_UNDEFINED || key.kind != TEMPLATE_TEXT || run->status) return found;
    if (of.kind == TEMPLATE_LOOP) return lrt_template_loop_attribute(run, of.u.loop, key);
    const struct template_value method = method_of(run, of, key);
    return method.kind != TEMPLATE_UNDEFINED ? method : found;
}

struct template_value lrt_template_path(struct lrt_template_run *run, struct template_value self,
                                        struct template_value attribute) {
    if (template_not_given(attribute)) return self;
    if (attribute.kind != TEMPLATE_TEXT) return lrt_template_subscript(run, self, attribute);
    for (size_t at = 0; at <= attribute.count && !run->status;) {
        const char *part = attribute.u.text + at, *dot = memchr(part, '.', attribute.count - at);
        const size_t n = dot ? (size_t)(dot - part) : attribute.count - at;
        int64_t number = 0;
        size_t digits = 0;
        for (; digits < n && digits < 18 && part[digits] >= '0' && part[digits] <= '9'; digits++)
            number = number * 10 + part[digits] - '0';
        self =
            lrt_template_subscript(run, self, n > 0 && digits == n ? template_integer(number) : template_text(part, n));
        at += n + 1;
    }
    return self;
}

struct template_value lrt_template_take_text(const struct template_call *call, size_t at, const char *absent) {
    const struct template_value v = template_plain(call->p[at]);
    if (v.kind == TEMPLATE_TEXT) return v;
    if (absent && template_not_given(v)) return template_text(absent, strlen(absent));
    lrt_template_fail(call->run, "'%s' takes a text, not a value of type %s", call->name, lrt_template_type(v));
    return template_text("", 0);
}

int64_t lrt_template_take_whole(const struct template_call *call, size_t at, int64_t absent) {
    const struct template_value v = call->p[at];
    if (template_is_whole(v)) return v.u.integer;
    if (template_not_given(v)) return absent;
    lrt_template_fail(call->run, "'%s' takes a whole number, not a value of type %s", call->name, lrt_template_type(v));
    return absent;
}

struct template_items lrt_template_items(struct lrt_template_run *run, size_t capacity) {
    struct template_items l = {NULL, 0};
    if (lrt_template_step(run, capacity)) l.items = lrt_template_memory(run, capacity, sizeof *l.items);
    return l;
}

struct template_value lrt_template_generator(struct lrt_template_run *run, struct template_items l) {
    struct template_generator *g = lrt_template_memory(run, 1, sizeof *g);
    if (!g) return template_undefined();
    *g = (struct template_generator){.items = l.items, .count = l.count};
    return (struct template_value){.kind = TEMPLATE_GENERATOR, .u.generator = g};
}

struct template_value lrt_template_pair(struct lrt_template_run *run, struct template_value a,
                                        struct template_value b) {
    struct template_value *items = lrt_template_memory(run, 2, sizeof *items);
    if (!items) return template_undefined();
    items[0] = a;
    items[1] = b;
    return (struct template_value){.kind = TEMPLATE_TUPLE, .count = 2, .u.items = items};
}
