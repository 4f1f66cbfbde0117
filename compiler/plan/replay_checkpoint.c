// Replay of checkpoint schedules: runs the steps of a schedule's table. Every iteration of its loops must find its own
// input, intact.
#include "compiler/plan/plan_invariants.h"
#include "compiler/plan/replay.h"

struct checkpoint_run {
    struct replay *r;
    const struct checkpoint_schedule *checkpoints;
    const struct loop *forward, *backward;
    value_id carried;          // the forward loop's param
    struct replay_kept *slots; // [checkpoints->slots]
    struct replay_kept *file;  // [iterations]
    int64_t at_hand, left;     // the iteration whose input is in the carried place; the next one to reverse
};

static struct checkpoint_run checkpoint_run_of(struct replay *r, const struct checkpoint_schedule *c) {
    struct checkpoint_run run = {.r = r, .checkpoints = c, .slots = r->kept};
    for (const struct checkpoint_schedule *before = &r->g->checkpoint_schedules[1]; before < c; before++) {
        const struct loop *l = graph_loop(r->g, before->forward);
        run.slots += before->slots + l->to - l->from;
    }
    run.file = run.slots + c->slots;
    run.forward = graph_loop(r->g, c->forward);
    run.backward = graph_loop(r->g, c->backward);
    run.carried = r->g->carries[run.forward->carries].param;
    return run;
}

static struct replay_place carried_place(struct checkpoint_run *c) {
    return replay_locate(c->r, (struct use){c->carried, ACCESS_WHOLE}, c->checkpoints->forward, 0);
}

static struct replay_place slot_place(struct checkpoint_run *c, const struct checkpoint_step *s) {
    const struct plan *p = c->r->plan;
    const struct plan_buffer *b = replay_buffer(c->r, c->carried);
    struct replay_place where = carried_place(c);
    uint32_t last = p->last_snapshots[c->checkpoints - p->graph->checkpoint_schedules];
    bool in_block = s->slot >= 0 && s->slot < b->slots - 1, is_last = s->slot == b->slots - 1 && last;
    if (s->slot >= c->checkpoints->slots || (!in_block && !is_last) || last >= p->n_buffers) {
        replay_error(c->r, "%s: there is no slot %lld", replay_name(c->r, c->carried), (long long)s->slot);
        return where;
    }
    int64_t low = in_block ? b->lower_offset + s->slot * b->size : p->buffers[last].offset;
    where.top = false;
    where.high += low - where.low;
    where.low = low;
    return where;
}

// Checks that a slot's buffer lives from `since` until now.
static void check_kept(struct checkpoint_run *c, const struct checkpoint_step *s, struct replay_place from,
                       uint64_t since) {
    struct replay *r = c->r;
    const struct plan_buffer *b = replay_buffer(r, c->carried);
    uint32_t step = plan_buffer_position(r->g, r->rerun ? r->rerun : c->forward->begin.id);
    struct replay_interval lived = replay_interval(&r->buffer_history, since, step);
    if (s->slot < b->slots - 1) {
        replay_check_buffer(r, c->carried, from, lived.from, lived.to, c->forward->begin.id);
        return;
    }
    const struct plan_buffer *last =
        &r->plan->buffers[r->plan->last_snapshots[c->checkpoints - r->g->checkpoint_schedules]];
    if (lived.from < last->birth || lived.to >= last->death || from.high - from.low > last->size)
        replay_error(r, "%s: its last slot does not live through [%u, %u]", replay_name(r, c->carried), lived.from,
                     lived.to);
}

static void keep_input(struct checkpoint_run *c, const struct checkpoint_step *s) {
    struct replay *r = c->r;
    struct use input = {c->carried, ACCESS_WHOLE};
    if (c->at_hand != s->iteration)
        replay_error(r, "a checkpoint schedule keeps input %lld as that of %lld", (long long)c->at_hand,
                     (long long)s->iteration);
    if (r->failed) return;
    replay_read_value(r, input, c->checkpoints->forward, c->forward->begin.id);
    if (s->kind == CHECKPOINT_PAGE_OUT) {
        c->file[s->iteration - c->forward->from] = (struct replay_kept){1, 0, s->iteration};
        return;
    }
    struct replay_place to = slot_place(c, s);
    if (r->failed) return;
    c->slots[s->slot] = (struct replay_kept){++r->writes, r->buffer_history.time, s->iteration};
    replay_map_write(&r->map, to.low, to.high, r->writes);
}

static void bring_back(struct checkpoint_run *c, const struct checkpoint_step *s) {
    struct replay *r = c->r;
    struct replay_place to = carried_place(c);
    struct replay_kept kept = {0};
    if (s->kind == CHECKPOINT_PAGE_IN)
        kept = c->file[s->iteration - c->forward->from];
    else {
        struct replay_place from = slot_place(c, s);
        if (r->failed) return;
        kept = c->slots[s->slot];
        check_kept(c, s, from, kept.since);
        if (!replay_map_holds(&r->map, from.low, from.high, kept.write))
            replay_error(r, "%s: slot %lld does not hold what was kept", replay_name(r, c->carried),
                         (long long)s->slot);
    }
    if (!kept.write || kept.iteration != s->iteration)
        replay_error(r, "a checkpoint schedule brings back input %lld as that of %lld", (long long)kept.iteration,
                     (long long)s->iteration);
    *to.meant = (struct replay_instance){++r->writes, r->value_history.time + 1};
    replay_map_write(&r->map, to.low, to.high, r->writes);
    c->at_hand = s->iteration;
}

// The first input's node reads nothing in the arena. No other buffer may overlap its result.
static void make_first(struct checkpoint_run *c) {
    struct replay *r = c->r;
    value_id init = r->g->carries[c->forward->carries].init;
    struct replay_place first = replay_locate(r, (struct use){init, ACCESS_WHOLE}, (loop_id){0}, 0);
    struct replay_place to = carried_place(c);
    uint32_t between = plan_buffer_position(r->g, c->backward->begin.id);
    replay_check_buffer(r, init, first, between, between, c->forward->begin.id);
    *first.meant = (struct replay_instance){++r->writes, r->value_history.time + 1};
    replay_map_write(&r->map, first.low, first.high, r->writes);
    *to.meant = *first.meant;
    if (to.low != first.low) replay_map_write(&r->map, to.low, to.high, r->writes);
    c->at_hand = c->forward->from;
}

static void advance_block(struct checkpoint_run *c, int64_t iteration) {
    struct replay *r = c->r;
    if (c->at_hand != iteration)
        replay_error(r, "a checkpoint schedule runs block %lld on the input of %lld", (long long)iteration,
                     (long long)c->at_hand);
    r->iteration[c->checkpoints->forward.id] = iteration;
    replay_nodes(r, c->forward->begin.id + 1, c->forward->end.id);
    replay_mark_step(r, c->forward->end.id);
    if (!r->failed) replay_pass_carries(r, c->checkpoints->forward, c->forward->end.id, COPY_NEXT, 1);
    c->at_hand = iteration + 1;
}

static void reverse_block(struct checkpoint_run *c, int64_t iteration) {
    struct replay *r = c->r;
    struct use input = {c->checkpoints->input, ACCESS_WHOLE};
    if (c->at_hand != iteration || c->left != iteration)
        replay_error(r, "a checkpoint schedule reverses block %lld with the input of %lld", (long long)iteration,
                     (long long)c->at_hand);
    c->left--;
    struct replay_place carried = carried_place(c), where = replay_locate(r, input, c->checkpoints->backward, 0);
    r->iteration[c->checkpoints->backward.id] = iteration;
    replay_read_place(r, input.value, where, *carried.meant, c->backward->begin.id);
    *where.meant = (struct replay_instance){carried.meant->write, r->value_history.time + 1};
    replay_nodes(r, c->backward->begin.id + 1, c->backward->end.id);
    replay_mark_step(r, c->backward->end.id);
    if (r->failed) return;
    replay_read_value(r, input, c->checkpoints->backward, c->backward->end.id); // the input stays in the carried place
    if (c->left >= c->backward->from)
        replay_pass_carries(r, c->checkpoints->backward, c->backward->end.id, COPY_NEXT, -1);
}

static void run_step(struct checkpoint_run *c, const struct checkpoint_step *s) {
    if (s->iteration < c->forward->from || s->iteration >= c->forward->to) {
        replay_error(c->r, "a checkpoint schedule has no block %lld", (long long)s->iteration);
        return;
    }
    bool of_body = s->kind == CHECKPOINT_REVERSE;
    c->r->rerun = !of_body && c->left >= 0 ? c->backward->begin.id : 0;
    switch (s->kind) {
    case CHECKPOINT_ADVANCE: advance_block(c, s->iteration); break;
    case CHECKPOINT_SNAPSHOT:
    case CHECKPOINT_PAGE_OUT: keep_input(c, s); break;
    case CHECKPOINT_RESTORE:
    case CHECKPOINT_PAGE_IN: bring_back(c, s); break;
    case CHECKPOINT_FIRST: make_first(c); break;
    case CHECKPOINT_REVERSE: reverse_block(c, s->iteration); break;
    }
    c->r->rerun = 0;
}

void replay_checkpoint_forward(struct replay *r, const struct checkpoint_schedule *checkpoints) {
    struct checkpoint_run c = checkpoint_run_of(r, checkpoints);
    c.at_hand = c.forward->from;
    c.left = -1;
    replay_mark_step(r, c.forward->begin.id);
    replay_pass_carries(r, checkpoints->forward, c.forward->begin.id, COPY_INIT, 0);
    for (size_t i = 0; i < checkpoints->n_forward_steps && !r->failed; i++) run_step(&c, &checkpoints->steps[i]);
    if (c.at_hand != c.forward->to)
        replay_error(r, "a checkpoint schedule's forward pass ends at block %lld", (long long)c.at_hand);
    if (!r->failed) replay_pass_carries(r, checkpoints->forward, c.forward->end.id, COPY_RESULT, 0);
}

void replay_checkpoint_backward(struct replay *r, const struct checkpoint_schedule *checkpoints) {
    struct checkpoint_run c = checkpoint_run_of(r, checkpoints);
    c.at_hand = -1; // the nodes between the loops may have overwritten it
    c.left = c.forward->to - 1;
    replay_mark_step(r, c.backward->begin.id);
    replay_pass_carries(r, checkpoints->backward, c.backward->begin.id, COPY_INIT, 0);
    for (size_t i = checkpoints->n_forward_steps; i < checkpoints->n_steps && !r->failed; i++)
        run_step(&c, &checkpoints->steps[i]);
    if (c.left != c.forward->from - 1)
        replay_error(r, "a checkpoint schedule leaves block %lld unreversed", (long long)c.left);
    if (!r->failed) replay_last_copies(r, checkpoints->backward, c.backward->end.id);
    if (!r->failed) replay_pass_carries(r, checkpoints->backward, c.backward->end.id, COPY_RESULT, 0);
}
