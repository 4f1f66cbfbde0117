// The model: dims with overrides, weights, adapters per layer range, the train block's values and defaults.
#include "tests/unit/front_fixture.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>

static void expect_model(struct compilation *c, const char *text) {
    compile(c, text);
    if (!c->model) diag_print(c->diagnostics, stderr, DIAG_TEXT, false);
    assert_non_null(c->model);
}

static int64_t dim(const struct compilation *c, const char *name) {
    for (size_t i = 0; i < c->model->n_dims; i++)
        if (strcmp(c->model->dims[i].name, name) == 0) return c->model->dims[i].value;
    fail_msg("no dim %s", name);
    return 0;
}

static void dims_follow_overrides(void **state) {
    (void)state;
    struct compilation c;
    compilation_begin(&c);
    const char *const overrides[] = {"heads=6", "head=2*heads", "eps=0.5"};
    c.options.dims = overrides;
    c.options.n_dims = 3;
    expect_model(&c, "model m\ndim width = heads * head, heads = 4, head = 8\nconst eps = 1e-5, twice = 2 * eps\n");
    assert_int_equal(dim(&c, "heads"), 6);
    assert_int_equal(dim(&c, "head"), 12);
    assert_int_equal(dim(&c, "width"), 72);
    assert_true(c.model->consts[0].value == 0.5);
    assert_true(c.model->consts[1].value == 1.0);
    compilation_end(&c);
}

static double number_of(const char *text, bool *ok) {
    struct compilation c;
    compilation_begin(&c);
    const char *file = arena_print(&c.arena, "model m\ndim four = 4\nconst value = %s\n", text);
    compile(&c, file);
    *ok = c.model != NULL;
    double value = c.model ? c.model->consts[0].value : 0;
    compilation_end(&c);
    return value;
}

static void arithmetic(void **state) {
    (void)state;
    const struct {
        const char *text;
        double value;
    } cases[] = {
        {"1 + 2 * 3", 7},  {"(1 + 2) * 3", 9},
        {"7 % 4", 3},      {"-7 % 4", -3},
        {"7 / 2", 3.5},    {"2 - 3 - 4", -5},
        {"!0 + !5", 1},    {"3 < 4", 1},
        {"3 >= 4", 0},     {"3 == 3 && 2 != 2", 0},
        {"0 || 2", 1},     {"1 ? 2 : 1 / 0", 2},
        {"0 && 1 / 0", 0}, {"1 || 1 / 0", 1},
        {"sqrt(four)", 2}, {"floor(2.5)+ceil(2.5)", 5},
        {"min(2, 3)", 2},  {"max(2, four)", 4},
        {"--2", 2},        {"1e-5", 1e-5},
        {"0.1", 0.1},      {"-four", -4},
        {"3 <= 3", 1},     {"four <= 3", 0},
        {"3 < 3", 0},      {"3 > 3", 0},
        {"four > 3", 1},   {"3 >= 3", 1},
        {"3 != 2", 1},     {"5 - 2", 3},
        {"!0.5", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool ok;
        assert_true(number_of(cases[i].text, &ok) == cases[i].value);
        assert_true(ok);
    }
    const char *const bad[] = {"1 / 0",  "0 % 0", "sqrt(0 - 1)", "min(1)",   "sqrt(x: 1)",
                               "(1, 2)", "five",  "relu(1)",     "2 > 1 > 0"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        bool ok;
        number_of(bad[i], &ok);
        assert_false(ok);
    }
}

static void weights_and_lookup(void **state) {
    (void)state;
    struct compilation c;
    compilation_begin(&c);
    expect_model(&c, TINY_HEAD "block other(x) {\n  weight embed[width]\n  return x * embed\n}\n");
    const struct model *m = c.model;
    int layer = model_find_block(m, "layer"), other = model_find_block(m, "other");
    int w = model_find_weight(m, "w", layer);
    assert_true(w >= 0);
    assert_int_equal(m->weights[w].instances, 3);
    assert_int_equal(m->weights[w].shape[0], 6);
    assert_int_equal(model_find_weight(m, "w", -1), -1);
    assert_int_equal(model_find_weight(m, "w", other), -1);
    assert_int_equal(m->weights[model_find_weight(m, "embed", layer)].rank, 2); // a block can use the file's weights
    assert_int_equal(m->weights[model_find_weight(m, "embed", other)].rank, 1); // its own weights come first
    assert_non_null(model_find_input(m, "tokens"));
    assert_null(model_find_input(m, "logits"));
    assert_int_equal(model_find_input(m, "targets")->ignore, -100);
    assert_false(m->train.present);
    assert_string_equal(m->train.gradient, "none");
    compilation_end(&c);
}

static void index_of_a_block(void **state) {
    (void)state;
    struct compilation c;
    compilation_begin(&c);
    expect_model(&c,
                 "model m\ndim n = 3\nblock f(x) for i in 0..4 {\n return g(x, window: i % 2 == 0 ? n : 10 * i)\n}\n");
    const struct expr *window = c.model->blocks[0].body[0].value->named[0].value;
    assert_true(model_uses_index(window, "i"));
    assert_false(model_uses_index(window, "j"));
    assert_true(model_is_number(c.model, window, "i"));
    assert_false(model_is_number(c.model, window, NULL));
    assert_false(model_is_number(c.model, c.model->blocks[0].body[0].value, "i"));
    const double expected[] = {3, 10, 3, 30};
    for (int i = 0; i < 4; i++) {
        double value;
        assert_true(model_number(c.model, window, "i", i, &value, c.diagnostics));
        assert_true(value == expected[i]);
    }
    double value;
    assert_false(model_number(c.model, window, NULL, 0, &value, c.diagnostics));
    assert_string_equal(reported(&c), "E0103");
    compilation_end(&c);
}

static void adaptations(void **state) {
    (void)state;
    struct compilation c;
    compilation_begin(&c);
    expect_model(&c, TINY_HEAD
                 "adapt layer[1..3].w with lora(rank: 2, alpha: 3)\nadapt layer[0..1].* with full\n" TINY_TRAIN);
    const struct model *m = c.model;
    assert_int_equal(m->n_adaptations, 3);
    assert_int_equal(m->adaptations[0].kind, LRT_ADAPTER_LORA);
    assert_int_equal(m->adaptations[0].from, 1);
    assert_int_equal(m->adaptations[0].to, 3);
    assert_true(model_option_number(m->adaptations[0].options, m->adaptations[0].n_options, "rank", 0) == 2);
    assert_true(model_option_number(m->adaptations[0].options, m->adaptations[0].n_options, "alpha", 0) == 3);
    assert_string_equal(m->weights[m->adaptations[1].weight].name, "norm");
    assert_int_equal(m->adaptations[1].kind, LRT_ADAPTER_FULL);
    assert_int_equal(m->adaptations[1].to, 1);
    compilation_end(&c);
}

// `*` with lora selects the matrices of linears, so neither the norm nor the tied embedding; with full, everything.
static void star(void **state) {
    (void)state;
    struct compilation c;
    compilation_begin(&c);
    expect_model(&c, TINY_HEAD "adapt * with lora(rank: 2, alpha: 3)\n" TINY_TRAIN);
    assert_int_equal(c.model->n_adaptations, 1);
    assert_string_equal(c.model->weights[c.model->adaptations[0].weight].name, "w");
    assert_int_equal(c.model->adaptations[0].to, 3);
    compilation_end(&c);
    compilation_begin(&c);
    expect_model(&c, TINY_HEAD "adapt * with full\n" TINY_TRAIN);
    assert_int_equal(c.model->n_adaptations, 3);
    compilation_end(&c);
}

static double option(const struct compilation *c, const char *name) {
    return model_option_number(c->model->train.optimizer_options, c->model->train.n_optimizer_options, name, -1);
}

static void train_defaults(void **state) {
    (void)state;
    struct compilation c;
    compilation_begin(&c);
    expect_model(&c, TINY_HEAD TINY_ADAPT TINY_TRAIN);
    const struct model_train *t = &c.model->train;
    assert_true(t->present);
    assert_string_equal(t->gradient, "checkpoint");
    assert_string_equal(t->optimizer, "adamw");
    assert_true(option(&c, "lr") == 1e-3 && option(&c, "eps") == 1e-8 && option(&c, "weight_decay") == 0.01);
    assert_true(t->optimizer_options[1].n == 2 && t->optimizer_options[1].value[1] == 0.999);
    assert_string_equal(t->schedule, "constant");
    assert_true(t->clip == 0 && t->accumulate == 1 && t->memory == 0 && !t->update_fused);
    compilation_end(&c);
}

static void train_values(void **state) {
    (void)state;
    struct compilation c;
    compilation_begin(&c);
    expect_model(
        &c, TINY_HEAD TINY_ADAPT
        "train {\n loss cross_entropy(logits, targets)\n gradient reverse\n optimizer sgd(lr: 0.5, momentum: 0.9)\n"
        " schedule linear(warmup: 2, steps: 10, floor: 0.5)\n clip 0.25\n accumulate 3\n memory 1.5 KiB\n update "
        "fused\n}\n");
    const struct model_train *t = &c.model->train;
    assert_string_equal(t->gradient, "reverse");
    assert_string_equal(t->optimizer, "sgd");
    assert_true(option(&c, "lr") == 0.5 && option(&c, "momentum") == 0.9 && option(&c, "weight_decay") == 0);
    assert_true(t->warmup == 2 && t->schedule_steps == 10 && t->schedule_floor == 0.5);
    assert_true(t->clip == 0.25 && t->accumulate == 3 && t->memory == 1536 && t->update_fused);
    compilation_end(&c);
}

static void command_line_wins(void **state) {
    (void)state;
    struct compilation c;
    compilation_begin(&c);
    c.options.gradient = "none";
    c.options.optimizer = "sgd(lr: 2 * width)";
    c.options.memory = "2MB";
    c.options.update = "fused";
    expect_model(
        &c, TINY_HEAD
        "train {\n loss cross_entropy(logits, targets)\n optimizer adamw(lr: 1)\n gradient reverse\n memory 5\n}\n");
    assert_string_equal(c.model->train.gradient, "none"); // then no weight needs to be adapted
    assert_string_equal(c.model->train.optimizer, "sgd");
    assert_true(option(&c, "lr") == 12);
    assert_int_equal(c.model->train.memory, 2000000);
    assert_true(c.model->train.update_fused);
    compilation_end(&c);
}

// An unknown method or option is an error that lists the known ones; missing options have their defaults.
static void unknown_methods(void **state) {
    (void)state;
    static const char *const optimizers[] = {"adafactor", "adamw8bit(lr: 1)"};
    for (size_t i = 0; i < sizeof optimizers / sizeof *optimizers; i++) {
        struct compilation c;
        compilation_begin(&c);
        c.options.optimizer = optimizers[i];
        compile(&c, TINY_HEAD TINY_ADAPT TINY_TRAIN);
        assert_string_equal(reported(&c), "E0333");
        assert_non_null(strstr(c.diagnostics->list[0].message, "there is adamw and sgd"));
        compilation_end(&c);
    }
    struct compilation c;
    compilation_begin(&c);
    c.options.gradient = "structured(tile: 32)";
    expect_model(&c, TINY_HEAD TINY_ADAPT TINY_TRAIN);
    assert_string_equal(c.model->train.gradient, "structured");
    assert_true(model_option_number(c.model->train.gradient_options, c.model->train.n_gradient_options, "tile", 0) ==
                32);
    assert_true(
        model_option_number(c.model->train.gradient_options, c.model->train.n_gradient_options, "forwards", 0) == 0);
    compilation_end(&c);
}

// The adapters of methods.def, which have options, are the kinds of lrt_adapters.def, which have tensors.
static void adapters_are_in_both_tables(void **state) {
    (void)state;
    static const struct {
        const char *group, *name;
    } methods[] = {
#define METHOD(group, name) {#group, #name},
#define OPTION(...)
#include "compiler/model/methods.def"
#undef OPTION
#undef METHOD
    };
    int adapters = 0;
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (strcmp(methods[i].group, "ADAPTER") != 0) continue;
        bool found = false;
        for (int k = 0; k < LRT_ADAPTERS; k++)
            found = found || strcmp(lrt_adapter_info((enum lrt_adapter)k)->name, methods[i].name) == 0;
        if (!found) fail_msg("%s is no kind of adapter", methods[i].name);
        adapters++;
    }
    assert_int_equal(adapters, LRT_ADAPTERS);
}

// Parameter counts of the examples are those published for the models.
static void examples(void **state) {
    (void)state;
    const struct {
        const char *name;
        int64_t parameters;
    } cases[] = {{"tiny", 820352},
                 {"stories260k", 260032},
                 {"smollm2-135m", 134515008},
                 {"qwen2.5-0.5b", 494032768},
                 {"qwen2.5-1.5b", 1543714304},
                 {"qwen2.5-3b", 3085938688},
                 {"mobilellm-125m", 124635456},
                 {"mobilellm-125m-ls", 124635456},
                 {"llama2-7b", 6738415616}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct compilation c;
        compilation_begin(&c);
        const char *path = arena_print(&c.arena, LORAC_SOURCE_DIR "/examples/%s/model.lora", cases[i].name);
        c.file = parse_file(&c.arena, &c.sources, c.diagnostics, path, (struct parse_folders){0});
        assert_non_null(c.file);
        c.model = model_build(&c.arena, &c.sources, c.diagnostics, c.file, &c.options);
        assert_non_null(c.model);
        int64_t parameters = 0;
        for (size_t w = 0; w < c.model->n_weights; w++) {
            int64_t count = c.model->weights[w].instances;
            for (int d = 0; d < c.model->weights[w].rank; d++) count *= c.model->weights[w].shape[d];
            parameters += count;
            assert_non_null(c.model->weights[w].gguf);
            assert_non_null(c.model->weights[w].hf);
        }
        assert_int_equal(parameters, cases[i].parameters);
        compilation_end(&c);
    }
}

static void the_dump_does_not_know_the_locale(void **state) {
    (void)state;
    struct compilation c;
    char *dumps[2];
    for (int i = 0; i < 2; i++) {
        if (i == 1 && !comma_locale()) {
            free(dumps[0]);
            skip();
        }
        compilation_begin(&c);
        expect_model(&c, TINY_HEAD "const a = 1.5e-3\nadapt layer.w with lora(rank: 2, alpha: 0.5)\n" TINY_TRAIN);
        struct text t = {0};
        model_dump(c.model, &t);
        dumps[i] = t.bytes;
        compilation_end(&c);
    }
    setlocale(LC_ALL, "C");
    assert_string_equal(dumps[0], dumps[1]);
    assert_non_null(strstr(dumps[0], "const a = 0.0015\n"));
    free(dumps[0]);
    free(dumps[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dims_follow_overrides),
        cmocka_unit_test(arithmetic),
        cmocka_unit_test(weights_and_lookup),
        cmocka_unit_test(index_of_a_block),
        cmocka_unit_test(adaptations),
        cmocka_unit_test(star),
        cmocka_unit_test(train_defaults),
        cmocka_unit_test(train_values),
        cmocka_unit_test(command_line_wins),
        cmocka_unit_test(unknown_methods),
        cmocka_unit_test(adapters_are_in_both_tables),
        cmocka_unit_test(examples),
        cmocka_unit_test(the_dump_does_not_know_the_locale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
