/* Python's ways of putting values into a text: "%s" % value, and "{}".format(value), without widths. */
#include "runtime/template/template_builtins.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static struct template_value not_known(struct lrt_template_run *run, const char *how, size_t n) {
    return lrt_template_fail(run, "the format '%.*s' is not supported", (int)n, how);
}

struct template_value lrt_template_format(struct lrt_template_run *run, struct template_value format,
                                          const struct template_value *values, size_t n) {
    struct template_buffer b = {.run = run};
    size_t used = 0;
    char number[40];
    for (size_t at = 0; at < format.count && lrt_template_step(run, 1); at++) {
        if (format.u.text[at] != '%') {
            lrt_template_append(&b, format.u.text + at, 1);
            continue;
        }
        const char what = at + 1 < format.count ? format.u.text[at + 1] : 0;
        at++;
        if (what == '%') {
            lrt_template_append(&b, "%", 1);
            continue;
        }
        if (what != 's' && what != 'r' && what != 'd' && what != 'i')
            return not_known(run, format.u.text + at - 1, what ? 2 : 1);
        if (used == n) return lrt_template_fail(run, "a format has more places than values");
        const struct template_value v = values[used++];
        if (what == 's') {
            lrt_template_append_value(&b, v);
        } else if (what == 'r') {
            lrt_template_append_repr(&b, v);
        } else if (!template_is_number(v) || fabs(template_as_real(v)) > 9e18) {
            return lrt_template_fail(run, "%%%c takes a number, not a value of type %s", what, lrt_template_type(v));
        } else {
            snprintf(number, sizeof number, "%" PRId64, v.kind == TEMPLATE_REAL ? (int64_t)v.u.real : v.u.integer);
            lrt_template_append(&b, number, strlen(number));
        }
    }
    if (used < n && !(n == 1 && values[0].kind == TEMPLATE_MAPPING))
        return lrt_template_fail(run, "a format has fewer places than values");
    return template_taken(&b);
}

struct template_value lrt_template_filter_format(const struct template_call *call);
struct template_value lrt_template_filter_format(const struct template_call *call) {
    if (call->n_keywords) return lrt_template_fail(call->run, "'format' with keywords is not supported");
    return lrt_template_format(call->run, lrt_template_string(call->run, call->self), call->positional, call->n);
}

/* The value of a place "{...}": empty for the next one, a number, or a keyword. */
static const struct template_value *value_of(const struct template_call *call, const char *name, size_t n,
                                             size_t *next) {
    size_t index = 0;
    if (n == 0) return *next < call->n ? &call->positional[(*next)++] : NULL;
    for (size_t i = 0; i < call->n_keywords; i++)
        if (call->keywords[i].key.count == n && memcmp(call->keywords[i].key.u.text, name, n) == 0)
            return &call->keywords[i].value;
    for (size_t i = 0; i < n; i++) {
        if (name[i] < '0' || name[i] > '9' || index > 1000) return NULL;
        index = index * 10 + (size_t)(name[i] - '0');
    }
    return index < call->n ? &call->positional[index] : NULL;
}

struct template_value lrt_template_method_format(const struct template_call *call);
struct template_value lrt_template_method_format(const struct template_call *call) {
    const struct template_value format = call->self;
    struct template_buffer b = {.run = call->run};
    size_t next = 0;
    for (size_t at = 0; at < format.count && lrt_template_step(call->run, 1); at++) {
        const char c = format.u.text[at];
        const int twice = at + 1 < format.count && format.u.text[at + 1] == c;
        if ((c != '{' && c != '}') || twice) {
            lrt_template_append(&b, &c, 1);
            at += c == '{' || c == '}';
            continue;
        }
        const char *name = format.u.text + at + 1, *end = c == '{' ? memchr(name, '}', format.count - at - 1) : NULL;
        if (!end) return lrt_template_fail(call->run, "a format's braces do not match");
        const size_t n = (size_t)(end - name);
        if (memchr(name, ':', n) || memchr(name, '!', n) || memchr(name, '.', n) || memchr(name, '[', n))
            return not_known(call->run, name - 1, n + 2);
        const struct template_value *v = value_of(call, name, n, &next);
        if (!v) return lrt_template_fail(call->run, "there is no value for '{%.*s}'", (int)n, name);
        lrt_template_append_value(&b, *v);
        at += n + 1;
    }
    return template_taken(&b);
}
