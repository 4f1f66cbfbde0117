// Random weights: what the program would ask of a weights file becomes such a file.
#include "compiler/random_weights.h"

#include <stdio.h>
#include <string.h>

#include <lorac/lrt_files.h>

static uint32_t type_named(const char *name) {
    for (uint32_t t = 0; t <= LRT_BF16; t++) {
        const char *known = lrt_type_name(t);
        if (known && strcmp(known, name) == 0) return t;
    }
    return UINT32_MAX;
}

static struct lrt_plan_info info_of(struct compilation *c) {
    const struct model *m = c->model;
    struct lrt_dim_info *dims = ARENA_ARRAY(c->arena, struct lrt_dim_info, m->n_dims + 1);
    struct lrt_weight_info *weights = ARENA_ARRAY(c->arena, struct lrt_weight_info, m->n_weights + 1);
    for (size_t i = 0; i < m->n_dims; i++) dims[i] = (struct lrt_dim_info){m->dims[i].name, m->dims[i].value};
    for (size_t i = 0; i < m->n_weights; i++) {
        const struct model_weight *w = &m->weights[i];
        const struct program_weight *slot = &c->program->weights[i];
        const char *name = w->block < 0 ? w->name : arena_print(c->arena, "%s.%s", m->blocks[w->block].name, w->name);
        weights[i] = (struct lrt_weight_info){.name = name,
                                              .gguf = w->gguf,
                                              .hf = w->hf,
                                              .rank = w->rank,
                                              .first = slot->first,
                                              .instances = slot->instances,
                                              .first_slot = slot->first_slot,
                                              .slot_stride = slot->slot_stride,
                                              .rope_head = slot->rope_head,
                                              .initial = slot->initial};
        memcpy(weights[i].shape, w->shape, sizeof weights[i].shape);
    }
    return (struct lrt_plan_info){.model = c->program->options.prefix,
                                  .version = LORAC_VERSION,
                                  .dims = dims,
                                  .n_dims = m->n_dims,
                                  .weights = weights,
                                  .n_weights = m->n_weights,
                                  .n_slots = c->program->n_slots};
}

static double number_named(const struct model *m, const char *name) {
    for (size_t i = 0; i < m->n_consts; i++)
        if (strcmp(m->consts[i].name, name) == 0) return m->consts[i].value;
    return 0;
}

bool write_random_weights(struct compilation *c, const char *path, const char *name) {
    uint32_t type = type_named(name ? name : "f32");
    if (type == UINT32_MAX) {
        fprintf(stderr, "lorac: error: --dtype: '%s' is none of f32 f16 bf16 q8_0 q4_0 q4_1 q4_K q6_K\n", name);
        c->status = EXIT_USAGE;
        return false;
    }
    struct lrt_plan_info info = info_of(c);
    struct lrt_gguf_facts facts = {.name = c->program->options.prefix,
                                   .norm_epsilon = number_named(c->model, "norm_eps"),
                                   .rope_theta = number_named(c->model, "rope_theta")};
    struct lrt_report report = {0};
    if (lrt_write_random_gguf(path, &info, &facts, type, c->options->seed, &report) == LRT_OK) return true;
    fprintf(stderr, "lorac: error: %s: %s\n", path, report.text);
    c->status = EXIT_INPUT;
    return false;
}
