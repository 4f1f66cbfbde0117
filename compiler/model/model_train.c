// Training: reads the entries of the train block, or what the command line sets instead, checks them and fills in
// defaults.
#include <string.h>

#include "compiler/base/arena.h"
#include "compiler/base/bytes.h"
#include "compiler/base/near.h"
#include "compiler/front/parse.h"
#include "compiler/model/builder.h"

static void read_loss(struct builder *b, const struct ast_setting *s) {
    if (s->value->kind != EXPR_CALL) {
        diag_report(b->diagnostics, DIAG_E0332, s->value->span,
                    "the loss is an op, e.g. cross_entropy(logits, targets)");
        return;
    }
    bind_expr(b, s->value);
    b->model->train.loss = s->value;
}

static void read_gradient(struct builder *b, const struct ast_setting *s) {
    struct model_train *t = &b->model->train;
    struct method m;
    if (!method_read(b, METHOD_GRADIENT, s->value, DIAG_E0333, DIAG_E0334, &m)) return;
    t->gradient = m.name;
    t->gradient_span = m.span;
    t->gradient_options = m.options;
    t->n_gradient_options = m.n_options;
}

static void read_optimizer(struct builder *b, const struct ast_setting *s) {
    struct model_train *t = &b->model->train;
    struct method m;
    if (!method_read(b, METHOD_OPTIMIZER, s->value, DIAG_E0333, DIAG_E0334, &m)) return;
    t->optimizer = m.name;
    t->optimizer_span = m.span;
    t->optimizer_options = m.options;
    t->n_optimizer_options = m.n_options;
}

static void read_schedule(struct builder *b, const struct ast_setting *s) {
    struct model_train *t = &b->model->train;
    struct method m;
    if (!method_read(b, METHOD_SCHEDULE, s->value, DIAG_E0333, DIAG_E0334, &m)) return;
    t->schedule = m.name;
    t->schedule_span = m.span;
    t->warmup = model_option_number(m.options, m.n_options, "warmup", 0);
    t->schedule_steps = model_option_number(m.options, m.n_options, "steps", 0);
    t->schedule_floor = model_option_number(m.options, m.n_options, "floor", 0);
    if (t->schedule_steps > 0 && t->warmup > t->schedule_steps)
        diag_report(b->diagnostics, DIAG_E0334, s->value->span, "the warmup is longer than the schedule");
}

static void read_clip(struct builder *b, const struct ast_setting *s) {
    double clip;
    if (!model_number(b->model, s->value, NULL, 0, &clip, b->diagnostics)) return;
    if (clip > 0)
        b->model->train.clip = clip;
    else
        diag_report(b->diagnostics, DIAG_E0332, s->value->span, "clip is %s; it must be above 0",
                    builder_text(b, clip));
}

static void read_accumulate(struct builder *b, const struct ast_setting *s) {
    enum { ACCUMULATE_LIMIT = 1 << 20 }; // as for elements_limit
    int64_t n = 1;
    if (builder_whole(b, s->value, 1, DIAG_E0332, "accumulate", &n) && n > ACCUMULATE_LIMIT)
        diag_report(b->diagnostics, DIAG_E0332, s->value->span, "accumulate is more than %d", ACCUMULATE_LIMIT);
    else
        b->model->train.accumulate = n;
}

static void read_memory(struct builder *b, const struct ast_setting *s) {
    double amount;
    uint64_t bytes;
    if (s->unit.text && !bytes_has_unit(s->unit.text)) {
        diag_report(b->diagnostics, DIAG_E0332, s->unit.span, "there is no unit '%s'", s->unit.text);
        diag_hint(b->diagnostics, "the units are B, KiB, MiB, GiB, kB, MB and GB");
        return;
    }
    if (!model_number(b->model, s->value, NULL, 0, &amount, b->diagnostics)) return;
    if (bytes_of(amount, s->unit.text, &bytes) && bytes >= 1) {
        b->model->train.memory = bytes;
        b->model->train.memory_span = s->span;
    } else {
        diag_report(b->diagnostics, DIAG_E0332, s->span,
                    "the memory budget must be at least one byte and at most 2^53");
    }
}

static void read_update(struct builder *b, const struct ast_setting *s) {
    bool is_name = s->value->kind == EXPR_NAME;
    bool fused = is_name && strcmp(s->value->name, "fused") == 0;
    if (!fused && !(is_name && strcmp(s->value->name, "deferred") == 0)) {
        diag_report(b->diagnostics, DIAG_E0332, s->value->span, "update is `fused` or `deferred`");
        return;
    }
    b->model->train.update_fused = fused;
    b->model->train.update_span = s->span;
}

static void read_page(struct builder *b, const struct ast_setting *s) {
    bool is_name = s->value->kind == EXPR_NAME, on = is_name && strcmp(s->value->name, "on") == 0;
    if (!on && !(is_name && strcmp(s->value->name, "off") == 0)) {
        diag_report(b->diagnostics, DIAG_E0332, s->value->span, "page is `on` or `off`");
        return;
    }
    b->model->train.page = on;
    b->model->train.page_span = s->span;
}

struct entry {
    const char *name;
    void (*read)(struct builder *b, const struct ast_setting *s);
    bool takes_unit;
};
static const struct entry entries[] = {
    {"loss", read_loss, false},         {"gradient", read_gradient, false}, {"optimizer", read_optimizer, false},
    {"schedule", read_schedule, false}, {"clip", read_clip, false},         {"accumulate", read_accumulate, false},
    {"memory", read_memory, true},      {"update", read_update, false},     {"page", read_page, false},
};
enum { N_ENTRIES = sizeof entries / sizeof *entries };

static void report_unknown_entry(struct builder *b, const struct ast_setting *s) {
    struct near near = near_begin(s->name.text);
    for (int i = 0; i < N_ENTRIES; i++) near_try(&near, entries[i].name);
    diag_report(b->diagnostics, DIAG_E0330, s->name.span, "a train block has no entry '%s'", s->name.text);
    if (near.best)
        diag_hint(b->diagnostics, "did you mean '%s'?", near.best);
    else
        diag_hint(b->diagnostics,
                  "the entries are loss, gradient, optimizer, schedule, clip, accumulate, memory, update and page");
}

static int find_entry(const char *name) {
    for (int i = 0; i < N_ENTRIES; i++)
        if (strcmp(entries[i].name, name) == 0) return i;
    return -1;
}

static void take_entries(struct builder *b, const struct ast_item *train, const struct ast_setting **chosen) {
    for (size_t i = 0; i < train->n_settings; i++) {
        const struct ast_setting *s = &train->settings[i];
        int entry = find_entry(s->name.text);
        if (entry < 0) {
            report_unknown_entry(b, s);
        } else if (chosen[entry]) {
            diag_report(b->diagnostics, DIAG_E0330, s->name.span, "'%s' is given twice", s->name.text);
            diag_note(b->diagnostics, chosen[entry]->span, "it was given here");
        } else {
            chosen[entry] = s;
        }
    }
}

static void override_entry(struct builder *b, const char *name, const char *value, const struct ast_setting **chosen) {
    if (!value) return;
    const char *source = arena_print(b->arena, "<--%s>", name);
    const struct ast_setting *s = parse_value(b->arena, b->sources, b->diagnostics, source, value);
    if (s) chosen[find_entry(name)] = s;
}

static const struct ast_item *find_train(struct builder *b) {
    const struct ast_item *train = NULL;
    for (size_t i = 0; i < b->n_items; i++) {
        if (b->items[i]->kind != ITEM_TRAIN) continue;
        if (train) {
            diag_report(b->diagnostics, DIAG_E0336, b->items[i]->span, "there is a train block already");
            diag_note(b->diagnostics, train->span, "the first one is here");
        } else {
            train = b->items[i];
        }
    }
    return train;
}

// `checkpoint` is the smallest plan that every build has; adamw is what the literature trains adapters with.
static void set_defaults(struct builder *b, const struct ast_item *train, const struct ast_setting *const *chosen) {
    static const struct expr checkpoint = {.kind = EXPR_NAME, .name = "checkpoint"},
                             adamw = {.kind = EXPR_NAME, .name = "adamw"};
    struct model_train *t = &b->model->train;
    t->schedule = "constant";
    t->accumulate = 1;
    if (!train) {
        t->gradient = "none";
        return;
    }
    struct expr gradient = checkpoint, optimizer = adamw;
    gradient.span = gradient.span_name = optimizer.span = optimizer.span_name = train->span;
    if (!chosen[find_entry("gradient")]) read_gradient(b, &(struct ast_setting){.value = &gradient});
    if (!chosen[find_entry("optimizer")]) read_optimizer(b, &(struct ast_setting){.value = &optimizer});
}

static void check_complete(struct builder *b, const struct ast_item *train, const struct ast_setting *loss) {
    struct model_train *t = &b->model->train;
    bool trains = !t->gradient || strcmp(t->gradient, "none") != 0;
    if (!train) {
        if (trains) diag_report(b->diagnostics, DIAG_E0336, b->model->span, "the model has no train block");
        return;
    }
    if (!loss) diag_report(b->diagnostics, DIAG_E0336, train->span, "the train block has no loss");
    if (trains && !b->has_adapt)
        diag_report(b->diagnostics, DIAG_E0337, train->span, "nothing is trained: there is no adapt statement");
}

void resolve_train(struct builder *b) {
    const struct ast_setting *chosen[N_ENTRIES] = {NULL};
    const struct ast_item *train = find_train(b);
    if (train) {
        b->model->train.present = true;
        b->model->train.span = train->span;
        take_entries(b, train, chosen);
    }
    override_entry(b, "gradient", b->options->gradient, chosen);
    override_entry(b, "optimizer", b->options->optimizer, chosen);
    override_entry(b, "memory", b->options->memory, chosen);
    override_entry(b, "update", b->options->update, chosen);
    override_entry(b, "page", b->options->page, chosen);
    set_defaults(b, train, chosen);
    for (int i = 0; i < N_ENTRIES; i++) {
        if (!chosen[i]) continue;
        if (chosen[i]->unit.text && !entries[i].takes_unit)
            diag_report(b->diagnostics, DIAG_E0332, chosen[i]->unit.span, "%s has no unit", entries[i].name);
        else
            entries[i].read(b, chosen[i]);
    }
    check_complete(b, train, chosen[find_entry("loss")]);
}
