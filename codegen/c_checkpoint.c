// Checkpoint schedules to C: the slice table lists the steps. Besides the two bodies, a few small functions keep and
// restore an input, in the arena's slots or through the program's pager.
#include "codegen/c_emit.h"
#include "compiler/base/arena.h"
#include "compiler/base/text.h"

static value_id carried(const struct emitter *e, const struct checkpoint_schedule *c) {
    return e->graph->carries[graph_loop(e->graph, c->forward)->carries].param;
}

static int64_t input_bytes(const struct emitter *e, const struct checkpoint_schedule *c) {
    const struct value *v = graph_value(e->graph, c->input);
    return shape_count(v->shape) * dtype_bytes(v->dtype);
}

static bool has_step(const struct checkpoint_schedule *c, enum checkpoint_action kind) {
    for (size_t i = 0; i < c->n_steps; i++)
        if (c->steps[i].kind == kind) return true;
    return false;
}

static const char *named(const struct emitter *e, const struct checkpoint_schedule *c, const char *what) {
    const struct loop *forward = graph_loop(e->graph, c->forward);
    return emit_identifier(e->arena, arena_print(e->arena, "%s_%s_%s", e->lower, forward->name, what), c->forward.id);
}

// The place of slot `slot`: in the block of live snapshots, or the last one by itself.
static void emit_slot(const struct emitter *e, const struct checkpoint_schedule *c) {
    uint32_t buffer = e->plan->values[c->input.id].buffer,
             last = e->plan->last_snapshots[c - e->graph->checkpoint_schedules];
    const char *name = emit_buffer_name(e, buffer);
    long long size = (long long)e->plan->buffers[buffer].size, live = (long long)c->live_snapshots;
    if (last && live) text_print(e->out, "(slot == %lld ? %s : ", live, emit_buffer_name(e, last));
    if (live) text_print(e->out, "%s_SLOTS + slot * %lld", name, size);
    if (last && !live) text_puts(e->out, emit_buffer_name(e, last));
    if (last && live) text_puts(e->out, ")");
}

static const char *emit_slot_copy(const struct emitter *e, const struct checkpoint_schedule *c, bool keep) {
    const char *name = named(e, c, keep ? "keep" : "restore");
    text_print(e->out, "\nstatic void %s(struct lrt_model *m, int64_t slot) {\n    lrt_copy_floats(", name);
    if (!keep) {
        emit_place(e, e->out, carried(e, c), c->forward);
        text_puts(e->out, ", ");
    }
    text_puts(e->out, "(float *)(void *)(m->arena + ");
    emit_slot(e, c);
    text_puts(e->out, "), ");
    if (keep) {
        emit_place(e, e->out, carried(e, c), c->forward);
        text_puts(e->out, ", ");
    }
    text_print(e->out, "%lld);\n%s}\n", (long long)input_bytes(e, c) / 4, c->live_snapshots ? "" : "    (void)slot;\n");
    return name;
}

static int64_t first_paged(const struct checkpoint_schedule *c) {
    for (size_t i = 0; i < c->n_steps; i++)
        if (c->steps[i].kind == CHECKPOINT_PAGE_OUT) return c->steps[i].iteration;
    return 0;
}

// Inputs are restored in descending order, so the previous one is read soon.
static const char *emit_page(const struct emitter *e, const struct checkpoint_schedule *c, bool out) {
    const char *name = named(e, c, out ? "page_out" : "page_in");
    long long bytes = (long long)input_bytes(e, c), from = (long long)graph_loop(e->graph, c->forward)->from;
    long long start = (long long)program_page_offset(e->graph, c) - from * bytes;
    text_print(e->out, "\nstatic void %s(struct lrt_model *m, int64_t i) {\n    lrt_page_%s(m, ", name,
               out ? "out" : "in");
    emit_place(e, e->out, carried(e, c), c->forward);
    text_print(e->out, ", %lld, i * %lld", bytes, bytes);
    if (start) text_print(e->out, " %c %lld", start > 0 ? '+' : '-', start > 0 ? start : -start);
    if (!out) text_print(e->out, ", i > %lld", (long long)first_paged(c));
    text_puts(e->out, ");\n}\n");
    return name;
}

static void emit_row(struct text *table, const char *name, int64_t first, size_t iterations, size_t reads) {
    emit_slice_row(
        table, (struct emit_slice_row){
                   .function = name, .first = first, .stride = 1, .iterations = (int64_t)iterations, .reads = reads});
}

// Consecutive steps that run one body over ascending iterations form one row.
static size_t emit_steps(const struct emitter *e, struct text *table, const struct checkpoint_schedule *c, size_t from,
                         size_t to, const char *reverse, size_t reverse_reads) {
    const struct emit_checkpoint *names = &e->checkpoint_schedules[c - e->graph->checkpoint_schedules];
    size_t rows = 0;
    for (size_t i = from; i < to; i++, rows++) {
        const struct checkpoint_step *s = &c->steps[i];
        size_t iterations = 1;
        switch (s->kind) {
        case CHECKPOINT_ADVANCE:
            while (i + iterations < to && s[iterations].kind == CHECKPOINT_ADVANCE) iterations++;
            emit_row(table, names->advance, s->iteration, iterations, names->reads);
            break;
        case CHECKPOINT_SNAPSHOT: emit_row(table, names->keep, s->slot, 1, 0); break;
        case CHECKPOINT_RESTORE: emit_row(table, names->restore, s->slot, 1, 0); break;
        case CHECKPOINT_PAGE_OUT: emit_row(table, names->page_out, s->iteration, 1, 0); break;
        case CHECKPOINT_PAGE_IN: emit_row(table, names->page_in, s->iteration, 1, 0); break;
        case CHECKPOINT_FIRST: emit_row(table, names->first, s->iteration, 1, names->first_reads); break;
        case CHECKPOINT_REVERSE: emit_row(table, reverse, s->iteration, 1, reverse_reads); break;
        }
        i += iterations - 1;
    }
    return rows;
}

size_t emit_checkpoint_forward(const struct emitter *e, struct text *table, const struct checkpoint_schedule *c) {
    struct emit_checkpoint *names = &e->checkpoint_schedules[c - e->graph->checkpoint_schedules];
    if (has_step(c, CHECKPOINT_SNAPSHOT)) names->keep = emit_slot_copy(e, c, true);
    if (has_step(c, CHECKPOINT_RESTORE)) names->restore = emit_slot_copy(e, c, false);
    if (has_step(c, CHECKPOINT_PAGE_OUT)) names->page_out = emit_page(e, c, true);
    if (has_step(c, CHECKPOINT_PAGE_IN)) names->page_in = emit_page(e, c, false);
    if (has_step(c, CHECKPOINT_FIRST)) {
        value_id init = e->graph->carries[graph_loop(e->graph, c->forward)->carries].init;
        uint32_t def = graph_value(e->graph, init)->def.id;
        names->first = named(e, c, "first");
        emit_first_input(e, names->first, c);
        names->first_reads = emit_reads(e, names->first, def, def + 1, (loop_id){0});
    }
    return emit_steps(e, table, c, 0, c->n_forward_steps, NULL, 0);
}

size_t emit_checkpoint_backward(const struct emitter *e, struct text *table, const struct checkpoint_schedule *c,
                                const char *reverse, size_t reads) {
    return emit_steps(e, table, c, c->n_forward_steps, c->n_steps, reverse, reads);
}
