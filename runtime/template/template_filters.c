/* Filters of single values: texts and numbers. */
#include "runtime/template/template_builtins.h"
#include "runtime/template/template_characters.h"
#include "runtime/template/template_run.h"
#include <math.h>
#include <string.h>

#define ROW(name, text, parameters) struct template_value lrt_template_##name(const struct template_call *call);
#include "runtime/template/template_filters.def"
#undef ROW

static struct template_value self_text(const struct template_call *call) {
    return lrt_template_string(call->run, call->self);
}

struct template_value lrt_template_filter_abs(const struct template_call *call) {
    const struct template_value v = call->self;
    if (v.kind == TEMPLATE_REAL) return template_real(fabs(v.u.real));
    return template_is_whole(v) && v.u.integer >= 0
               ? template_integer(v.u.integer)
               : lrt_template_operate(call->run, OP_SUBTRACT, template_integer(0), v);
}

/* Attributes only, as in Jinja: a key of a dict is not an attribute. */
struct template_value lrt_template_filter_attr(const struct template_call *call) {
    if (call->self.kind == TEMPLATE_MAPPING || call->self.kind == TEMPLATE_LIST || call->self.kind == TEMPLATE_TEXT) {
        const struct template_value method =
            lrt_template_attribute(call->run, call->self, lrt_template_take_text(call, 0, NULL));
        return method.kind == TEMPLATE_BUILTIN ? method : template_undefined();
    }
    return lrt_template_attribute(call->run, call->self, lrt_template_take_text(call, 0, NULL));
}

struct template_value lrt_template_filter_capitalize(const struct template_call *call) {
    return lrt_template_cased(call->run, self_text(call), "capitalize");
}
struct template_value lrt_template_filter_lower(const struct template_call *call) {
    return lrt_template_cased(call->run, self_text(call), "lower");
}
struct template_value lrt_template_filter_upper(const struct template_call *call) {
    return lrt_template_cased(call->run, self_text(call), "upper");
}

/* Words begin behind white space and - ( { [ <, unlike str.title's. */
struct template_value lrt_template_filter_title(const struct template_call *call) {
    const struct template_value text = self_text(call);
    struct template_buffer b = {.run = call->run};
    for (size_t at = 0; at < text.count && !lrt_template_failed(call->run);) {
        size_t end = at, n = 0;
        while (end < text.count && !strchr("-({[<", text.u.text[end]) &&
               !(n = lrt_template_space(text.u.text + end, text.count - end)))
            end += lrt_template_character_at(text.u.text + end, text.count - end, 1);
        const struct template_value word =
            lrt_template_cased(call->run, template_text(text.u.text + at, end - at), "capitalize");
        lrt_template_append(&b, word.u.text, word.count);
        if (end < text.count) lrt_template_append(&b, text.u.text + end, n ? n : 1);
        at = end + (n ? n : 1);
    }
    return template_taken(&b);
}

struct template_value lrt_template_filter_default(const struct template_call *call) {
    const int missing =
        call->self.kind == TEMPLATE_UNDEFINED || (template_take_truth(call, 1, 0) && !lrt_template_truth(call->self));
    if (!missing) return call->self;
    return call->p[0].kind == TEMPLATE_ABSENT ? template_text("", 0) : call->p[0];
}

struct template_value lrt_template_filter_indent(const struct template_call *call) {
    const struct template_value text = template_plain(call->self);
    struct template_value width = call->p[0].kind == TEMPLATE_TEXT
                                      ? call->p[0]
                                      : lrt_template_operate(call->run, OP_MULTIPLY, template_text(" ", 1),
                                                             template_integer(lrt_template_take_whole(call, 0, 4)));
    if (text.kind != TEMPLATE_TEXT)
        return lrt_template_fail(call->run, "'indent' takes a text, not a value of type %s", lrt_template_type(text));
    const struct template_value ended = lrt_template_operate(call->run, OP_ADD, text, template_text("\n", 1));
    const struct template_value lines = lrt_template_lines(call->run, ended, 0);
    const int first = template_take_truth(call, 1, 0), blank = template_take_truth(call, 2, 0);
    struct template_buffer b = {.run = call->run};
    for (size_t i = 0; i < lines.count && width.kind == TEMPLATE_TEXT; i++) {
        if (i) lrt_template_append(&b, "\n", 1);
        if (i ? blank || lines.u.items[i].count > 0 : first) lrt_template_append(&b, width.u.text, width.count);
        lrt_template_append(&b, lines.u.items[i].u.text, lines.u.items[i].count);
    }
    return template_taken(&b);
}

/* Reads a whole number in a base as Python does: blanks around it, a sign, "_" between digits. 0: it is not one. */
static int read_whole(struct template_value text, int64_t base, int64_t *value) {
    const struct template_value t = lrt_template_stripped(text, (struct template_value){.kind = TEMPLATE_ABSENT}, 3);
    size_t at = t.count > 0 && (*t.u.text == '-' || *t.u.text == '+');
    const int negative = at && *t.u.text == '-';
    const char mark = t.count > at + 1 && t.u.text[at] == '0' ? (char)(t.u.text[at + 1] | 0x20) : 0;
    if ((base == 16 && mark == 'x') || (base == 8 && mark == 'o') || (base == 2 && mark == 'b')) at += 2;
    *value = 0;
    if (at == t.count) return 0;
    for (int digit_before = 0; at < t.count; at++) {
        const char c = t.u.text[at], low = (char)(c | 0x20);
        const int digit = c >= '0' && c <= '9' ? c - '0' : low >= 'a' && low <= 'z' ? low - 'a' + 10 : 99;
        if (c == '_' && digit_before && at + 1 < t.count) {
            digit_before = 0;
            continue;
        }
        if (digit >= base || __builtin_mul_overflow(*value, base, value) ||
            __builtin_add_overflow(*value, negative ? -digit : digit, value))
            return 0;
        digit_before = 1;
    }
    return 1;
}

static int read_real(struct template_value text, double *value) {
    const struct template_value t = lrt_template_stripped(text, (struct template_value){.kind = TEMPLATE_ABSENT}, 3);
    return lrt_template_read_real(t.u.text, t.count, value);
}

struct template_value lrt_template_filter_int(const struct template_call *call) {
    const struct template_value v = template_plain(call->self),
                                absent = call->p[0].kind == TEMPLATE_ABSENT ? template_integer(0) : call->p[0];
    double real = 0;
    int64_t whole = 0;
    if (template_is_whole(v)) return template_integer(v.u.integer);
    if (v.kind == TEMPLATE_TEXT && read_whole(v, lrt_template_take_whole(call, 1, 10), &whole))
        return template_integer(whole);
    if (v.kind == TEMPLATE_REAL)
        real = v.u.real;
    else if (v.kind != TEMPLATE_TEXT || !read_real(v, &real))
        return absent;
    if (isnan(real) || isinf(real)) return absent;
    if (fabs(real) >= 9.2e18) return lrt_template_fail(call->run, "a whole number is beyond 64 bits");
    return template_integer((int64_t)real);
}

struct template_value lrt_template_filter_float(const struct template_call *call) {
    const struct template_value v = template_plain(call->self);
    double real = 0;
    if (template_is_number(v)) return template_real(template_as_real(v));
    if (v.kind == TEMPLATE_TEXT && read_real(v, &real)) return template_real(real);
    return call->p[0].kind == TEMPLATE_ABSENT ? template_real(0) : call->p[0];
}

struct template_value lrt_template_filter_replace(const struct template_call *call) {
    return lrt_template_replaced(call->run, self_text(call), lrt_template_string(call->run, call->p[0]),
                                 lrt_template_string(call->run, call->p[1]), lrt_template_take_whole(call, 2, -1));
}

struct template_value lrt_template_filter_round(const struct template_call *call) {
    const struct template_value method = lrt_template_take_text(call, 1, "common");
    const int64_t precision = lrt_template_take_whole(call, 0, 0);
    if (!template_is_number(call->self) || precision < 0 || precision > 15)
        return lrt_template_fail(call->run, "'round' takes a number and 0 to 15 places");
    const double scale = pow(10, (double)precision), x = template_as_real(call->self) * scale;
    if (template_text_is(method, "ceil")) return template_real(ceil(x) / scale);
    if (template_text_is(method, "floor")) return template_real(floor(x) / scale);
    if (!template_text_is(method, "common"))
        return lrt_template_fail(call->run, "'round' knows common, ceil and floor");
    const struct template_value rounded = template_real(nearbyint(x) / scale);
    return template_is_whole(call->self) ? template_integer(call->self.u.integer) : rounded;
}

struct template_value lrt_template_filter_safe(const struct template_call *call) {
    struct template_value text = self_text(call);
    text.flags |= TEMPLATE_SAFE;
    return text;
}

struct template_value lrt_template_filter_string(const struct template_call *call) {
    const struct template_value v = template_plain(call->self);
    return v.kind == TEMPLATE_TEXT ? v : self_text(call);
}

struct template_value lrt_template_filter_trim(const struct template_call *call) {
    return lrt_template_stripped(self_text(call), call->p[0].kind == TEMPLATE_TEXT ? call->p[0] : template_none(), 3);
}

struct template_value lrt_template_filter_wordcount(const struct template_call *call) {
    const struct template_value text = self_text(call);
    int64_t words = 0;
    for (size_t at = 0, inside = 0; at < text.count;) {
        const size_t space = lrt_template_space(text.u.text + at, text.count - at);
        words += !space && !inside;
        inside = !space;
        at += space ? space : lrt_template_character_at(text.u.text + at, text.count - at, 1);
    }
    return template_integer(words);
}
