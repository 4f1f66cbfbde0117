// JSON: the memory plan for programs; compiler/report/report_schema.json is its schema.
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "compiler/report/report.h"
#include "compiler/report/report_json.h"
#include "compiler/base/arena.h"
#include "compiler/base/text.h"
#include "compiler/op/op.h"

json_t *report_json_dims(const struct program *p) {
    json_t *dims = json_object();
    for (size_t i = 0; i < p->model->n_dims; i++)
        json_object_set_new(dims, p->model->dims[i].name, json_integer(p->model->dims[i].value));
    return dims;
}

json_t *report_json_pools(const struct pool_size sizes[PROGRAM_POOLS]) {
    json_t *pools = json_object();
    for (int i = 0; i < PROGRAM_POOLS; i++) json_object_set_new(pools, sizes[i].name, json_integer(sizes[i].bytes));
    return pools;
}

json_t *report_json_sharing(const struct program *p, struct arena *a) {
    struct program_shared *shared;
    size_t n = program_sharing(p, a, &shared);
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        const struct program_shared *s = &shared[i];
        json_array_append_new(list, json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "block", s->block, "instances",
                                              (json_int_t)s->instances, "runs", (json_int_t)s->runs, "weights",
                                              (json_int_t)s->weight_bytes, "weights_unshared",
                                              (json_int_t)(s->weight_bytes * s->runs), "adapters",
                                              (json_int_t)s->trained_bytes, "adapters_unshared",
                                              (json_int_t)(s->trained_bytes * s->runs)));
    }
    return list;
}

static json_t *certificate_of(const struct report *r) {
    json_t *list = json_array();
    for (size_t i = 0; i < r->timeline->n_certificate; i++)
        json_array_append_new(list, json_integer((json_int_t)r->timeline->certificate[i]));
    return list;
}

json_t *report_json_shape(struct shape s) {
    json_t *list = json_array();
    for (int d = 0; d < s.rank; d++) json_array_append_new(list, json_integer(s.dim[d]));
    return list;
}

json_t *report_json_estimate(const struct report *r) {
    return json_pack("{s:f, s:f, s:f}", "ms", 1e3 * r->work.seconds, "flops", r->work.flops, "forward_flops",
                     r->forward.flops);
}

json_t *report_json_alternatives(const struct report *r) {
    json_t *list = json_array();
    for (size_t i = 0; i < r->n_alternatives; i++) {
        const struct report_alternative *a = &r->alternatives[i];
        json_t *o = json_pack("{s:s, s:b, s:b}", "name", a->name, "chosen", a->chosen, "fits", a->fits);
        if (a->refused) {
            json_object_set_new(o, "refused", json_string(a->refused));
        } else {
            json_object_set_new(o, "exact", json_boolean(a->exact));
            json_object_set_new(o, "pools", report_json_pools(a->pools));
            json_object_set_new(o, "flops", json_real(a->work.flops));
            json_object_set_new(o, "ms", json_real(1e3 * a->work.seconds));
            if (r->forward.flops > 0) json_object_set_new(o, "forwards", json_real(a->work.flops / r->forward.flops));
        }
        if (a->measured.done) json_object_set_new(o, "measured", report_json_measured(&a->measured, a->exact));
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *remedies_of(const struct report *r, const struct report_holder *h) {
    struct report_remedy remedies[REPORT_REMEDIES];
    size_t n = report_remedies(r, h, remedies);
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *o = json_pack("{s:s}", "how", remedies[i].how);
        if (remedies[i].seconds > 0) json_object_set_new(o, "ms", json_real(1e3 * remedies[i].seconds));
        if (remedies[i].flops > 0) json_object_set_new(o, "flops", json_real(remedies[i].flops));
        if (remedies[i].file_bytes) json_object_set_new(o, "file_bytes", json_integer(remedies[i].file_bytes));
        json_array_append_new(list, o);
    }
    return list;
}

json_t *report_json_holders(const struct report *r, struct arena *a) {
    size_t most = r->timeline->n_certificate + 1;
    struct report_holder *holders = ARENA_ARRAY(a, struct report_holder, most);
    size_t n = report_holders(r, a, holders, most);
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        const struct value *v = graph_value(r->plan->graph, holders[i].value);
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:I, s:I, s:o, s:s, s:o}", "name", v->name ? v->name : "", "class",
                            report_class(r, holders[i].value), "count", (json_int_t)holders[i].count, "bytes",
                            (json_int_t)holders[i].bytes, "shape", report_json_shape(v->shape), "source",
                            program_place(r->program, a, v->span), "remedies", remedies_of(r, &holders[i])));
    }
    return list;
}

static json_t *values_of(const struct report *r, struct arena *a) {
    json_t *list = json_array();
    for (size_t i = 0; i < r->timeline->n_lifetimes; i++) {
        const struct lifetime *m = &r->timeline->lifetimes[i];
        const struct value *v = graph_value(r->plan->graph, m->value);
        json_t *o = json_object();
        json_object_set_new(o, "name", json_string(v->name ? v->name : ""));
        json_object_set_new(o, "id", json_integer(m->value.id));
        if (m->slot >= 0) json_object_set_new(o, "slot", json_integer(m->slot));
        if (m->iteration >= 0) json_object_set_new(o, "iteration", json_integer(m->iteration));
        json_object_set_new(o, "shape", report_json_shape(v->shape));
        json_object_set_new(o, "dtype", json_string(report_dtype(v->dtype)));
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

static void add_value(json_t *list, const struct graph *g, value_id v) {
    if (plan_is_placed(g, v)) json_array_append_new(list, json_integer(v.id));
}

static void add_operands(json_t *list, json_t *by_rows, const struct graph *g, const struct use *uses, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        add_value(list, g, uses[i].value);
        if (uses[i].access == ACCESS_ROWS) add_value(by_rows, g, uses[i].value);
    }
}

// The arena values that a node of the plan's graph must read, and those that it may write.
static json_t *graph_node_of(const struct graph *g, const struct node *n) {
    json_t *reads = json_array(), *writes = json_array(), *rows = json_array();
    bool begin = n->kind == NODE_LOOP;
    add_operands(reads, rows, g, node_args(g, n), n->n_args);
    add_operands(writes, rows, g, node_results(g, n), n->n_results);
    const struct loop *l = graph_loop(g, n->loop);
    for (uint32_t c = 0; n->kind != NODE_OP && c < l->n_carries; c++) {
        const struct carry *carry = &g->carries[l->carries + c];
        if (plan_is_placed(g, carry->param)) add_value(reads, g, begin ? carry->init : carry->next);
        add_value(writes, g, carry->param);
        if (!begin) add_value(writes, g, carry->result);
    }
    const char *op = n->kind == NODE_OP ? n->op->name : begin ? "loop" : "end";
    return json_pack("{s:s, s:o, s:o, s:o}", "op", op, "reads", reads, "writes", writes, "rows", rows);
}

static json_t *graph_of(const struct report *r) {
    const struct graph *g = r->plan->graph;
    json_t *list = json_array();
    json_array_append_new(list, json_pack("{s:s, s:[], s:[], s:[]}", "op", "snapshot", "reads", "writes", "rows"));
    for (size_t n = 1; n < g->n_nodes; n++) json_array_append_new(list, graph_node_of(g, &g->nodes[n]));
    return list;
}

static json_t *run_of(const struct timeline *t) {
    json_t *list = json_array();
    size_t read = 0;
    for (int64_t s = 0; s < t->n_runs; s++) {
        const struct node_run *step = &t->runs[s];
        json_t *row = json_pack("[I, I]", (json_int_t)step->node, (json_int_t)step->iteration);
        for (; read < step->reads_end; read++) json_array_append_new(row, json_integer((json_int_t)t->reads[read]));
        json_array_append_new(list, row);
    }
    return list;
}

json_t *report_json_pareto(const struct program *p) {
    json_t *list = json_array();
    for (size_t i = 0; i < p->n_curve; i++) {
        const struct schedule_point *a = &p->curve[i];
        json_array_append_new(list, json_pack("{s:I, s:I, s:f, s:f, s:s}", "bytes", (json_int_t)a->bytes, "arena",
                                              (json_int_t)a->arena, "ms", 1e3 * a->seconds, "forwards", a->forwards,
                                              "schedule", a->words));
    }
    return list;
}

void report_json(const struct report *r, struct arena *a, struct text *out) {
    const struct program *p = r->program;
    const struct plan_peak *bound = &r->timeline->bound;
    struct pool_size pools[PROGRAM_POOLS];
    program_pools(p, pools);
    json_t *root = json_object();
    json_object_set_new(root, "version", json_string(LORAC_VERSION));
    json_object_set_new(root, "model", json_string(p->options.prefix));
    json_object_set_new(root, "options", json_string(p->options.words));
    json_object_set_new(root, "dims", report_json_dims(p));
    json_object_set_new(root, "pools", report_json_pools(pools));
    const char *update = program_update_words(p, a);
    if (update) json_object_set_new(root, "update", json_string(update));
    json_object_set_new(root, "sharing", report_json_sharing(p, a));
    json_object_set_new(root, "peak",
                        json_pack("{s:I, s:I, s:o, s:o}", "bytes", (json_int_t)p->arena_bytes, "step",
                                  (json_int_t)bound->at, "values", certificate_of(r), "holders",
                                  report_json_holders(r, a)));
    json_object_set_new(root, "bound",
                        json_pack("{s:I, s:{s:I, s:o}}", "bytes", (json_int_t)bound->bytes, "certificate", "step",
                                  (json_int_t)bound->at, "values", certificate_of(r)));
    json_object_set_new(root, "steps", json_integer(r->timeline->n_runs));
    json_object_set_new(root, "values", values_of(r, a));
    json_object_set_new(root, "graph", graph_of(r));
    json_object_set_new(root, "run", run_of(r->timeline));
    json_object_set_new(root, "nodes", nodes_of(r));
    json_object_set_new(root, "estimate", report_json_estimate(r));
    json_object_set_new(root, "alternatives", report_json_alternatives(r));
    if (r->comparison.done) json_object_set_new(root, "comparison", report_json_comparison(&r->comparison));
    if (r->kept_bytes) json_object_set_new(root, "every_output_kept", json_integer(r->kept_bytes));
    if (r->floor_bytes) json_object_set_new(root, "family_floor", json_integer(r->floor_bytes));
    json_object_set_new(root, "pareto", report_json_pareto(p));
    char *text = json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(17));
    text_puts(out, text ? text : "");
    text_puts(out, "\n");
    free(text);
    json_decref(root);
}
