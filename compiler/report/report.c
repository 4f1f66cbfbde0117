// Report: the data that all formats share: the unrolled plan, and the cost of every node in a step.
#include "compiler/report/report.h"

#include <stdlib.h>
#include <string.h>

#include "compiler/base/arena.h"
#include "compiler/op/op.h"
#include "compiler/cost/cost.h"

const char *const report_classes[REPORT_CLASSES] = {"saved", "forward", "backward", "tile"};

static void list_nodes(struct report *r, struct arena *a) {
    const struct graph *g = (r->program->step ? r->program->step : r->plan)->graph;
    r->work = cost_of_graph(g);
    r->nodes = ARENA_ARRAY(a, struct report_node, g->n_nodes);
    for (uint32_t i = 1; i < g->n_nodes; i++) {
        const struct node *n = &g->nodes[i];
        if (n->kind != NODE_OP) continue;
        struct op_cost cost = cost_of_node(g, n);
        double runs = graph_node_runs(g, (node_id){i});
        r->nodes[r->n_nodes++] = (struct report_node){.node = {i},
                                                      .op = n->op->name,
                                                      .source = program_place(r->program, a, n->span),
                                                      .runs = runs,
                                                      .flops = runs * cost.flops,
                                                      .bytes = runs * cost.bytes,
                                                      .seconds = runs * cost_seconds(&cost)};
    }
}

struct report *report_make(struct arena *a, const struct program *p) {
    const struct plan *const plans[] = {p->step, p->eval, p->logits};
    const struct plan *most = NULL;
    for (int i = 0; i < 3; i++)
        if (plans[i] && (!most || plans[i]->arena_bytes > most->arena_bytes)) most = plans[i];
    if (!most) return NULL;
    struct report *r = ARENA_NEW(a, struct report);
    *r = (struct report){.program = p, .plan = most, .timeline = timeline_make(a, most)};
    list_nodes(r, a);
    return r;
}

const char *report_dtype(enum dtype t) {
    static const char *const names[] = {"f32", "f64", "i32", "file"};
    return names[t];
}

// A carry has the same height inside the loop as before and after it.
static bool is_carried(const struct graph *g, loop_id l, value_id v) {
    const struct loop *loop = graph_loop(g, l);
    for (uint32_t c = 0; c < loop->n_carries; c++) {
        const struct carry *carry = &g->carries[loop->carries + c];
        if (carry->param.id == v.id || carry->next.id == v.id) return true;
    }
    return false;
}

const char *report_class(const struct report *r, value_id v) {
    const struct graph *g = r->plan->graph;
    if (graph_value(g, v)->domain.id || graph_checkpoint_of_input(g, v)) return "saved";
    bool backward = false;
    for (loop_id l = graph_value_loop(g, v); l.id; l = graph_loop(g, l)->parent) {
        if (graph_loop(g, l)->kind == LOOP_TILE && !is_carried(g, l, v)) return "tile";
        backward = backward || graph_loop(g, l)->backward;
    }
    return backward ? "backward" : "forward";
}

static int holder_compare(const void *a, const void *b) {
    const struct report_holder *x = a, *y = b;
    if (x->bytes != y->bytes) return x->bytes > y->bytes ? -1 : 1;
    return (x->value.id > y->value.id) - (x->value.id < y->value.id);
}

size_t report_holders(const struct report *r, struct arena *a, struct report_holder *out, size_t most) {
    const struct timeline *t = r->timeline;
    struct report_holder *all = ARENA_ARRAY(a, struct report_holder, t->n_certificate + 1);
    size_t n = 0;
    for (size_t i = 0; i < t->n_certificate; i++) {
        const struct lifetime *m = &t->lifetimes[t->certificate[i]];
        size_t k = 0;
        while (k < n && all[k].value.id != m->value.id) k++;
        if (k == n) all[n++] = (struct report_holder){m->value, 0, 0};
        all[k].bytes += m->bytes;
        all[k].count++;
    }
    qsort(all, n, sizeof *all, holder_compare);
    memcpy(out, all, sizeof *all * (n < most ? n : most));
    return n;
}
