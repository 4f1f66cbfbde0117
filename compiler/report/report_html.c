// HTML: the memory plan as one self-contained page. Its markup, style and script are the files
// compiler/report/report_page.* and report_plan.js. This file adds the data: the JSON report, with values as columns of
// numbers to keep the plan of a deep model small.
#include <stdlib.h>
#include <string.h>

#include "compiler/report/report_boxes.h"
#include "compiler/report/report_json.h"
#include "compiler/report/report_page.h" // generated from report_page.*, report_plan.js by cmake/embed.cmake
#include "compiler/base/arena.h"
#include "compiler/base/text.h"
#include "compiler/op/op.h"

enum {
    CURVE_POINTS = 1000, // about the width of a screen
    FOLD_ABOVE = 50000,  // lifetimes: less than a megabyte
};

static json_t *curve_of(const struct report *r, struct arena *a) {
    struct report_curve curve = report_curve(r, a, CURVE_POINTS);
    json_t *steps = json_array(), *bytes = json_array();
    for (size_t i = 0; i < curve.n; i++) json_array_append_new(steps, json_integer(curve.step[i]));
    for (int c = 0; c < REPORT_CLASSES; c++) {
        json_t *column = json_array();
        for (size_t i = 0; i < curve.n; i++) json_array_append_new(column, json_integer(curve.bytes[i][c]));
        json_array_append_new(bytes, column);
    }
    return json_pack("{s:I, s:o, s:o}", "width", (json_int_t)curve.width, "step", steps, "bytes", bytes);
}

static json_t *classes(void) {
    json_t *list = json_array();
    for (int c = 0; c < REPORT_CLASSES; c++) json_array_append_new(list, json_string(report_classes[c]));
    return list;
}

static json_t *phases_of(const struct report_boxes *b) {
    json_t *list = json_array();
    for (size_t i = 0; i < b->n_phases; i++)
        json_array_append_new(list, json_pack("{s:s, s:I, s:I}", "name", b->phases[i].name, "from",
                                              (json_int_t)b->phases[i].from, "to", (json_int_t)b->phases[i].to));
    return list;
}

// ---- boxes: columns; data that a value's boxes share is written once ----
static json_t *kind_of(const struct report *r, struct arena *a, value_id v) {
    const struct value *value = graph_value(r->plan->graph, v);
    return json_pack("{s:s, s:s, s:s, s:o, s:s, s:I}", "name", value->name ? value->name : "", "class",
                     report_class(r, v), "dtype", report_dtype(value->dtype), "shape", report_json_shape(value->shape),
                     "source", program_place(r->program, a, value->span), "bytes",
                     (json_int_t)r->plan->buffers[r->plan->values[v.id].buffer].size);
}

static void append(json_t *list, int64_t number) { json_array_append_new(list, json_integer((json_int_t)number)); }

static json_t *boxes_of(const struct report *r, struct arena *a, const struct report_boxes *b) {
    int64_t *kind = ARENA_ARRAY(a, int64_t, r->plan->graph->n_values), n_kinds = 0, before = 0;
    json_t *kinds = json_array(), *of = json_array(), *born = json_array(), *life = json_array(), *place = json_array(),
           *partner = json_array(), *slot = json_array(), *count = json_array();
    for (size_t i = 0; i < b->n_boxes; i++) {
        const struct report_box *x = &b->boxes[i];
        if (!kind[x->value.id]) {
            kind[x->value.id] = ++n_kinds;
            json_array_append_new(kinds, kind_of(r, a, x->value));
        }
        append(of, kind[x->value.id] - 1);
        append(born, x->birth - before);
        before = x->birth;
        append(life, x->death - x->birth);
        append(place, x->offset / PLAN_ALIGNMENT);
        append(partner, x->partner < 0 ? 0 : (int64_t)i - x->partner);
        if (x->slot >= 0) append(slot, (int64_t)i), append(slot, x->slot);
        if (x->count > 1) append(count, (int64_t)i), append(count, x->count);
    }
    return json_pack("{s:o, s:i, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "kinds", kinds, "unit", PLAN_ALIGNMENT,
                     "folded", b->folded, "kind", of, "born_after_last", born, "life", life, "place", place,
                     "partner_before", partner, "slots", slot, "counts", count);
}

// ---- the page ----
static json_t *peak_of(const struct report *r, struct arena *a) {
    const struct timeline *t = r->timeline;
    const struct node *at = &r->plan->graph->nodes[t->nodes[t->bound.at]];
    return json_pack("{s:I, s:I, s:I, s:s, s:s, s:o}", "bytes", (json_int_t)r->program->arena_bytes, "step",
                     (json_int_t)t->bound.at, "values", (json_int_t)t->n_certificate, "op",
                     at->kind == NODE_OP ? at->op->name : "loop", "source", program_place(r->program, a, at->span),
                     "holders", report_json_holders(r, a));
}

static json_t *data_of(const struct report *r, struct arena *a) {
    const struct program *p = r->program;
    struct report_boxes boxes = report_boxes(r, a, FOLD_ABOVE);
    struct pool_size pools[PROGRAM_POOLS];
    program_pools(p, pools);
    json_t *root = json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "version", LORAC_VERSION, "model", p->options.prefix,
                             "options", p->options.words, "dims", report_json_dims(p), "pools",
                             report_json_pools(pools), "peak", peak_of(r, a));
    const char *update = program_update_words(p, a);
    if (update) json_object_set_new(root, "update", json_string(update));
    json_object_set_new(root, "sharing", report_json_sharing(p, a));
    json_object_set_new(root, "bound", json_integer(r->timeline->bound.bytes));
    json_object_set_new(root, "steps", json_integer(r->timeline->n_runs));
    json_object_set_new(root, "every_output_kept", json_integer(r->kept_bytes));
    json_object_set_new(root, "family_floor", json_integer(r->floor_bytes));
    json_object_set_new(root, "estimate", report_json_estimate(r));
    json_object_set_new(root, "alternatives", report_json_alternatives(r));
    json_object_set_new(root, "pareto", report_json_pareto(p));
    json_object_set_new(root, "classes", classes());
    json_object_set_new(root, "phases", phases_of(&boxes));
    json_object_set_new(root, "loupe", json_pack("[I, I]", (json_int_t)boxes.loupe_from, (json_int_t)boxes.loupe_to));
    json_object_set_new(root, "curve", curve_of(r, a));
    json_object_set_new(root, "boxes", boxes_of(r, a, &boxes));
    return root;
}

// Data inside a script element must not contain '<' as the start of a tag. In JSON it occurs in strings only.
static void put_data(struct text *out, const struct report *r, struct arena *a) {
    json_t *root = data_of(r, a);
    char *data = json_dumps(root, JSON_COMPACT | JSON_REAL_PRECISION(17));
    for (const char *c = data; c && *c;) {
        size_t plain = strcspn(c, "<");
        text_add(out, c, plain);
        c += plain;
        if (*c == '<') text_puts(out, "\\u003c"), c++;
    }
    free(data);
    json_decref(root);
}

void report_html(const struct report *r, struct arena *a, struct text *out) {
    for (const char *page = report_page_html; *page;) {
        const char *mark = strstr(page, "{{");
        if (!mark) {
            text_puts(out, page);
            return;
        }
        text_add(out, page, (size_t)(mark - page));
        if (strncmp(mark, "{{style}}", 9) == 0) text_puts(out, report_page_css);
        if (strncmp(mark, "{{data}}", 8) == 0) put_data(out, r, a);
        if (strncmp(mark, "{{script}}", 10) == 0) text_puts(out, report_plan_js), text_puts(out, report_page_js);
        if (strncmp(mark, "{{title}}", 9) == 0) text_puts(out, r->program->options.prefix);
        page = strstr(mark, "}}") + 2;
    }
}
