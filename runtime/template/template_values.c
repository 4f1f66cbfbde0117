/* Values: truth, equality, order, membership, length, elements, as Python has them. */
#include "runtime/template/template_characters.h"
#include "runtime/template/template_value.h"
#include <string.h>

const char *lrt_template_type(struct template_value v) {
    static const char *const names[] = {[TEMPLATE_ABSENT] = "nothing",   [TEMPLATE_UNDEFINED] = "Undefined",
                                        [TEMPLATE_NONE] = "NoneType",    [TEMPLATE_BOOLEAN] = "bool",
                                        [TEMPLATE_INTEGER] = "int",      [TEMPLATE_REAL] = "float",
                                        [TEMPLATE_TEXT] = "str",         [TEMPLATE_LIST] = "list",
                                        [TEMPLATE_TUPLE] = "tuple",      [TEMPLATE_GENERATOR] = "generator",
                                        [TEMPLATE_MAPPING] = "dict",     [TEMPLATE_NAMESPACE] = "Namespace",
                                        [TEMPLATE_LOOP] = "LoopContext", [TEMPLATE_MACRO] = "Macro",
                                        [TEMPLATE_BUILTIN] = "function"};
    return names[v.kind];
}

int lrt_template_truth(struct template_value v) {
    switch ((enum template_kind)v.kind) {
    case TEMPLATE_ABSENT:
    case TEMPLATE_UNDEFINED:
    case TEMPLATE_NONE: return 0;
    case TEMPLATE_BOOLEAN:
    case TEMPLATE_INTEGER: return v.u.integer != 0;
    case TEMPLATE_REAL: return v.u.real != 0;
    case TEMPLATE_TEXT:
    case TEMPLATE_LIST:
    case TEMPLATE_TUPLE:
    case TEMPLATE_MAPPING: return v.count != 0;
    case TEMPLATE_GENERATOR:
    case TEMPLATE_NAMESPACE:
    case TEMPLATE_LOOP:
    case TEMPLATE_MACRO:
    case TEMPLATE_BUILTIN: return 1;
    }
    return 0;
}

static int is_sequence(struct template_value v) { return v.kind == TEMPLATE_LIST || v.kind == TEMPLATE_TUPLE; }

/* JSON nests at most 2048 deep, so this does. */
int lrt_template_equal(struct lrt_template_run *run, struct template_value a, struct template_value b) {
    if (!lrt_template_step(run, 1)) return 0;
    if (template_is_number(a) && template_is_number(b))
        return template_is_whole(a) && template_is_whole(b) ? a.u.integer == b.u.integer
                                                            : template_as_real(a) == template_as_real(b);
    if (a.kind != b.kind) return 0;
    if (a.kind == TEMPLATE_TEXT) return a.count == b.count && memcmp(a.u.text, b.u.text, a.count) == 0;
    if (is_sequence(a)) {
        if (a.count != b.count) return 0;
        for (size_t i = 0; i < a.count; i++)
            if (!lrt_template_equal(run, a.u.items[i], b.u.items[i])) return 0;
        return 1;
    }
    if (a.kind == TEMPLATE_MAPPING) {
        if (a.count != b.count) return 0;
        for (size_t i = 0; i < a.count; i++) {
            if (!lrt_template_step(run, b.count)) return 0;
            const struct template_value *other = lrt_template_find(&b, a.u.entries[i].key);
            if (!other || !lrt_template_equal(run, a.u.entries[i].value, *other)) return 0;
        }
        return 1;
    }
    if (a.kind == TEMPLATE_UNDEFINED || a.kind == TEMPLATE_NONE) return 1;
    return a.u.generator == b.u.generator;
}

int lrt_template_order(struct lrt_template_run *run, struct template_value a, struct template_value b,
                       const char *sign) {
    if (!lrt_template_step(run, 1)) return 0;
    if (template_is_whole(a) && template_is_whole(b)) return (a.u.integer > b.u.integer) - (a.u.integer < b.u.integer);
    if (template_is_number(a) && template_is_number(b)) {
        const double x = template_as_real(a), y = template_as_real(b);
        return (x > y) - (x < y);
    }
    if (a.kind == TEMPLATE_TEXT && b.kind == TEMPLATE_TEXT) { /* UTF-8 has the order of its characters */
        const int order = memcmp(a.u.text, b.u.text, a.count < b.count ? a.count : b.count);
        return order ? (order > 0) - (order < 0) : (a.count > b.count) - (a.count < b.count);
    }
    if (is_sequence(a) && a.kind == b.kind) {
        for (size_t i = 0; i < a.count && i < b.count; i++)
            if (!lrt_template_equal(run, a.u.items[i], b.u.items[i]))
                return lrt_template_order(run, a.u.items[i], b.u.items[i], sign);
        return (a.count > b.count) - (a.count < b.count);
    }
    lrt_template_fail(run, "'%s' is not supported between %s and %s", sign, lrt_template_type(a), lrt_template_type(b));
    return 0;
}

static int contains_text(struct template_value text, struct template_value part) {
    if (part.count == 0) return 1;
    for (size_t i = 0; i + part.count <= text.count; i++)
        if (text.u.text[i] == *part.u.text && memcmp(text.u.text + i, part.u.text, part.count) == 0) return 1;
    return 0;
}

int lrt_template_contains(struct lrt_template_run *run, struct template_value a, struct template_value b) {
    b = template_plain(b);
    if (b.kind == TEMPLATE_TEXT) {
        a = template_plain(a);
        if (a.kind == TEMPLATE_TEXT) return lrt_template_step(run, b.count / 16) && contains_text(b, a);
        lrt_template_fail(run, "'in' a text needs a text before it, not %s", lrt_template_type(a));
        return 0;
    }
    if (b.kind == TEMPLATE_MAPPING) return lrt_template_step(run, b.count) && lrt_template_find(&b, a) != NULL;
    const struct template_value list = lrt_template_list(run, b);
    for (size_t i = 0; i < list.count; i++)
        if (lrt_template_equal(run, a, list.u.items[i])) return 1;
    return 0;
}

struct template_value lrt_template_length(struct lrt_template_run *run, struct template_value v) {
    v = template_plain(v);
    if (v.kind == TEMPLATE_TEXT) return template_integer((int64_t)lrt_template_characters(v.u.text, v.count));
    if (is_sequence(v) || v.kind == TEMPLATE_MAPPING) return template_integer((int64_t)v.count);
    if (v.kind == TEMPLATE_UNDEFINED) return template_integer(0);
    return lrt_template_fail(run, "a value of type %s has no length", lrt_template_type(v));
}

static struct template_value list_of(const struct template_value *items, size_t n) {
    return (struct template_value){.kind = TEMPLATE_LIST, .count = n, .u.items = items};
}

struct template_value lrt_template_list(struct lrt_template_run *run, struct template_value v) {
    v = template_plain(v);
    if (is_sequence(v)) return lrt_template_step(run, v.count) ? list_of(v.u.items, v.count) : list_of(NULL, 0);
    if (v.kind == TEMPLATE_UNDEFINED) return list_of(NULL, 0);
    if (v.kind == TEMPLATE_GENERATOR) {
        struct template_generator *g = v.u.generator;
        const size_t from = g->next;
        g->next = g->count;
        return lrt_template_step(run, g->count - from) ? list_of(g->items + from, g->count - from) : list_of(NULL, 0);
    }
    if (v.kind != TEMPLATE_TEXT && v.kind != TEMPLATE_MAPPING) {
        lrt_template_fail(run, "a value of type %s cannot be walked over", lrt_template_type(v));
        return list_of(NULL, 0);
    }
    const size_t n = v.kind == TEMPLATE_TEXT ? lrt_template_characters(v.u.text, v.count) : v.count;
    struct template_value *items = lrt_template_step(run, n) ? lrt_template_memory(run, n, sizeof *items) : NULL;
    if (!items) return list_of(NULL, 0);
    for (size_t i = 0, at = 0; i < n; i++) {
        if (v.kind == TEMPLATE_MAPPING) {
            items[i] = v.u.entries[i].key;
            continue;
        }
        const size_t end = at + lrt_template_character_at(v.u.text + at, v.count - at, 1);
        items[i] = template_text(v.u.text + at, end - at);
        at = end;
    }
    return list_of(items, n);
}

const struct template_value *lrt_template_find(const struct template_value *mapping, struct template_value key) {
    for (size_t i = 0; i < mapping->count; i++) {
        const struct template_value k = mapping->u.entries[i].key;
        if (k.kind == TEMPLATE_TEXT && key.kind == TEMPLATE_TEXT) {
            if (k.count == key.count && memcmp(k.u.text, key.u.text, k.count) == 0) return &mapping->u.entries[i].value;
        } else if (template_is_number(k) && template_is_number(key)) {
            if (template_as_real(k) == template_as_real(key)) return &mapping->u.entries[i].value;
        } else if (k.kind == TEMPLATE_NONE && key.kind == TEMPLATE_NONE) {
            return &mapping->u.entries[i].value;
        }
    }
    return NULL;
}

static struct template_value missing(struct template_value key) {
    struct template_value none = template_undefined();
    if (key.kind == TEMPLATE_TEXT) {
        none.u.text = key.u.text;
        none.count = key.count;
    }
    return none;
}

struct template_value lrt_template_item(struct lrt_template_run *run, struct template_value v,
                                        struct template_value key) {
    if (v.kind == TEMPLATE_UNDEFINED)
        return lrt_template_fail(run, "'%.*s' is undefined", v.count > 80 ? 80 : (int)v.count, v.u.text);
    if (v.kind == TEMPLATE_MAPPING) {
        const struct template_value *found = lrt_template_step(run, v.count / 8) ? lrt_template_find(&v, key) : NULL;
        return found ? *found : missing(key);
    }
    if (v.kind == TEMPLATE_NAMESPACE) {
        const struct template_value names = {
            .kind = TEMPLATE_MAPPING, .count = v.u.names->count, .u.entries = v.u.names->entries};
        const struct template_value *found = lrt_template_find(&names, key);
        return found ? *found : missing(key);
    }
    if (!template_is_whole(key) || v.flags & TEMPLATE_VIEW) return missing(key);
    if (is_sequence(v)) {
        const int64_t at = key.u.integer < 0 ? key.u.integer + (int64_t)v.count : key.u.integer;
        return at >= 0 && at < (int64_t)v.count ? v.u.items[at] : missing(key);
    }
    if (v.kind != TEMPLATE_TEXT) return missing(key);
    const size_t n = lrt_template_step(run, v.count / 64) ? lrt_template_characters(v.u.text, v.count) : 0;
    const int64_t at = key.u.integer < 0 ? key.u.integer + (int64_t)n : key.u.integer;
    if (at < 0 || at >= (int64_t)n) return missing(key);
    const size_t begin = lrt_template_character_at(v.u.text, v.count, (size_t)at);
    return template_text(v.u.text + begin, lrt_template_character_at(v.u.text + begin, v.count - begin, 1));
}
