// Model as text: numbers computed, defaults filled in, bodies in the language's syntax.
#include <inttypes.h>

#include "compiler/base/text.h"
#include "compiler/model/model.h"

static void print_shape(const int64_t *shape, int rank, struct text *t) {
    text_puts(t, "[");
    for (int i = 0; i < rank; i++) text_print(t, "%s%" PRId64, i ? ", " : "", shape[i]);
    text_puts(t, "]");
}

static void print_input(const struct model_input *input, struct text *t) {
    text_print(t, "input %s", input->name);
    print_shape(input->shape, input->rank, t);
    if (input->is_token)
        text_print(t, ": token(%" PRId64 ")", input->vocab);
    else
        text_puts(t, ": float");
    if (input->has_ignore) text_print(t, ", ignore %" PRId64, input->ignore);
    text_puts(t, "\n");
}

static void print_weights(const struct model *m, int32_t block, const char *indent, struct text *t) {
    for (size_t i = 0; i < m->n_weights; i++) {
        const struct model_weight *w = &m->weights[i];
        if (w->block != block) continue;
        text_print(t, "%sweight %s", indent, w->name);
        print_shape(w->shape, w->rank, t);
        if (w->instances != 1) text_print(t, " x %" PRId64, w->instances);
        if (w->gguf) text_print(t, " gguf \"%s\"", w->gguf);
        if (w->hf) text_print(t, " hf \"%s\"", w->hf);
        text_puts(t, "\n");
    }
}

static void print_body(const struct stmt *body, size_t n_body, const char *indent, struct text *t) {
    for (size_t i = 0; i < n_body; i++) {
        text_puts(t, indent);
        if (body[i].kind == STMT_RETURN) text_puts(t, "return ");
        for (size_t j = 0; j < body[i].n_names; j++) text_print(t, "%s%s", j ? ", " : "", body[i].names[j]);
        if (body[i].kind == STMT_ASSIGN) text_puts(t, " = ");
        expr_print(body[i].value, t);
        text_puts(t, "\n");
    }
}

static void print_block(const struct model *m, size_t number, struct text *t) {
    const struct model_block *block = &m->blocks[number];
    text_print(t, "block %s(", block->name);
    for (size_t i = 0; i < block->n_params; i++) text_print(t, "%s%s", i ? ", " : "", block->params[i]);
    text_puts(t, ")");
    if (block->repeated) text_print(t, " for %s in %" PRId64 "..%" PRId64, block->index, block->from, block->to);
    if (block->each != 1) text_print(t, " each %" PRId64, block->each);
    text_puts(t, "\n");
    print_weights(m, (int32_t)number, "  ", t);
    print_body(block->body, block->n_body, "  ", t);
}

static void print_method(const char *name, const struct model_option *options, size_t n_options, struct text *t) {
    text_puts(t, name);
    for (size_t i = 0; i < n_options; i++) {
        text_print(t, "%s%s: %s", i ? ", " : "(", options[i].name, options[i].word ? options[i].word : "");
        for (int j = 0; j < options[i].n && !options[i].word; j++) {
            if (options[i].n > 1) text_puts(t, j ? ", " : "(");
            text_number(t, options[i].value[j]);
        }
        if (options[i].n > 1) text_puts(t, ")");
    }
    text_puts(t, n_options ? ")\n" : "\n");
}

static void print_adaptation(const struct model *m, const struct model_adaptation *a, struct text *t) {
    const struct model_weight *w = &m->weights[a->weight];
    text_puts(t, "adapt ");
    if (w->block >= 0) {
        const struct model_block *block = &m->blocks[w->block];
        text_print(t, "%s", block->name);
        if (block->repeated) text_print(t, "[%" PRId64 "..%" PRId64 "]", block->from + a->from, block->from + a->to);
        text_puts(t, ".");
    }
    text_print(t, "%s with ", w->name);
    print_method(lrt_adapter_info(a->kind)->name, a->options, a->n_options, t);
}

static void print_number(const char *entry, double value, struct text *t) {
    text_print(t, "  %s ", entry);
    text_number(t, value);
    text_puts(t, "\n");
}

static void print_train(const struct model_train *train, struct text *t) {
    text_puts(t, "train\n");
    if (train->loss) {
        text_puts(t, "  loss ");
        expr_print(train->loss, t);
        text_puts(t, "\n");
    }
    text_puts(t, "  gradient ");
    print_method(train->gradient, train->gradient_options, train->n_gradient_options, t);
    text_puts(t, "  optimizer ");
    print_method(train->optimizer, train->optimizer_options, train->n_optimizer_options, t);
    const struct model_option schedule[] = {{.name = "warmup", .n = 1, .value = {train->warmup}},
                                            {.name = "steps", .n = 1, .value = {train->schedule_steps}},
                                            {.name = "floor", .n = 1, .value = {train->schedule_floor}}};
    text_puts(t, "  schedule ");
    print_method(train->schedule, schedule, 3, t);
    print_number("clip", train->clip, t);
    text_print(t, "  accumulate %" PRId64 "\n  memory %" PRIu64 "\n  update %s\n", train->accumulate, train->memory,
               train->update_fused ? "fused" : "deferred");
}

void model_dump(const struct model *m, struct text *t) {
    text_print(t, "model %s\n", m->name);
    for (size_t i = 0; i < m->n_dims; i++) text_print(t, "dim %s = %" PRId64 "\n", m->dims[i].name, m->dims[i].value);
    for (size_t i = 0; i < m->n_consts; i++) {
        text_print(t, "const %s = ", m->consts[i].name);
        text_number(t, m->consts[i].value);
        text_puts(t, "\n");
    }
    for (size_t i = 0; i < m->n_inputs; i++) print_input(&m->inputs[i], t);
    print_weights(m, -1, "", t);
    for (size_t i = 0; i < m->n_blocks; i++) print_block(m, i, t);
    print_body(m->body, m->n_body, "", t);
    for (size_t i = 0; i < m->n_adaptations; i++) print_adaptation(m, &m->adaptations[i], t);
    if (m->train.present) print_train(&m->train, t);
}
