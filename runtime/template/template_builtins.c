/* The tables of filters, tests, methods and functions: finding a row by name, and binding arguments to its parameters.
 */
#include "runtime/template/template_builtins.h"
#include "runtime/template/template_run.h"
#include <string.h>

#define ROW(name, text, parameters) struct template_value lrt_template_##name(const struct template_call *call);
#include "runtime/template/template_filters.def"
#include "runtime/template/template_functions.def"
#include "runtime/template/template_methods.def"
#include "runtime/template/template_tests.def"
#undef ROW

#define ROW(name, text, parameters) {text, parameters, lrt_template_##name},
static const struct template_builtin filters[] = {
#include "runtime/template/template_filters.def"
};
static const struct template_builtin tests[] = {
#include "runtime/template/template_tests.def"
};
static const struct template_builtin functions[] = {
#include "runtime/template/template_functions.def"
};
/* "str.strip": the type, then the method. */
static const struct template_builtin methods[] = {
#include "runtime/template/template_methods.def"
};
#undef ROW

static const struct template_builtin *find(const struct template_builtin *rows, size_t n, const char *prefix,
                                           const char *name, size_t bytes) {
    const size_t skip = strlen(prefix);
    for (size_t i = 0; i < n; i++)
        if (strncmp(rows[i].name, prefix, skip) == 0 && strlen(rows[i].name) == skip + bytes &&
            memcmp(rows[i].name + skip, name, bytes) == 0)
            return &rows[i];
    return NULL;
}

const struct template_builtin *lrt_template_filter(const char *name, size_t bytes) {
    return find(filters, sizeof filters / sizeof *filters, "", name, bytes);
}
const struct template_builtin *lrt_template_test(const char *name, size_t bytes) {
    return find(tests, sizeof tests / sizeof *tests, "", name, bytes);
}
const struct template_builtin *lrt_template_function(const char *name, size_t bytes) {
    return find(functions, sizeof functions / sizeof *functions, "", name, bytes);
}
const struct template_builtin *lrt_template_method(struct template_value of, const char *name, size_t bytes) {
    const char *prefix = of.kind == TEMPLATE_TEXT                                ? "str."
                         : of.kind == TEMPLATE_MAPPING                           ? "dict."
                         : of.kind == TEMPLATE_LIST || of.kind == TEMPLATE_TUPLE ? "list."
                         : of.kind == TEMPLATE_LOOP                              ? "loop."
                                                                                 : NULL;
    return prefix ? find(methods, sizeof methods / sizeof *methods, prefix, name, bytes) : NULL;
}

/* The parameter at `at` of a row: its name, and whether it may be left out. */
struct parameter {
    const char *name;
    size_t bytes;
    int optional;
};
static struct parameter parameter_at(const char *parameters, size_t at) {
    int optional = 0;
    for (const char *p = parameters; *p;) {
        if (*p == ' ') {
            p++;
            continue;
        }
        const size_t n = strcspn(p, " ");
        if (n == 1 && *p == '?')
            optional = 1;
        else if (at-- == 0)
            return (struct parameter){p, n, optional};
        p += n;
    }
    return (struct parameter){NULL, 0, 1};
}

struct template_value lrt_template_call_builtin(const struct template_builtin *row, const struct template_call *given) {
    struct template_call call = *given;
    call.name = row->name;
    if (strcmp(row->parameters, "*") == 0) return row->call(&call);
    size_t used = 0;
    for (size_t i = 0; i < sizeof call.p / sizeof *call.p; i++) {
        const struct parameter p = parameter_at(row->parameters, i);
        call.p[i] = (struct template_value){.kind = TEMPLATE_ABSENT};
        if (!p.name) break;
        if (i < call.n) {
            call.p[i] = call.positional[i];
            used++;
        }
        for (size_t k = 0; k < call.n_keywords; k++)
            if (call.keywords[k].key.count == p.bytes && memcmp(call.keywords[k].key.u.text, p.name, p.bytes) == 0) {
                if (call.p[i].kind != TEMPLATE_ABSENT)
                    return lrt_template_fail(call.run, "'%s' is given '%.*s' twice", row->name, (int)p.bytes, p.name);
                call.p[i] = call.keywords[k].value;
                used++;
            }
        if (call.p[i].kind == TEMPLATE_ABSENT && !p.optional)
            return lrt_template_fail(call.run, "'%s' is not given its '%.*s'", row->name, (int)p.bytes, p.name);
    }
    if (used < call.n + call.n_keywords)
        return lrt_template_fail(call.run, "'%s' takes these arguments: (%s), and is given others", row->name,
                                 row->parameters);
    return row->call(&call);
}
