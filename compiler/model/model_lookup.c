// Look-ups in a model: things by their names, options by theirs, and what follows from the training settings.
#include <string.h>

#include "compiler/base/check.h"
#include "compiler/model/model.h"

int model_find_weight(const struct model *m, const char *name, int32_t block) {
    int outside = -1;
    for (size_t i = 0; i < m->n_weights; i++) {
        if (strcmp(m->weights[i].name, name) != 0) continue;
        if (m->weights[i].block == block) return (int)i;
        if (m->weights[i].block == -1) outside = (int)i;
    }
    return outside;
}

const struct model_absent *model_find_absent(const struct model *m, const char *name, int32_t block) {
    if (model_find_weight(m, name, block) >= 0) return NULL;
    for (size_t i = 0; i < m->n_absent; i++)
        if (strcmp(m->absent[i].name, name) == 0 && (m->absent[i].block == block || m->absent[i].block == -1))
            return &m->absent[i];
    return NULL;
}

const struct model_input *model_find_input(const struct model *m, const char *name) {
    for (size_t i = 0; i < m->n_inputs; i++)
        if (strcmp(m->inputs[i].name, name) == 0) return &m->inputs[i];
    return NULL;
}

int model_find_block(const struct model *m, const char *name) {
    for (size_t i = 0; i < m->n_blocks; i++)
        if (strcmp(m->blocks[i].name, name) == 0) return (int)i;
    return -1;
}

double model_option_number(const struct model_option *options, size_t n_options, const char *name, double absent) {
    for (size_t i = 0; i < n_options; i++)
        if (strcmp(options[i].name, name) == 0) return options[i].value[0];
    return absent;
}

int64_t model_rows(const struct model *m) {
    int64_t rows = 1;
    for (int d = 0; d < m->inputs[0].rank; d++) rows *= m->inputs[0].shape[d];
    return rows;
}

int64_t model_gradient_option(const struct model_train *t, const char *name) {
    return (int64_t)model_option_number(t->gradient_options, t->n_gradient_options, name, 0);
}

double model_optimizer_option(const struct model_train *t, const char *name, int i) {
    for (size_t k = 0; k < t->n_optimizer_options; k++)
        if (strcmp(t->optimizer_options[k].name, name) == 0) return t->optimizer_options[k].value[i];
    CHECK(false, "option %s of the optimizer is not filled in", name);
}

bool model_updates_can_fuse(const struct model_train *t) { return t->clip == 0 && t->accumulate == 1; }
