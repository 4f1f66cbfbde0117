// Program hash: what a program computes, and how, as two digests that it carries. A receipt of a training names both.
// The first is of the forward graph as lowered, so every method and plan of a model has the same; the second is of the
// plans.
#include <lorac/lrt_sha256.h>
#include "compiler/base/arena.h"
#include "compiler/base/text.h"
#include "compiler/op/op.h"
#include "compiler/program/program.h"

static const char *digest(struct text *t, struct arena *a) {
    struct lrt_sha256 h;
    char *digits = ARENA_ARRAY(a, char, LRT_SHA256_TEXT);
    lrt_sha256_begin(&h);
    lrt_sha256_add(&h, t->bytes ? t->bytes : "", t->length);
    lrt_sha256_end(&h, digits);
    text_free(t);
    return digits;
}

const char *program_model_hash(const struct program *p, struct arena *a) {
    struct text t = {0};
    if (p->options.forward) graph_dump(p->options.forward, &t);
    return digest(&t, a);
}

const char *program_plan_hash(const struct program *p, struct arena *a) {
    const struct plan *const plans[] = {p->step, p->eval, p->logits};
    struct text t = {0};
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++)
        if (plans[i]) plan_dump(plans[i], &t);
    return digest(&t, a);
}
