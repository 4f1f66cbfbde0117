// Model fixture: turns a .lora text into a graph with random numbers.
#include "tests/table/model_fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/ad/gradient.h"
#include "compiler/base/text.h"
#include "compiler/front/parse.h"
#include "compiler/optim/optim.h"

static double noise(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return (double)(*state >> 8) / (double)(1 << 23) - 1;
}

static void fill_inputs(struct model_fixture *f) {
    uint32_t random = 99;
    for (size_t i = 0; i < f->model->n_inputs; i++) {
        const struct model_input *in = &f->model->inputs[i];
        int64_t count = 1;
        for (int k = 0; k < in->rank; k++) count *= in->shape[k];
        f->inputs[i] = calloc((size_t)count, sizeof(double));
        for (int64_t k = 0; k < count; k++) {
            double x = noise(&random);
            f->inputs[i][k] = in->is_token ? floor((x + 1) / 2 * 0.999 * (double)in->vocab) : x;
            if (in->has_ignore && k % 3 == 1) f->inputs[i][k] = (double)in->ignore;
        }
    }
}

static void begin(struct model_fixture *f) {
    *f = (struct model_fixture){0};
    f->sources.arena = &f->arena;
    f->diagnostics = diag_new(&f->arena, &f->sources);
}

static void build(struct model_fixture *f, const struct ast_file *file, const char *const *dims) {
    struct model_options options = {.dims = dims};
    while (dims && dims[options.n_dims]) options.n_dims++;
    if (!file || !(f->model = model_build(&f->arena, &f->sources, f->diagnostics, file, &options))) return;
    f->forward = pipeline_forward(f->model, &f->arena, f->diagnostics);
    fill_inputs(f);
}

void model_fixture_start(struct model_fixture *f, const char *text) {
    begin(f);
    struct parse_folders none = {0};
    build(f, parse_bytes(&f->arena, &f->sources, f->diagnostics, "test.lora", text, strlen(text), none), NULL);
}

void model_fixture_start_file(struct model_fixture *f, const char *path, const char *const *dims) {
    begin(f);
    struct parse_folders none = {0};
    build(f, parse_file(&f->arena, &f->sources, f->diagnostics, path, none), dims);
}

void model_fixture_fill(const struct model_fixture *f, const struct graph *g, struct interpreter_pools *p) {
    for (size_t t = 1; t < g->n_tensors; t++) {
        const struct tensor *tensor = &g->tensors[t];
        uint32_t random = tensor->weight * 31 + 5;
        const char *role = lrt_role_info(tensor->storage == STORAGE_PARAM ? tensor->role : LRT_ROLE_FULL)->name;
        for (const char *c = role; *c; c++) random = random * 33 + (unsigned char)*c;
        int64_t count = interpreter_tensor_count(g, t), skipped = tensor->first * shape_count(tensor->shape);
        for (int64_t k = 0; k < skipped; k++) noise(&random);
        for (int64_t k = 0; k < count; k++)
            p->values[t][k] =
                noise(&random) * (tensor->shape.rank == 1 ? 0.3 : 0.6) + (tensor->shape.rank == 1 ? 1 : 0);
    }
    (void)f;
}

void model_fixture_stop(struct model_fixture *f) {
    for (size_t i = 0; i < sizeof f->inputs / sizeof f->inputs[0]; i++) free(f->inputs[i]);
    arena_free(&f->arena);
}

char *model_fixture_words(const struct model_fixture *f) {
    struct text t = {0};
    text_puts(&t, "");
    diag_write(f->diagnostics, &t, DIAG_TEXT, false);
    return t.bytes;
}

struct schedule_choice plain_choice(const struct gradient *method) {
    enum { HEAD = 8, BLOCK = 32 };
    return (struct schedule_choice){
        .method = method, .kept = method->kept, .head_rows = HEAD, .tile_rows = method->tiles ? BLOCK : 0};
}

struct graph *model_fixture_logits(struct model_fixture *f, int64_t head) {
    const struct pass_context c = {.graph = LOGITS,
                                   .model = f->model,
                                   .choice = {.head_rows = head},
                                   .arena = &f->arena,
                                   .diagnostics = f->diagnostics};
    return pipeline_run(&c, NULL, GROUP_LOWER, GROUP_LOWER);
}
