// JSON: the memory plan for programs; codegen/report_schema.json is its schema.
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "codegen/report.h"
#include "compiler/base/arena.h"
#include "compiler/base/text.h"
#include "compiler/op/op.h"

static json_t *dims_of(const struct program *p) {
    json_t *dims = json_object();
    for (size_t i = 0; i < p->model->n_dims; i++)
        json_object_set_new(dims, p->model->dims[i].name, json_integer(p->model->dims[i].value));
    return dims;
}

static json_t *pools_of(const struct program *p) {
    struct pool_size sizes[PROGRAM_POOLS];
    json_t *pools = json_object();
    program_pools(p, sizes);
    for (int i = 0; i < PROGRAM_POOLS; i++) json_object_set_new(pools, sizes[i].name, json_integer(sizes[i].bytes));
    return pools;
}

static json_t *certificate_of(const struct report *r) {
    json_t *list = json_array();
    for (size_t i = 0; i < r->timeline->n_certificate; i++)
        json_array_append_new(list, json_integer((json_int_t)r->timeline->certificate[i]));
    return list;
}

static json_t *shape_of(struct shape s) {
    json_t *list = json_array();
    for (int d = 0; d < s.rank; d++) json_array_append_new(list, json_integer(s.dim[d]));
    return list;
}

static json_t *values_of(const struct report *r, struct arena *a) {
    static const char *const types[] = {"f32", "f64", "i32", "file"};
    json_t *list = json_array();
    for (size_t i = 0; i < r->timeline->n_moments; i++) {
        const struct moment *m = &r->timeline->moments[i];
        const struct value *v = graph_value(r->plan->graph, m->value);
        json_t *o = json_object();
        json_object_set_new(o, "name", json_string(v->name ? v->name : ""));
        if (m->slot >= 0) json_object_set_new(o, "slot", json_integer(m->slot));
        json_object_set_new(o, "shape", shape_of(v->shape));
        json_object_set_new(o, "dtype", json_string(types[v->dtype]));
        json_object_set_new(o, "class", json_string(report_class(r, m->value)));
        json_object_set_new(o, "bytes", json_integer(m->bytes));
        json_object_set_new(o, "birth", json_integer(m->birth));
        json_object_set_new(o, "death", json_integer(m->death));
        json_object_set_new(o, "offset", json_integer(m->offset));
        json_object_set_new(o, "in_place_of", m->in_place_of < 0 ? json_null() : json_integer(m->in_place_of));
        json_object_set_new(o, "source", json_string(program_place(r->program, a, v->span)));
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *nodes_of(const struct report *r) {
    json_t *list = json_array();
    for (size_t i = 0; i < r->n_nodes; i++) {
        const struct report_node *n = &r->nodes[i];
        json_array_append_new(list, json_pack("{s:s, s:f, s:f, s:f, s:f, s:s}", "op", n->op, "flops", n->flops, "bytes",
                                              n->bytes, "runs", n->runs, "ms", 1e3 * n->seconds, "source", n->source));
    }
    return list;
}

void report_json(const struct report *r, struct arena *a, struct text *out) {
    const struct program *p = r->program;
    const struct plan_peak *bound = &r->timeline->bound;
    json_t *root = json_object();
    json_object_set_new(root, "version", json_string(LORAC_VERSION));
    json_object_set_new(root, "model", json_string(p->options.prefix));
    json_object_set_new(root, "options", json_string(p->options.words));
    json_object_set_new(root, "dims", dims_of(p));
    json_object_set_new(root, "pools", pools_of(p));
    json_object_set_new(root, "peak",
                        json_pack("{s:I, s:I, s:o}", "bytes", (json_int_t)p->arena_bytes, "step",
                                  (json_int_t)bound->step, "values", certificate_of(r)));
    json_object_set_new(root, "bound",
                        json_pack("{s:I, s:{s:I, s:o}}", "bytes", (json_int_t)bound->bytes, "certificate", "step",
                                  (json_int_t)bound->step, "values", certificate_of(r)));
    json_object_set_new(root, "steps", json_integer(r->timeline->n_steps));
    json_object_set_new(root, "values", values_of(r, a));
    json_object_set_new(root, "nodes", nodes_of(r));
    json_object_set_new(root, "estimate", json_pack("{s:f, s:f}", "ms", 1e3 * r->seconds, "flops", r->flops));
    json_object_set_new(root, "alternatives", json_array());
    char *text = json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(17));
    text_puts(out, text ? text : "");
    text_puts(out, "\n");
    free(text);
    json_decref(root);
}
