/* map, select, reject and similar filters, which that run another filter or test over the elements of a list. */
#include "runtime/template/template_builtins.h"
#include "runtime/template/template_run.h"
#include <string.h>

#define ROW(name, text, parameters) struct template_value lrt_template_##name(const struct template_call *call);
#include "runtime/template/template_filters.def"
#undef ROW

/* A false value of any type has no elements. */
static struct template_value elements(const struct template_call *call) {
    const struct template_value nothing = {.kind = TEMPLATE_LIST};
    return lrt_template_truth(call->self) ? lrt_template_list(call->run, call->self) : nothing;
}

/* The call of a row over one element, with the arguments from `from` on. */
static struct template_value apply(const struct template_call *call, const struct template_builtin *row, size_t from,
                                   struct template_value element) {
    struct template_call inner = {
        .run = call->run, .self = element, .positional = call->positional + from, .n = call->n - from};
    inner.keywords = call->keywords;
    inner.n_keywords = call->n_keywords;
    return lrt_template_call_builtin(row, &inner);
}

static struct template_value map_attribute(const struct template_call *call) {
    struct template_value attribute = template_none(), absent = {.kind = TEMPLATE_ABSENT};
    for (size_t i = 0; i < call->n_keywords; i++) {
        if (template_text_is(call->keywords[i].key, "attribute"))
            attribute = call->keywords[i].value;
        else if (template_text_is(call->keywords[i].key, "default"))
            absent = call->keywords[i].value;
        else
            return lrt_template_fail(call->run, "'map' takes attribute and default, or a filter");
    }
    const struct template_value list = elements(call);
    struct template_items mapped = lrt_template_items(call->run, list.count);
    for (size_t i = 0; mapped.items && i < list.count && !lrt_template_failed(call->run); i++) {
        const struct template_value v = lrt_template_path(call->run, list.u.items[i], attribute);
        mapped.items[mapped.count++] = v.kind == TEMPLATE_UNDEFINED && absent.kind > TEMPLATE_NONE ? absent : v;
    }
    return lrt_template_generator(call->run, mapped);
}

struct template_value lrt_template_filter_map(const struct template_call *call) {
    if (call->n == 0) return map_attribute(call);
    const struct template_value name = template_plain(call->positional[0]);
    const struct template_builtin *row =
        name.kind == TEMPLATE_TEXT ? lrt_template_filter(name.u.text, name.count) : NULL;
    if (!row)
        return lrt_template_fail(call->run, "there is no filter '%.*s' for 'map'",
                                 name.kind != TEMPLATE_TEXT ? 0
                                 : name.count > 80          ? 80
                                                            : (int)name.count,
                                 name.kind == TEMPLATE_TEXT ? name.u.text : "");
    const struct template_value list = elements(call);
    struct template_items mapped = lrt_template_items(call->run, list.count);
    for (size_t i = 0; mapped.items && i < list.count && !lrt_template_failed(call->run); i++)
        mapped.items[mapped.count++] = apply(call, row, 1, list.u.items[i]);
    return lrt_template_generator(call->run, mapped);
}

/* Elements whose test (without one: their truth) gives `wanted`. of_attribute: the first argument is the attribute that
 * is tested. */
static struct template_value choose(const struct template_call *call, int wanted, int of_attribute) {
    const size_t at = of_attribute ? 1 : 0;
    const struct template_builtin *row = NULL;
    if (call->n < at) return lrt_template_fail(call->run, "'%s' is not given an attribute", call->name);
    if (call->n > at) {
        const struct template_value name = template_plain(call->positional[at]);
        if (name.kind == TEMPLATE_TEXT) row = lrt_template_test(name.u.text, name.count);
        if (!row)
            return lrt_template_fail(call->run, "there is no test '%.*s' for '%s'",
                                     name.kind != TEMPLATE_TEXT ? 0
                                     : name.count > 80          ? 80
                                                                : (int)name.count,
                                     name.kind == TEMPLATE_TEXT ? name.u.text : "", call->name);
    }
    const struct template_value list = elements(call);
    struct template_items kept = lrt_template_items(call->run, list.count);
    for (size_t i = 0; kept.items && i < list.count && !lrt_template_failed(call->run); i++) {
        const struct template_value of =
            of_attribute ? lrt_template_path(call->run, list.u.items[i], call->positional[0]) : list.u.items[i];
        const int is = lrt_template_truth(row ? apply(call, row, at + 1, of) : of);
        if (is == wanted) kept.items[kept.count++] = list.u.items[i];
    }
    return lrt_template_generator(call->run, kept);
}
struct template_value lrt_template_filter_select(const struct template_call *call) {
    return choose(call, 1, 0);
}
struct template_value lrt_template_filter_reject(const struct template_call *call) {
    return choose(call, 0, 0);
}
struct template_value lrt_template_filter_selectattr(const struct template_call *call) {
    return choose(call, 1, 1);
}
struct template_value lrt_template_filter_rejectattr(const struct template_call *call) {
    return choose(call, 0, 1);
}
