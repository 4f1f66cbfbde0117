/* Methods of texts, dicts, lists and loops. */
#include "runtime/template/template_builtins.h"
#include "runtime/template/template_characters.h"
#include "runtime/template/template_run.h"
#include "runtime/text/utf8.h"
#include <string.h>

#define ROW(name, text, parameters) struct template_value lrt_template_##name(const struct template_call *call);
#include "runtime/template/template_methods.def"
#undef ROW
#define METHOD(name) struct template_value lrt_template_method_##name(const struct template_call *call)

METHOD(capitalize) { return lrt_template_cased(call->run, call->self, "capitalize"); }
METHOD(lower) { return lrt_template_cased(call->run, call->self, "lower"); }
METHOD(upper) { return lrt_template_cased(call->run, call->self, "upper"); }
METHOD(title) { return lrt_template_cased(call->run, call->self, "title"); }

static struct template_value strip(const struct template_call *call, int sides) {
    const struct template_value cut =
        template_not_given(call->p[0]) ? template_none() : lrt_template_take_text(call, 0, NULL);
    return lrt_template_stripped(call->self, cut, sides);
}
METHOD(strip) { return strip(call, 3); }
METHOD(lstrip) { return strip(call, 1); }
METHOD(rstrip) { return strip(call, 2); }

METHOD(replace) {
    return lrt_template_replaced(call->run, call->self, lrt_template_take_text(call, 0, NULL),
                                 lrt_template_take_text(call, 1, NULL), lrt_template_take_whole(call, 2, -1));
}

METHOD(join) {
    const struct template_value list = lrt_template_list(call->run, call->p[0]);
    struct template_buffer b = {.run = call->run};
    for (size_t i = 0; i < list.count; i++) {
        const struct template_value item = template_plain(list.u.items[i]);
        if (item.kind != TEMPLATE_TEXT)
            return lrt_template_fail(call->run, "join takes texts, not a value of type %s", lrt_template_type(item));
        if (i) lrt_template_append(&b, call->self.u.text, call->self.count);
        lrt_template_append(&b, item.u.text, item.count);
    }
    return template_taken(&b);
}

/* The byte after the given number of characters, which may count from the end. */
static size_t start_of(const struct template_call *call, size_t at) {
    int64_t start = lrt_template_take_whole(call, at, 0);
    if (start < 0) start += (int64_t)lrt_template_characters(call->self.u.text, call->self.count);
    return start <= 0 ? 0 : lrt_template_character_at(call->self.u.text, call->self.count, (size_t)start);
}

static int begins_or_ends(struct template_value text, struct template_value part, int ends) {
    return part.kind == TEMPLATE_TEXT && part.count <= text.count &&
           memcmp(ends ? text.u.text + text.count - part.count : text.u.text, part.u.text, part.count) == 0;
}

static struct template_value affix(const struct template_call *call, struct template_value text, int ends) {
    const struct template_value part = template_plain(call->p[0]);
    if (part.kind == TEMPLATE_TUPLE) {
        for (size_t i = 0; i < part.count; i++)
            if (begins_or_ends(text, part.u.items[i], ends)) return template_boolean(1);
        return template_boolean(0);
    }
    return template_boolean(begins_or_ends(text, lrt_template_take_text(call, 0, NULL), ends));
}
METHOD(startswith) {
    const size_t from = start_of(call, 1);
    return affix(call, template_text(call->self.u.text + from, call->self.count - from), 0);
}
METHOD(endswith) { return affix(call, call->self, 1); }
METHOD(removeprefix) {
    const struct template_value part = lrt_template_take_text(call, 0, NULL);
    return begins_or_ends(call->self, part, 0)
               ? template_text(call->self.u.text + part.count, call->self.count - part.count)
               : call->self;
}
METHOD(removesuffix) {
    const struct template_value part = lrt_template_take_text(call, 0, NULL);
    return part.count && begins_or_ends(call->self, part, 1)
               ? template_text(call->self.u.text, call->self.count - part.count)
               : call->self;
}

/* The last place of part, as lrt_template_place. */
static size_t last_place(struct template_value text, struct template_value part) {
    for (size_t i = text.count + 1; i-- > 0;)
        if (i + part.count <= text.count && memcmp(text.u.text + i, part.u.text, part.count) == 0) return i;
    return SIZE_MAX;
}

static struct template_value found_at(const struct template_call *call, size_t place) {
    return template_integer(place == SIZE_MAX ? -1 : (int64_t)lrt_template_characters(call->self.u.text, place));
}
METHOD(find) {
    if (!lrt_template_step(call->run, call->self.count / 16)) return template_undefined();
    return found_at(call, lrt_template_place(call->self, lrt_template_take_text(call, 0, NULL), start_of(call, 1)));
}
METHOD(rfind) {
    if (!lrt_template_step(call->run, call->self.count / 16)) return template_undefined();
    return found_at(call, last_place(call->self, lrt_template_take_text(call, 0, NULL)));
}
METHOD(index) {
    const struct template_value found = lrt_template_method_find(call);
    return found.kind == TEMPLATE_INTEGER && found.u.integer < 0
               ? lrt_template_fail(call->run, "index: the text is not in the other")
               : found;
}
METHOD(count) {
    const struct template_value part = lrt_template_take_text(call, 0, NULL);
    int64_t n = 0;
    if (!lrt_template_step(call->run, call->self.count / 16)) return template_undefined();
    if (part.count == 0)
        return template_integer((int64_t)lrt_template_characters(call->self.u.text, call->self.count) + 1);
    for (size_t at = 0; (at = lrt_template_place(call->self, part, at)) != SIZE_MAX; at += part.count) n++;
    return template_integer(n);
}

static struct template_value three(const struct template_call *call, struct template_value a, struct template_value b,
                                   struct template_value c) {
    struct template_items items = lrt_template_items(call->run, 3);
    if (!items.items) return template_undefined();
    items.items[0] = a;
    items.items[1] = b;
    items.items[2] = c;
    return (struct template_value){.kind = TEMPLATE_TUPLE, .count = 3, .u.items = items.items};
}

static struct template_value partition(const struct template_call *call, int last) {
    const struct template_value text = call->self, part = lrt_template_take_text(call, 0, NULL),
                                empty = template_text("", 0);
    if (part.count == 0) return lrt_template_fail(call->run, "an empty separator");
    const size_t at = last ? last_place(text, part) : lrt_template_place(text, part, 0);
    if (at == SIZE_MAX) return last ? three(call, empty, empty, text) : three(call, text, empty, empty);
    return three(call, template_text(text.u.text, at), part,
                 template_text(text.u.text + at + part.count, text.count - at - part.count));
}
METHOD(partition) { return partition(call, 0); }
METHOD(rpartition) { return partition(call, 1); }

METHOD(splitlines) { return lrt_template_lines(call->run, call->self, template_take_truth(call, 0, 0)); }

static int all_characters(const struct template_call *call, int (*is)(uint32_t code)) {
    const struct template_value t = call->self;
    for (size_t at = 0; at < t.count;) {
        uint32_t code = 0;
        const size_t n = lrt_utf8_character(t.u.text + at, t.count - at, &code);
        if (code >= 0x80 && lrt_template_space(t.u.text + at, n) == 0) {
            lrt_template_fail(call->run, "'%s' knows ASCII only", call->name);
            return 0;
        }
        if (!is(code)) return 0;
        at += n ? n : 1;
    }
    return t.count > 0;
}
static int is_digit(uint32_t c) { return c >= '0' && c <= '9'; }
static int is_letter(uint32_t c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z' && c < 0x80; }
static int is_either(uint32_t c) { return is_digit(c) || is_letter(c); }
METHOD(isdigit) { return template_boolean(all_characters(call, is_digit)); }
METHOD(isalpha) { return template_boolean(all_characters(call, is_letter)); }
METHOD(isalnum) { return template_boolean(all_characters(call, is_either)); }
METHOD(isspace) {
    const struct template_value rest = lrt_template_stripped(call->self, template_none(), 3);
    return template_boolean(call->self.count > 0 && rest.count == 0);
}
METHOD(islower) { return lrt_template_call_builtin(lrt_template_test("lower", 5), call); }
METHOD(isupper) { return lrt_template_call_builtin(lrt_template_test("upper", 5), call); }

METHOD(get) {
    if (!lrt_template_step(call->run, call->self.count / 8)) return template_undefined();
    const struct template_value *found = lrt_template_find(&call->self, call->p[0]);
    return found ? *found : call->p[1].kind == TEMPLATE_ABSENT ? template_none() : call->p[1];
}

static struct template_value view(const struct template_call *call, int keys, int values) {
    const struct template_value d = call->self;
    struct template_items items = lrt_template_items(call->run, d.count);
    for (; items.items && items.count < d.count; items.count++) {
        const struct template_entry e = d.u.entries[items.count];
        items.items[items.count] = keys && values ? lrt_template_pair(call->run, e.key, e.value)
                                   : keys         ? e.key
                                                  : e.value;
    }
    struct template_value list = template_list_of(items);
    list.flags = TEMPLATE_VIEW;
    return list;
}
METHOD(items) { return view(call, 1, 1); }
METHOD(keys) { return view(call, 1, 0); }
METHOD(values) { return view(call, 0, 1); }
METHOD(copy) { return call->self; } /* nothing changes a value */

METHOD(refused) {
    return lrt_template_fail(call->run, "'%s': a template must not change a value; use a namespace", call->name);
}

METHOD(list_count) {
    int64_t n = 0;
    for (size_t i = 0; i < call->self.count; i++) n += lrt_template_equal(call->run, call->self.u.items[i], call->p[0]);
    return template_integer(n);
}
METHOD(list_index) {
    for (size_t i = 0; i < call->self.count; i++)
        if (lrt_template_equal(call->run, call->self.u.items[i], call->p[0])) return template_integer((int64_t)i);
    return lrt_template_fail(call->run, "index: the value is not in the list");
}

METHOD(cycle) {
    if (call->n == 0) return lrt_template_fail(call->run, "cycle needs values");
    return call->positional[call->self.u.loop->index % call->n];
}
METHOD(changed) {
    struct template_loop *l = call->self.u.loop;
    const struct template_value old = {.kind = TEMPLATE_LIST, .count = l->n_changed, .u.items = l->changed};
    const struct template_value now = {.kind = TEMPLATE_LIST, .count = call->n, .u.items = call->positional};
    if (l->changed && lrt_template_equal(call->run, old, now)) return template_boolean(0);
    l->changed = call->positional;
    l->n_changed = call->n;
    return template_boolean(1);
}
