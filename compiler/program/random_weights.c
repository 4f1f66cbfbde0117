// Random weights: the tensors that the program reads from a weights file become such a file.
#include "compiler/program/random_weights.h"

#include <string.h>

#include "compiler/base/arena.h"
#include "compiler/base/check.h"
#include "compiler/base/diag.h"
#include "compiler/program/program.h"
#include <lorac/lrt_files.h>

static struct lrt_plan_info info_of(const struct program *p, struct arena *a) {
    const struct model *m = p->model;
    struct lrt_dim_info *dims = ARENA_ARRAY(a, struct lrt_dim_info, m->n_dims + 1);
    struct lrt_const_info *consts = ARENA_ARRAY(a, struct lrt_const_info, m->n_consts + 1);
    struct lrt_weight_info *weights = ARENA_ARRAY(a, struct lrt_weight_info, m->n_weights + 1);
    for (size_t i = 0; i < m->n_dims; i++) dims[i] = (struct lrt_dim_info){m->dims[i].name, m->dims[i].value};
    for (size_t i = 0; i < m->n_consts; i++) consts[i] = (struct lrt_const_info){m->consts[i].name, m->consts[i].value};
    for (size_t i = 0; i < m->n_weights; i++) {
        const struct model_weight *w = &m->weights[i];
        const struct program_weight *slot = &p->weights[i];
        const char *name = w->block < 0 ? w->name : arena_print(a, "%s.%s", m->blocks[w->block].name, w->name);
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
    return (struct lrt_plan_info){.model = p->options.prefix,
                                  .version = LORAC_VERSION,
                                  .dims = dims,
                                  .n_dims = m->n_dims,
                                  .consts = consts,
                                  .n_consts = m->n_consts,
                                  .weights = weights,
                                  .n_weights = m->n_weights,
                                  .n_slots = p->n_slots};
}

bool write_random_weights(const struct program *p, struct arena *a, const char *path, const char *name, uint64_t seed,
                          struct diagnostics *d) {
    const struct span nowhere = {0};
    uint32_t type = LRT_F32;
    CHECK(!name || lrt_type_named(name, &type), "there is no type %s", name);
    struct lrt_plan_info info = info_of(p, a);
    struct lrt_gguf_facts facts = {.name = p->options.prefix};
    struct lrt_report report = {0};
    if (lrt_write_random_gguf(path, &info, &facts, type, seed, &report) == LRT_OK) return true;
    diag_report(d, DIAG_E0004, nowhere, "%s", report.text);
    return false;
}
