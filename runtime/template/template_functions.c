/* Functions that templates call: Jinja's range, dict and namespace, transformers' raise_exception and strftime_now. */
#include "runtime/template/template_builtins.h"
#include "runtime/template/template_run.h"
#include <string.h>

#define ROW(name, text, parameters) struct template_value lrt_template_##name(const struct template_call *call);
#include "runtime/template/template_functions.def"
#undef ROW

enum { RANGE_MAX = 100000 }; /* the sandbox's */

/* Entries of a dict given first, then of the keywords. */
static struct template_entry *entries_of(const struct template_call *call, size_t *count) {
    struct template_value given = {.kind = TEMPLATE_MAPPING};
    if (call->n > 1 || (call->n == 1 && call->positional[0].kind != TEMPLATE_MAPPING))
        lrt_template_fail(call->run, "'%s' takes a dict and keywords", call->name);
    else if (call->n == 1)
        given = call->positional[0];
    struct template_entry *entries = lrt_template_memory(call->run, given.count + call->n_keywords, sizeof *entries);
    if (!entries || !lrt_template_step(call->run, given.count)) return NULL;
    if (given.count) memcpy(entries, given.u.entries, given.count * sizeof *entries);
    *count = given.count;
    for (size_t k = 0; k < call->n_keywords; k++) {
        size_t at = 0;
        while (at < *count && !lrt_template_equal(call->run, entries[at].key, call->keywords[k].key)) at++;
        entries[at] = call->keywords[k];
        *count += at == *count;
    }
    return entries;
}

struct template_value lrt_template_function_dict(const struct template_call *call) {
    struct template_value dict = {.kind = TEMPLATE_MAPPING};
    dict.u.entries = entries_of(call, &dict.count);
    return dict.u.entries ? dict : template_undefined();
}

struct template_value lrt_template_function_namespace(const struct template_call *call) {
    struct template_namespace *names = lrt_template_memory(call->run, 1, sizeof *names);
    if (!names) return template_undefined();
    *names = (struct template_namespace){0};
    names->entries = entries_of(call, &names->count);
    names->capacity = names->count;
    return names->entries ? (struct template_value){.kind = TEMPLATE_NAMESPACE, .u.names = names}
                          : template_undefined();
}

struct template_value lrt_template_function_raise_exception(const struct template_call *call) {
    const struct template_value what = lrt_template_string(call->run, call->p[0]);
    return lrt_template_fail(call->run, "the template refuses the conversation: %.*s",
                             what.count > 200 ? 200 : (int)what.count, what.u.text);
}

struct template_value lrt_template_function_range(const struct template_call *call) {
    const int one = template_not_given(call->p[1]);
    const int64_t start = one ? 0 : lrt_template_take_whole(call, 0, 0),
                  stop = lrt_template_take_whole(call, one ? 0 : 1, 0);
    const int64_t step = lrt_template_take_whole(call, 2, 1);
    const int64_t limit = INT64_MAX / 4;
    if (step == 0) return lrt_template_fail(call->run, "range with a step of zero");
    if (start > limit || start < -limit || stop > limit || stop < -limit || step > limit || step < -limit)
        return lrt_template_fail(call->run, "range takes at most %d steps", RANGE_MAX);
    const int64_t distance = step > 0 ? stop - start : start - stop, size = step > 0 ? step : -step;
    const int64_t n = distance <= 0 ? 0 : (distance - 1) / size + 1;
    if (n > RANGE_MAX) return lrt_template_fail(call->run, "range takes at most %d steps", RANGE_MAX);
    struct template_items items = lrt_template_items(call->run, (size_t)n);
    for (; items.items && items.count < (size_t)n; items.count++)
        items.items[items.count] = template_integer(start + (int64_t)items.count * step);
    return template_list_of(items);
}

struct template_value lrt_template_function_strftime_now(const struct template_call *call) {
    const struct template_value format = lrt_template_take_text(call, 0, NULL);
    char pattern[128], *told = lrt_template_memory(call->run, 512, 1);
    if (!told || format.count == 0) return template_text("", 0);
    if (format.count >= sizeof pattern)
        return lrt_template_fail(call->run, "a date's format is longer than %zu bytes", sizeof pattern - 1);
    memcpy(pattern, format.u.text, format.count);
    pattern[format.count] = 0;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    const size_t n = strftime(told, 512, pattern, &call->run->now);
#pragma GCC diagnostic pop
    return template_text(told, n);
}
