/* Arithmetic of templates with Python's meaning: whole numbers stay whole, // and % round down, texts and lists are
 * added and repeated. A whole number beyond 64 bits is an error. */
#include "runtime/template/template_characters.h"
#include "runtime/template/template_run.h"
#include <math.h>
#include <string.h>

static const char *const signs[] = {[OP_ADD] = "+",    [OP_SUBTRACT] = "-", [OP_MULTIPLY] = "*", [OP_DIVIDE] = "/",
                                    [OP_FLOOR] = "//", [OP_MODULO] = "%",   [OP_POWER] = "**"};

static struct template_value beyond(struct lrt_template_run *run) {
    return lrt_template_fail(run, "a whole number is beyond 64 bits");
}

static struct template_value whole_power(struct lrt_template_run *run, int64_t base, int64_t exponent) {
    int64_t result = 1;
    if (exponent < 0) return template_real(pow((double)base, (double)exponent));
    for (; exponent > 0; exponent >>= 1) {
        if (exponent & 1 && __builtin_mul_overflow(result, base, &result)) return beyond(run);
        if (exponent > 1 && __builtin_mul_overflow(base, base, &base)) return beyond(run);
    }
    return template_integer(result);
}

static struct template_value operate_whole(struct lrt_template_run *run, int op, int64_t a, int64_t b) {
    int64_t result = 0;
    if ((op == OP_DIVIDE || op == OP_FLOOR || op == OP_MODULO) && b == 0)
        return lrt_template_fail(run, "division by zero");
    if (a == INT64_MIN && b == -1 && (op == OP_FLOOR || op == OP_MODULO)) return beyond(run);
    switch (op) {
    case OP_ADD: return __builtin_add_overflow(a, b, &result) ? beyond(run) : template_integer(result);
    case OP_SUBTRACT: return __builtin_sub_overflow(a, b, &result) ? beyond(run) : template_integer(result);
    case OP_MULTIPLY: return __builtin_mul_overflow(a, b, &result) ? beyond(run) : template_integer(result);
    case OP_DIVIDE: return template_real((double)a / (double)b);
    case OP_FLOOR: return template_integer(a / b - (a % b != 0 && (a < 0) != (b < 0)));
    case OP_MODULO: return template_integer(a % b + (a % b != 0 && (a < 0) != (b < 0) ? b : 0));
    default: return whole_power(run, a, b);
    }
}

static struct template_value operate_real(struct lrt_template_run *run, int op, double a, double b) {
    if ((op == OP_DIVIDE || op == OP_FLOOR || op == OP_MODULO) && b == 0)
        return lrt_template_fail(run, "division by zero");
    double rest = op == OP_FLOOR || op == OP_MODULO ? fmod(a, b) : 0;
    const int opposite = rest != 0 && (rest < 0) != (b < 0);
    switch (op) {
    case OP_ADD: return template_real(a + b);
    case OP_SUBTRACT: return template_real(a - b);
    case OP_MULTIPLY: return template_real(a * b);
    case OP_DIVIDE: return template_real(a / b);
    case OP_FLOOR: return template_real(floor((a - rest) / b - (opposite ? 1 : 0) + 0.5));
    case OP_MODULO: return template_real(rest == 0 ? copysign(0, b) : opposite ? rest + b : rest);
    default:
        if (a < 0 && b != floor(b)) return lrt_template_fail(run, "a root of a negative number");
        return template_real(pow(a, b));
    }
}

static void append_escaped(struct template_buffer *b, struct template_value v) {
    static const char marks[] = "&<>'\"";
    static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&#39;", "&#34;"};
    if (v.flags & TEMPLATE_SAFE) {
        lrt_template_append(b, v.u.text, v.count);
        return;
    }
    for (size_t i = 0; i < v.count; i++) {
        const char *mark = v.u.text[i] ? strchr(marks, v.u.text[i]) : NULL;
        if (mark)
            lrt_template_append(b, entities[mark - marks], strlen(entities[mark - marks]));
        else
            lrt_template_append(b, v.u.text + i, 1);
    }
}

static struct template_value add_texts(struct lrt_template_run *run, struct template_value a, struct template_value b) {
    struct template_buffer sum = {.run = run};
    if ((a.flags | b.flags) & TEMPLATE_SAFE) {
        append_escaped(&sum, a);
        append_escaped(&sum, b);
        struct template_value text = template_taken(&sum);
        text.flags = TEMPLATE_SAFE;
        return text;
    }
    sum.text = lrt_template_memory(run, a.count + b.count, 1);
    sum.capacity = sum.text ? a.count + b.count : 0;
    lrt_template_append(&sum, a.u.text, a.count);
    lrt_template_append(&sum, b.u.text, b.count);
    return template_taken(&sum);
}

static struct template_value join_lists(struct lrt_template_run *run, struct template_value a,
                                        struct template_value b) {
    if (!lrt_template_step(run, a.count + b.count)) return template_undefined();
    struct template_value *items = lrt_template_memory(run, a.count + b.count, sizeof *items);
    if (!items) return template_undefined();
    if (a.count) memcpy(items, a.u.items, a.count * sizeof *items);
    if (b.count) memcpy(items + a.count, b.u.items, b.count * sizeof *items);
    return (struct template_value){.kind = a.kind, .count = a.count + b.count, .u.items = items};
}

static struct template_value repeat(struct lrt_template_run *run, struct template_value v, int64_t times) {
    if (times < 0) times = 0;
    if (v.kind == TEMPLATE_TEXT) {
        struct template_buffer b = {.run = run};
        for (int64_t i = 0; i < times && lrt_template_step(run, 1); i++) lrt_template_append(&b, v.u.text, v.count);
        return template_taken(&b);
    }
    const struct template_value none = {.kind = v.kind};
    if (v.count == 0 || times == 0) return none;
    if (times > TEMPLATE_STEPS_MAX || !lrt_template_step(run, (size_t)times * v.count)) {
        lrt_template_fail(run, "a list is repeated too often");
        return none;
    }
    struct template_value *items = lrt_template_memory(run, (size_t)times * v.count, sizeof *items);
    if (!items) return none;
    for (size_t i = 0; i < (size_t)times; i++) memcpy(items + i * v.count, v.u.items, v.count * sizeof *items);
    return (struct template_value){.kind = v.kind, .count = (size_t)times * v.count, .u.items = items};
}

static int is_repeatable(struct template_value v) {
    return v.kind == TEMPLATE_TEXT || v.kind == TEMPLATE_LIST || v.kind == TEMPLATE_TUPLE;
}

struct template_value lrt_template_operate(struct lrt_template_run *run, int op, struct template_value a,
                                           struct template_value b) {
    a = template_plain(a);
    b = template_plain(b);
    const struct template_value unknown = a.kind == TEMPLATE_UNDEFINED ? a : b;
    if (unknown.kind == TEMPLATE_UNDEFINED)
        return lrt_template_fail(run, "'%.*s' is undefined", unknown.count > 80 ? 80 : (int)unknown.count,
                                 unknown.u.text);
    if (template_is_whole(a) && template_is_whole(b)) return operate_whole(run, op, a.u.integer, b.u.integer);
    if (template_is_number(a) && template_is_number(b))
        return operate_real(run, op, template_as_real(a), template_as_real(b));
    if (op == OP_ADD && a.kind == TEMPLATE_TEXT && b.kind == TEMPLATE_TEXT) return add_texts(run, a, b);
    if (op == OP_ADD && (a.kind == TEMPLATE_LIST || a.kind == TEMPLATE_TUPLE) && a.kind == b.kind)
        return join_lists(run, a, b);
    if (op == OP_MULTIPLY && is_repeatable(a) && template_is_whole(b)) return repeat(run, a, b.u.integer);
    if (op == OP_MULTIPLY && is_repeatable(b) && template_is_whole(a)) return repeat(run, b, a.u.integer);
    if (op == OP_MODULO && a.kind == TEMPLATE_TEXT)
        return b.kind == TEMPLATE_TUPLE ? lrt_template_format(run, a, b.u.items, b.count)
                                        : lrt_template_format(run, a, &b, 1);
    return lrt_template_fail(run, "%s cannot be applied to %s and %s", signs[op], lrt_template_type(a),
                             lrt_template_type(b));
}

/* A bound of a slice, counted from the end when negative, within [low, high]. */
static int64_t bound(struct template_value v, int64_t n, int64_t absent, int64_t low, int64_t high) {
    if (v.kind == TEMPLATE_ABSENT || v.kind == TEMPLATE_NONE) return absent;
    const int64_t at = v.u.integer < 0 ? (v.u.integer < -n ? low : v.u.integer + n) : v.u.integer;
    return at < low ? low : at > high ? high : at;
}

struct template_value lrt_template_slice(struct lrt_template_run *run, struct template_value of,
                                         const struct template_value bounds[3]) {
    of = template_plain(of);
    if (of.kind == TEMPLATE_UNDEFINED) return lrt_template_item(run, of, template_none());
    if (!is_repeatable(of) || of.flags & TEMPLATE_VIEW) return template_undefined();
    for (int i = 0; i < 3; i++)
        if (bounds[i].kind > TEMPLATE_NONE && !template_is_whole(bounds[i])) return template_undefined();
    const struct template_value items = of.kind == TEMPLATE_TEXT ? lrt_template_list(run, of) : of;
    const int64_t n = (int64_t)items.count, step = bounds[2].kind > TEMPLATE_NONE ? bounds[2].u.integer : 1;
    if (step == 0 || bounds[2].kind == TEMPLATE_UNDEFINED) return lrt_template_fail(run, "a slice's step is zero");
    const int64_t low = step > 0 ? 0 : -1, high = step > 0 ? n : n - 1;
    const int64_t begin = bound(bounds[0], n, step > 0 ? 0 : n - 1, low, high);
    const int64_t end = bound(bounds[1], n, step > 0 ? n : -1, low, high);
    struct template_value *chosen =
        lrt_template_step(run, items.count) ? lrt_template_memory(run, items.count + 1, sizeof *chosen) : NULL;
    struct template_buffer text = {.run = run};
    size_t count = 0;
    if (!chosen) return template_undefined();
    for (int64_t i = begin; step > 0 ? i < end : i > end;) {
        chosen[count++] = items.u.items[i];
        if (of.kind == TEMPLATE_TEXT) lrt_template_append(&text, items.u.items[i].u.text, items.u.items[i].count);
        if (__builtin_add_overflow(i, step, &i)) break;
    }
    if (of.kind == TEMPLATE_TEXT) return template_taken(&text);
    return (struct template_value){.kind = of.kind, .count = count, .u.items = chosen};
}
