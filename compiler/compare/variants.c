// Variants: each one repeats the compilation from the model on, with a few words added to the command line.
#include "compiler/compare/variants.h"

#include <string.h>

#include "compiler/base/diag_list.h"
#include "compiler/cli/method_list.h"

enum { WORDS_MOST = 8 };

static const char *const rows[][WORDS_MOST] = {
#define VARIANT(...) {__VA_ARGS__},
#include "compiler/compare/variants.def"
#undef VARIANT
};
enum { ROWS = sizeof rows / sizeof *rows };

static const char *name_of(struct arena *a, const char *const *words) {
    const char *name = "";
    for (size_t i = 1; words[i - 1] && words[i]; i += 2)
        name = arena_print(
            a, "%s%s%s", name, *name ? ", " : "",
            strcmp(words[i - 1], "--gradient") == 0 ? words[i] : arena_print(a, "%s %s", words[i - 1] + 2, words[i]));
    return name;
}

struct variant variant_compile(const struct compilation *c, const char *const *words) {
    struct arena *a = c->arena;
    struct options *o = ARENA_NEW(a, struct options);
    struct compilation *other = ARENA_NEW(a, struct compilation);
    *o = *c->options;
    o->dump = NULL;
    o->pareto = false;
    *other = (struct compilation){.arena = a, .options = o, .sources = c->sources, .ast = c->ast};
    other->diagnostics = diag_new(a, c->sources);
    struct variant v = {.words = words, .name = name_of(a, words), .compilation = other};
    const struct diagnostics *d = other->diagnostics;
    bool good = options_add(o, a, other->diagnostics, words) && compilation_run(other, STAGE_model, STAGE_schedule);
    if (!good || !other->schedule.step) {
        v.refused = d->count ? d->list[0].message : "it does not train this model";
        return v;
    }
    if (o->measure) compilation_verify(other);
    compilation_lay_out(other);
    v.fits = !compilation_is_short(other);
    return v;
}

static bool same_outcome(const struct compilation *x, const struct compilation *y) {
    struct pool_size of_x[PROGRAM_POOLS], of_y[PROGRAM_POOLS];
    program_pools(x->program, of_x);
    program_pools(y->program, of_y);
    for (int i = 0; i < PROGRAM_POOLS; i++)
        if (of_x[i].bytes != of_y[i].bytes) return false;
    if (x->program->fused != y->program->fused) return false;
    const struct schedule_choice *one = &x->schedule.choice, *other = &y->schedule.choice;
    return x->method == y->method && one->head_rows == other->head_rows && one->tile_rows == other->tile_rows &&
           one->forwards == other->forwards && one->page == other->page;
}

static void add(struct variants *list, const struct compilation *c, struct variant v) {
    bool taken = false;
    for (size_t i = 0; i < list->count; i++) taken = taken || list->items[i].chosen;
    if (!v.refused && c->program->step) v.chosen = !taken && same_outcome(v.compilation, c);
    list->items = arena_grow(c->arena, list->items, list->count, &list->capacity, sizeof *list->items);
    list->items[list->count++] = v;
}

// The command line's own program, if it is none of the rows.
static void add_asked(struct variants *list, struct compilation *c) {
    static const char *const none[] = {NULL};
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].chosen) return;
    struct variant v = {.words = none, .compilation = c, .fits = !compilation_is_short(c), .chosen = true};
    const char *gradient = c->options->gradient ? c->options->gradient : c->program->options.gradient;
    v.name = arena_print(c->arena, "%s, as asked for", gradient);
    list->items = arena_grow(c->arena, list->items, list->count, &list->capacity, sizeof *list->items);
    memmove(list->items + 1, list->items, list->count++ * sizeof *list->items);
    list->items[0] = v;
}

static void add_listed(struct variants *all, struct compilation *c) {
    size_t n;
    const char *const **listed = method_list(c->arena, c->options->methods, &n);
    for (size_t i = 0; listed && i < n; i++) add(all, c, variant_compile(c, listed[i]));
}

static void add_known(struct variants *all, struct compilation *c) {
    for (size_t i = 0; gradient_names[i]; i++) {
        const char **words = ARENA_ARRAY(c->arena, const char *, 3);
        words[0] = "--gradient";
        words[1] = gradient_names[i];
        if (gradient_find(gradient_names[i])->trains) add(all, c, variant_compile(c, words));
    }
    for (size_t i = 0; i < ROWS; i++) add(all, c, variant_compile(c, rows[i]));
    if (c->program->step) add_asked(all, c);
}

struct variants variants_make(struct compilation *c) {
    struct variants all = {0};
    if (!c->forward) return all;
    if (c->options->methods)
        add_listed(&all, c);
    else
        add_known(&all, c);
    return all;
}

bool variants_are_had(const struct compilation *c, const struct variants *all) {
    for (size_t i = 0; c->options->methods && i < all->count; i++) {
        const struct variant *v = &all->items[i];
        if (!v->refused) continue;
        diag_report(c->diagnostics, DIAG_E0015, (struct span){0}, "--methods: '%s': %s", v->name, v->refused);
        return false;
    }
    return true;
}

bool variant_is_exact(const struct variant *v) { return !v->compilation->method->estimate; }

static struct report_alternative alternative_of(const struct variant *v) {
    struct report_alternative out = {
        .name = v->name, .refused = v->refused, .chosen = v->chosen, .fits = v->fits, .measured = v->measured};
    if (v->refused) return out;
    const struct program *p = v->compilation->program;
    program_pools(p, out.pools);
    out.work = cost_of_graph(p->step->graph);
    out.tiles = v->compilation->method->tiles;
    out.exact = variant_is_exact(v);
    return out;
}

void variants_report(const struct compilation *c, const struct variants *all, struct report *r) {
    r->alternatives = ARENA_ARRAY(c->arena, struct report_alternative, all->count + 1);
    r->n_alternatives = all->count;
    for (size_t i = 0; i < all->count; i++) {
        r->alternatives[i] = alternative_of(&all->items[i]);
        if (all->items[i].refused || !r->alternatives[i].tiles) continue;
        int64_t floor = report_floor(all->items[i].compilation->schedule.step_plan);
        if (!r->floor_bytes || floor < r->floor_bytes) r->floor_bytes = floor;
    }
    if (!c->forward) return;
    r->forward = cost_of_graph(c->forward);
    r->kept_bytes = report_every_output(c->forward);
}
