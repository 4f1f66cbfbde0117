/* Tests: the words that may follow "is". */
#include "runtime/template/template_builtins.h"
#include "runtime/template/template_characters.h"
#include "runtime/template/template_run.h"
#include <string.h>

#define ROW(name, text, parameters) struct template_value lrt_template_##name(const struct template_call *call);
#include "runtime/template/template_tests.def"
#undef ROW
#define TEST(name, condition)                                                                                          \
    struct template_value lrt_template_test_##name(const struct template_call *call) {                                 \
        const struct template_value v = call->self;                                                                    \
        (void)v;                                                                                                       \
        return template_boolean(condition);                                                                            \
    }

TEST(defined, v.kind != TEMPLATE_UNDEFINED)
TEST(undefined, v.kind == TEMPLATE_UNDEFINED)
TEST(none, v.kind == TEMPLATE_NONE)
TEST(string, v.kind == TEMPLATE_TEXT)
TEST(mapping, v.kind == TEMPLATE_MAPPING)
TEST(boolean, v.kind == TEMPLATE_BOOLEAN)
TEST(true, v.kind == TEMPLATE_BOOLEAN && v.u.integer)
TEST(false, v.kind == TEMPLATE_BOOLEAN && !v.u.integer)
TEST(integer, v.kind == TEMPLATE_INTEGER)
TEST(float, v.kind == TEMPLATE_REAL)
TEST(number, template_is_number(v))
TEST(callable, v.kind == TEMPLATE_MACRO || v.kind == TEMPLATE_BUILTIN)
TEST(iterable, v.kind == TEMPLATE_TEXT || v.kind == TEMPLATE_LIST || v.kind == TEMPLATE_TUPLE ||
                   v.kind == TEMPLATE_GENERATOR || v.kind == TEMPLATE_MAPPING || v.kind == TEMPLATE_UNDEFINED ||
                   v.kind == TEMPLATE_LOOP)
TEST(sequence, v.kind == TEMPLATE_TEXT || (v.kind == TEMPLATE_LIST && !(v.flags & TEMPLATE_VIEW)) ||
                   v.kind == TEMPLATE_TUPLE || v.kind == TEMPLATE_MAPPING || v.kind == TEMPLATE_UNDEFINED)
TEST(equal, lrt_template_equal(call->run, v, call->p[0]))
TEST(unequal, !lrt_template_equal(call->run, v, call->p[0]))
TEST(less, lrt_template_order(call->run, v, call->p[0], "<") < 0)
TEST(at_most, lrt_template_order(call->run, v, call->p[0], "<=") <= 0)
TEST(greater, lrt_template_order(call->run, v, call->p[0], ">") > 0)
TEST(at_least, lrt_template_order(call->run, v, call->p[0], ">=") >= 0)
TEST(in, lrt_template_contains(call->run, v, call->p[0]))
TEST(filter, v.kind == TEMPLATE_TEXT && lrt_template_filter(v.u.text, v.count) != NULL)
TEST(test, v.kind == TEMPLATE_TEXT && lrt_template_test(v.u.text, v.count) != NULL)

static int64_t rest(const struct template_call *call, struct template_value by) {
    const struct template_value r = lrt_template_operate(call->run, OP_MODULO, call->self, by);
    return template_is_whole(r)                       ? r.u.integer
           : r.kind == TEMPLATE_REAL && r.u.real == 0 ? 0
           : r.kind == TEMPLATE_REAL && r.u.real == 1 ? 1
                                                      : -1;
}
TEST(divisibleby, rest(call, call->p[0]) == 0)
TEST(even, rest(call, template_integer(2)) == 0)
TEST(odd, rest(call, template_integer(2)) == 1)

/* Identity, for constants only: two texts or lists with equal values cannot be distinguished here. */
struct template_value lrt_template_test_sameas(const struct template_call *call) {
    const struct template_value a = call->self, b = call->p[0];
    if (a.kind != b.kind) return template_boolean(0);
    if (a.kind == TEMPLATE_NONE || a.kind == TEMPLATE_BOOLEAN)
        return template_boolean(lrt_template_equal(call->run, a, b));
    return lrt_template_fail(call->run, "'sameas' is known for none, true and false only");
}

/* Whether the text has letters, all of this case. */
static int is_all(const struct template_call *call, const char *how) {
    const struct template_value text = lrt_template_string(call->run, call->self);
    const struct template_value here = lrt_template_cased(call->run, text, how);
    const struct template_value other =
        lrt_template_cased(call->run, text, strcmp(how, "upper") == 0 ? "lower" : "upper");
    return lrt_template_equal(call->run, text, here) && !lrt_template_equal(call->run, here, other);
}
TEST(upper, is_all(call, "upper"))
TEST(lower, is_all(call, "lower"))
