/* str.split and str.rsplit. */
#include "runtime/template/template_builtins.h"
#include "runtime/template/template_characters.h"
#include <string.h>

#define ROW(name, text, parameters) struct template_value lrt_template_##name(const struct template_call *call);
#include "runtime/template/template_methods.def"
#undef ROW

static struct template_value turned(struct template_items l) {
    for (size_t i = 0, j = l.count; i + 1 < j; i++) {
        const struct template_value other = l.items[--j];
        l.items[j] = l.items[i];
        l.items[i] = other;
    }
    return template_list_of(l);
}

/* At runs of white space; the last part of a bounded split keeps its inner white space. */
static struct template_value split_spaces(const struct template_call *call, int64_t most, int from_end) {
    struct template_value rest = lrt_template_stripped(call->self, template_none(), from_end ? 2 : 1);
    struct template_items parts = lrt_template_items(call->run, call->self.count / 2 + 1);
    while (parts.items && rest.count > 0) {
        size_t n = 0;
        const int bounded = most >= 0 && (int64_t)parts.count == most;
        while (n < rest.count && !bounded) {
            if (from_end ? lrt_template_space_end(rest.u.text, rest.count - n)
                         : lrt_template_space(rest.u.text + n, rest.count - n))
                break;
            n++;
        }
        if (bounded) {
            parts.items[parts.count++] = rest;
            break;
        }
        parts.items[parts.count++] = template_text(from_end ? rest.u.text + rest.count - n : rest.u.text, n);
        rest = from_end ? template_text(rest.u.text, rest.count - n) : template_text(rest.u.text + n, rest.count - n);
        rest = lrt_template_stripped(rest, template_none(), from_end ? 2 : 1);
    }
    return from_end ? turned(parts) : template_list_of(parts);
}

static struct template_value split_at(const struct template_call *call, struct template_value sep, int64_t most,
                                      int from_end) {
    struct template_value rest = call->self;
    size_t count = 1;
    if (sep.count == 0) return lrt_template_fail(call->run, "an empty separator");
    for (size_t at = 0; (at = lrt_template_place(rest, sep, at)) != SIZE_MAX; at += sep.count) count++;
    struct template_items parts = lrt_template_items(call->run, count);
    while (parts.items && (most < 0 || (int64_t)parts.count < most)) {
        size_t at = SIZE_MAX;
        if (!from_end) at = lrt_template_place(rest, sep, 0);
        for (size_t i = rest.count; from_end && i >= sep.count && at == SIZE_MAX; i--)
            if (memcmp(rest.u.text + i - sep.count, sep.u.text, sep.count) == 0) at = i - sep.count;
        if (at == SIZE_MAX) break;
        const struct template_value behind = template_text(rest.u.text + at + sep.count, rest.count - at - sep.count);
        const struct template_value before = template_text(rest.u.text, at);
        parts.items[parts.count++] = from_end ? behind : before;
        rest = from_end ? before : behind;
    }
    if (parts.items) parts.items[parts.count++] = rest;
    return from_end ? turned(parts) : template_list_of(parts);
}

static struct template_value split(const struct template_call *call, int from_end) {
    const int64_t most = lrt_template_take_whole(call, 1, -1);
    if (!lrt_template_step(call->run, call->self.count / 16)) return template_undefined();
    if (template_not_given(call->p[0])) return split_spaces(call, most, from_end);
    return split_at(call, lrt_template_take_text(call, 0, NULL), most, from_end);
}
struct template_value lrt_template_method_split(const struct template_call *call) {
    return split(call, 0);
}
struct template_value lrt_template_method_rsplit(const struct template_call *call) {
    return split(call, 1);
}
