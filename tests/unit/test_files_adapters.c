// Adapters are written and read back: PEFT, GGUF LoRA, MLX, gradients; complete models after full training; random
// weights. All dims are different, and q and k rows are permuted as in a llama GGUF.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <jansson.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <string.h>

#include "tests/unit/files_plan.h"

enum { POOL = 1 << 16, SLOTS = 64 };

static const struct small_dims dims = {
    .vocab = 50, .width = 64, .depth = 3, .heads = 4, .kv_heads = 2, .head = 8, .ff = 96};

static char folder[64];

static int make_folder(void **state) {
    (void)state;
    strcpy(folder, "/tmp/lrt-files-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static void empty(const char *path) {
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d));) {
        char child[512];
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
        snprintf(child, sizeof child, "%s/%s", path, e->d_name);
        if (unlink(child) != 0) empty(child);
    }
    if (d) closedir(d);
    rmdir(path);
}

static int remove_folder(void **state) {
    (void)state;
    empty(folder);
    return 0;
}

static const char *in_folder(const char *name) {
    static char paths[4][256];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

#define OK(call)                                                                                                       \
    do {                                                                                                               \
        if ((call) != LRT_OK) fail_msg("%s", report.text);                                                             \
    } while (0)

static int64_t seven_projections(struct small_plan *p) {
    plan_build(p, dims);
    int64_t n = 0;
    for (uint32_t w = 3; w <= 10; w++)
        if (w != 7) n = plan_lora(p, w, "a", "b", 0, dims.depth, 4, 8, n);
    return n;
}

static float *counted(int64_t n) {
    float *values = malloc((size_t)n * sizeof *values);
    for (int64_t i = 0; i < n; i++) values[i] = (float)(i % 10007) * 0.125f - 300.0f;
    return values;
}

static struct lrt_weight_file *open_file(const char *path) {
    struct lrt_report report;
    struct lrt_weight_file *f = NULL;
    OK(lrt_weight_file_open(&f, path, &report));
    return f;
}

static const float *floats_of(const struct lrt_weight_file *f, const char *name, int64_t rows, int64_t columns) {
    const struct lrt_file_tensor *t = lrt_weight_file_find(f, name);
    if (!t) fail_msg("no tensor %s", name);
    assert_int_equal(t->type, LRT_F32);
    assert_int_equal(t->shape[0], rows);
    if (columns) assert_int_equal(t->shape[1], columns);
    return t->data;
}

static json_t *config_of(const char *peft) {
    char path[512];
    snprintf(path, sizeof path, "%s/adapter_config.json", peft);
    json_t *config = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(config);
    return config;
}

static void rope_order_is_its_own_inverse_in_both_directions(void **state) {
    (void)state;
    for (int64_t head = 2; head <= 16; head += 2)
        for (int64_t r = 0; r < 3 * head; r++) {
            int64_t gguf = lrt_rope_source_row(r, head, LRT_ROPE_TO_HF);
            assert_int_equal(lrt_rope_source_row(gguf, head, LRT_ROPE_TO_GGUF), r);
        }
    assert_int_equal(lrt_rope_source_row(8 + 5, 8, LRT_ROPE_TO_HF), 8 + 3); // s = 1, j = 1 lies at 2j + s
}

static void peft_goes_out_and_comes_back(void **state) {
    (void)state;
    for (int interleaved = 0; interleaved <= 1; interleaved++) {
        struct small_plan p;
        struct lrt_report report;
        int64_t n = seven_projections(&p);
        float *values = counted(n), *back = calloc((size_t)n, sizeof *back);
        struct lrt_adapter_source from = {
            .plan = &p.plan, .values = values, .rope_interleaved = interleaved, .base_name = "org/small"};
        const char *peft = in_folder(interleaved ? "peft-gguf" : "peft-hf");
        OK(lrt_write_peft(peft, &from, &report));
        OK(lrt_read_peft(peft, &p.plan, interleaved, back, &report));
        assert_memory_equal(values, back, (size_t)n * sizeof *values);
        char path[512];
        snprintf(path, sizeof path, "%s/adapter_model.safetensors", peft);
        struct lrt_weight_file *f = open_file(path);
        assert_int_equal(lrt_weight_file_count(f), 7 * 2 * 3);
        assert_string_equal(lrt_weight_file_metadata(f, "format"), "pt");
        const float *b = floats_of(f, "base_model.model.model.layers.1.self_attn.q_proj.lora_B.weight", 32, 4);
        const float *own = values + p.params[1].offset + p.params[1].stride;
        for (int64_t r = 0; r < 32; r++) {
            int64_t at = interleaved ? r / 8 * 8 + 2 * (r % 4) + r % 8 / 4 : r;
            assert_memory_equal(b + 4 * r, own + 4 * at, 4 * sizeof *b);
        }
        floats_of(f, "base_model.model.model.layers.2.mlp.down_proj.lora_A.weight", 4, 96);
        lrt_weight_file_close(f);
        json_t *config = config_of(peft);
        assert_int_equal(json_integer_value(json_object_get(config, "r")), 4);
        assert_int_equal(json_integer_value(json_object_get(config, "lora_alpha")), 8);
        assert_int_equal(json_array_size(json_object_get(config, "target_modules")), 7);
        assert_string_equal(json_string_value(json_array_get(json_object_get(config, "target_modules"), 0)), "q_proj");
        assert_true(json_is_null(json_object_get(config, "layers_to_transform")));
        assert_string_equal(json_string_value(json_object_get(config, "base_model_name_or_path")), "org/small");
        json_decref(config);
        free(values);
        free(back);
    }
}

static void ranges_and_ranks_reach_the_configuration(void **state) {
    (void)state;
    struct small_plan p;
    struct lrt_report report;
    plan_build(&p, dims);
    int64_t n = plan_lora(&p, 3, "qa", "qb", 1, 2, 4, 8, 0);
    n = plan_lora(&p, 5, "va", "vb", 1, 2, 4, 8, n);
    float *values = counted(POOL);
    struct lrt_adapter_source from = {.plan = &p.plan, .values = values};
    OK(lrt_write_peft(in_folder("range"), &from, &report));
    json_t *config = config_of(in_folder("range")), *layers = json_object_get(config, "layers_to_transform");
    assert_int_equal(json_array_size(layers), 2);
    assert_int_equal(json_integer_value(json_array_get(layers, 0)), 1);
    json_decref(config);

    n = plan_lora(&p, 10, "da", "db", 0, 1, 2, 3, n); // another range, rank and alpha
    float *back = calloc(POOL, sizeof *back);
    OK(lrt_write_peft(in_folder("mixed"), &from, &report));
    config = config_of(in_folder("mixed"));
    assert_true(json_is_null(json_object_get(config, "layers_to_transform")));
    const char *whole = json_string_value(json_array_get(json_object_get(config, "target_modules"), 0));
    assert_string_equal(whole, "model.layers.1.self_attn.q_proj");
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(config, "rank_pattern"), "model.layers.0.mlp.down_proj")),
        2);
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(config, "alpha_pattern"), "model.layers.0.mlp.down_proj")),
        3);
    json_decref(config);
    OK(lrt_read_peft(in_folder("mixed"), &p.plan, 0, back, &report));
    assert_memory_equal(values, back, (size_t)n * sizeof *values);

    OK(lrt_write_gguf_lora(in_folder("mixed.gguf"), &from, &report));
    memset(back, 0, POOL * sizeof *back);
    OK(lrt_read_gguf_lora(in_folder("mixed.gguf"), &p.plan, 0, back, &report));
    for (int64_t i = 0; i < n; i++) assert_float_equal(back[i], values[i], 1e-3);
    free(values);
    free(back);
}

static void a_wrong_adapter_is_refused(void **state) {
    (void)state;
    struct small_plan p, other;
    struct lrt_report report;
    float *values = counted(POOL);
    seven_projections(&p);
    struct lrt_adapter_source from = {.plan = &p.plan, .values = values};
    OK(lrt_write_peft(in_folder("right"), &from, &report));
    plan_build(&other, dims);
    plan_lora(&other, 3, "a", "b", 0, 3, 8, 16, 0);
    assert_int_equal(lrt_read_peft(in_folder("right"), &other.plan, 0, values, &report), LRT_ERR_FILE);
    assert_non_null(strstr(report.text, "lora(rank: 4)"));
    plan_build(&other, dims);
    plan_lora(&other, 3, "a", "b", 0, 3, 4, 8, 0);
    assert_int_equal(lrt_read_peft(in_folder("right"), &other.plan, 0, values, &report), LRT_ERR_FILE);
    assert_non_null(strstr(report.text, "is none that the model trains"));
    seven_projections(&other);
    plan_full(&other, 1, "out_norm", 0, 1, 4096);
    assert_int_equal(lrt_read_peft(in_folder("right"), &other.plan, 0, values, &report), LRT_ERR_FILE);
    assert_non_null(strstr(report.text, "model.norm.weight, which the model trains, is not in the adapter"));
    assert_int_equal(lrt_read_peft(in_folder("absent"), &p.plan, 0, values, &report), LRT_ERR_FILE);
    free(values);
}

static void gguf_lora_keeps_llama_rows(void **state) {
    (void)state;
    struct small_plan p;
    struct lrt_report report;
    int64_t n = seven_projections(&p);
    float *values = counted(n), *back = calloc((size_t)n, sizeof *back);
    for (int interleaved = 0; interleaved <= 1; interleaved++) {
        struct lrt_adapter_source from = {.plan = &p.plan, .values = values, .rope_interleaved = interleaved};
        const char *path = in_folder("lora.gguf");
        OK(lrt_write_gguf_lora(path, &from, &report));
        OK(lrt_read_gguf_lora(path, &p.plan, interleaved, back, &report));
        assert_memory_equal(values, back, (size_t)n * sizeof *values);
        struct lrt_weight_file *f = open_file(path);
        double alpha = 0;
        assert_true(lrt_gguf_string_is(f, "general.type", "adapter") &&
                    lrt_gguf_string_is(f, "general.architecture", "llama"));
        assert_true(lrt_gguf_number(f, "adapter.lora.alpha", &alpha) && alpha == 8.0);
        const float *b = floats_of(f, "blk.1.attn_k.weight.lora_b", 16, 4);
        const float *own = values + p.params[3].offset + p.params[3].stride;
        for (int64_t r = 0; r < 16; r++) {
            int64_t at = interleaved ? r : r / 8 * 8 + r % 2 * 4 + r % 8 / 2;
            assert_memory_equal(b + 4 * r, own + 4 * at, 4 * sizeof *b);
        }
        lrt_weight_file_close(f);
    }
    free(values);
    free(back);
}

static void full_tensors_and_gradients_have_their_names(void **state) {
    (void)state;
    struct small_plan p;
    struct lrt_report report;
    plan_build(&p, dims);
    int64_t n = plan_lora(&p, 4, "ka", "kb", 0, 3, 2, 4, 0);
    n = plan_full(&p, 1, "out_norm", 0, 1, n);
    n = plan_full(&p, 3, "wq", 2, 1, n);
    float *values = counted(n);
    struct lrt_adapter_source from = {.plan = &p.plan, .values = values, .rope_interleaved = 1};
    OK(lrt_write_gradients(in_folder("grads.safetensors"), &from, &report));
    struct lrt_weight_file *f = open_file(in_folder("grads.safetensors"));
    assert_memory_equal(floats_of(f, "model.norm.weight", 64, 0), values + p.params[2].offset, 64 * sizeof *values);
    const float *q = floats_of(f, "model.layers.2.self_attn.q_proj.weight", 32, 64);
    assert_memory_equal(q + 64, values + p.params[3].offset + 2 * 64, 64 * sizeof *values);
    floats_of(f, "base_model.model.model.layers.0.self_attn.k_proj.lora_A.weight", 2, 64);
    lrt_weight_file_close(f);
    OK(lrt_write_peft(in_folder("full"), &from, &report));
    json_t *config = config_of(in_folder("full"));
    assert_string_equal(json_string_value(json_array_get(json_object_get(config, "modules_to_save"), 0)), "model.norm");
    json_decref(config);
    OK(lrt_write_gguf_lora(in_folder("full.gguf"), &from, &report));
    assert_non_null(strstr(report.text, "2 fully trained tensors were left out"));
    OK(lrt_write_mlx(in_folder("mlx"), &from, &report));
    f = open_file(in_folder("mlx/adapters.safetensors"));
    const float *a = floats_of(f, "model.layers.1.self_attn.k_proj.lora_a", 64, 2);
    assert_true(a[1] == values[p.params[0].stride + 64] && a[2] == values[p.params[0].stride + 1]);
    lrt_weight_file_close(f);
    free(values);
}

// IA3 on the outputs of keys, whose rows a llama GGUF permutes, and on the inputs of the last product.
static int64_t ia3_on_two(struct small_plan *p) {
    plan_build(p, dims);
    const struct lrt_param_info outputs = {.name = "wk.ia3_outputs",
                                           .role = LRT_ROLE_IA3_OUTPUTS,
                                           .weight = 4,
                                           .rank = 1,
                                           .shape = {16},
                                           .instances = 3,
                                           .stride = 16};
    const struct lrt_param_info inputs = {.name = "w_down.ia3_inputs",
                                          .role = LRT_ROLE_IA3_INPUTS,
                                          .weight = 10,
                                          .rank = 1,
                                          .shape = {96},
                                          .instances = 3,
                                          .offset = 48,
                                          .stride = 96};
    p->params[p->plan.n_params++] = outputs;
    p->params[p->plan.n_params++] = inputs;
    return 48 + 3 * 96;
}

static void ia3_goes_out_and_comes_back(void **state) {
    (void)state;
    for (int interleaved = 0; interleaved <= 1; interleaved++) {
        struct small_plan p;
        struct lrt_report report;
        int64_t n = ia3_on_two(&p);
        float *values = counted(n), *back = calloc((size_t)n, sizeof *back);
        struct lrt_adapter_source from = {.plan = &p.plan, .values = values, .rope_interleaved = interleaved};
        const char *peft = in_folder(interleaved ? "ia3-gguf" : "ia3-hf");
        char path[512];
        OK(lrt_write_peft(peft, &from, &report));
        OK(lrt_read_peft(peft, &p.plan, interleaved, back, &report));
        assert_memory_equal(values, back, (size_t)n * sizeof *values);
        snprintf(path, sizeof path, "%s/adapter_model.safetensors", peft);
        struct lrt_weight_file *f = open_file(path);
        assert_int_equal(lrt_weight_file_count(f), 2 * 3);
        const float *k = floats_of(f, "base_model.model.model.layers.1.self_attn.k_proj.ia3_l", 16, 1);
        for (int64_t r = 0; r < 16; r++) {
            int64_t at = interleaved ? r / 8 * 8 + 2 * (r % 4) + r % 8 / 4 : r;
            assert_true(k[r] == values[16 + at]);
        }
        const float *down = floats_of(f, "base_model.model.model.layers.2.mlp.down_proj.ia3_l", 1, 96);
        assert_memory_equal(down, values + 48 + 2 * 96, 96 * sizeof *down);
        lrt_weight_file_close(f);
        json_t *config = config_of(peft), *targets = json_object_get(config, "target_modules"),
               *inputs = json_object_get(config, "feedforward_modules");
        assert_string_equal(json_string_value(json_object_get(config, "peft_type")), "IA3");
        assert_int_equal(json_array_size(targets), 2);
        assert_string_equal(json_string_value(json_array_get(targets, 0)), "k_proj");
        assert_int_equal(json_array_size(inputs), 1);
        assert_string_equal(json_string_value(json_array_get(inputs, 0)), "down_proj");
        assert_null(json_object_get(config, "r"));
        json_decref(config);
        free(values);
        free(back);
    }
}

static void what_has_no_form_for_ia3_says_so(void **state) {
    (void)state;
    struct small_plan p;
    struct lrt_report report;
    int64_t n = ia3_on_two(&p);
    float *values = counted(POOL);
    struct lrt_adapter_source from = {.plan = &p.plan, .values = values};
    OK(lrt_write_peft(in_folder("ia3"), &from, &report));
    assert_int_equal(lrt_write_gguf_lora(in_folder("ia3.gguf"), &from, &report), LRT_ERR_ARGUMENT);
    assert_non_null(strstr(report.text, "holds LoRA alone, and wk.ia3_outputs is of ia3"));
    assert_int_equal(lrt_write_mlx(in_folder("ia3-mlx"), &from, &report), LRT_ERR_ARGUMENT);
    assert_non_null(strstr(report.text, "LoRA alone, and wk.ia3_outputs is of ia3"));
    struct small_plan other;
    seven_projections(&other);
    assert_int_equal(lrt_read_peft(in_folder("ia3"), &other.plan, 0, values, &report), LRT_ERR_FILE);
    assert_non_null(strstr(report.text, "peft_type is IA3, the model's adapter is lora"));
    p.params[1].role = LRT_ROLE_IA3_OUTPUTS;
    assert_int_equal(lrt_read_peft(in_folder("ia3"), &p.plan, 0, values, &report), LRT_ERR_FILE);
    assert_non_null(strstr(report.text, "generate it with ia3(scale: inputs)"));
    p.params[1].role = LRT_ROLE_IA3_INPUTS;
    plan_lora(&p, 3, "a", "b", 0, 3, 4, 8, n);
    assert_int_equal(lrt_write_peft(in_folder("two"), &from, &report), LRT_ERR_ARGUMENT);
    assert_non_null(strstr(report.text, "holds one kind of adapter, not ia3 and lora"));
    free(values);
}

static void random_weights_bind_and_become_whole_models(void **state) {
    (void)state;
    struct small_plan p;
    struct lrt_report report;
    struct lrt_tensor slots[SLOTS], again[SLOTS];
    struct lrt_weights w, v;
    plan_build(&p, dims);
    const char *path = in_folder("random.gguf");
    OK(lrt_write_random_gguf(path, &p.plan, NULL, LRT_Q8_0, 7, &report));
    assert_string_equal(report.text, "");
    struct lrt_weight_file *f = open_file(path);
    OK(lrt_weights_bind(f, &p.plan, slots, SLOTS, 0, &w, &report));
    assert_int_equal(w.rope_interleaved, 1);
    assert_int_equal(slots[p.weights[3].first_slot].type, LRT_Q8_0);
    assert_true(((const float *)slots[p.weights[1].first_slot].data)[5] == 1.0f);

    int64_t n = plan_full(&p, 3, "wq", 1, 1, 0);
    n = plan_full(&p, 1, "out_norm", 0, 1, n);
    float *values = counted(n);
    struct lrt_adapter_source from = {.plan = &p.plan, .values = values, .rope_interleaved = 1};
    OK(lrt_write_model_gguf(in_folder("whole.gguf"), &from, &w, f, NULL, LRT_F32, &report));
    OK(lrt_write_model_safetensors(in_folder("whole.safetensors"), &from, &w, &report));
    struct lrt_weight_file *g = open_file(in_folder("whole.gguf")), *s = open_file(in_folder("whole.safetensors"));
    OK(lrt_weights_bind(g, &p.plan, again, SLOTS, 0, &v, &report));
    assert_true(lrt_gguf_string_is(g, "general.name", "small"));
    assert_memory_equal(again[p.weights[3].first_slot + 1].data, values, 32 * 64 * sizeof *values);
    assert_memory_equal(again[p.weights[3].first_slot].data, slots[p.weights[3].first_slot].data, 32 * 68);
    OK(lrt_weights_bind(s, &p.plan, again, SLOTS, 0, &v, &report));
    const float *q = again[p.weights[3].first_slot + 1].data;
    assert_memory_equal(q + 64, values + 2 * 64, 64 * sizeof *q); // row 1 of Hugging Face is row 2 of the GGUF
    OK(lrt_write_model_gguf(in_folder("converted.gguf"),
                            &(struct lrt_adapter_source){.plan = &p.plan, .values = values}, &v, s, NULL, UINT32_MAX,
                            &report));
    lrt_weight_file_close(g);
    g = open_file(in_folder("converted.gguf")); // and back: the rows are permuted again
    OK(lrt_weights_bind(g, &p.plan, again, SLOTS, 0, &v, &report));
    assert_int_equal(v.rope_interleaved, 1);
    lrt_weight_file_close(f);
    lrt_weight_file_close(g);
    lrt_weight_file_close(s);
    free(values);
}

// A name of a trained model may be mistaken for one of random weights.
static void only_random_weights_are_replaced_by_such(void **state) {
    (void)state;
    struct small_plan p;
    struct lrt_report report;
    plan_build(&p, dims);
    OK(lrt_write_random_gguf(in_folder("again.gguf"), &p.plan, NULL, LRT_F32, 7, &report));
    OK(lrt_write_random_gguf(in_folder("again.gguf"), &p.plan, NULL, LRT_Q8_0, 8, &report));
    struct lrt_weight_file *f = open_file(in_folder("again.gguf"));
    struct lrt_weights v;
    struct lrt_tensor slots[SLOTS];
    OK(lrt_weights_bind(f, &p.plan, slots, SLOTS, 0, &v, &report));
    OK(lrt_write_model_gguf(in_folder("trained.gguf"), &(struct lrt_adapter_source){.plan = &p.plan}, &v, f, NULL,
                            UINT32_MAX, &report));
    lrt_weight_file_close(f);
    assert_int_equal(lrt_write_random_gguf(in_folder("trained.gguf"), &p.plan, NULL, LRT_F32, 7, &report),
                     LRT_ERR_FILE);
    assert_non_null(strstr(report.text, "trained.gguf: there is a file that does not hold random weights"));
    f = open_file(in_folder("trained.gguf"));
    lrt_weight_file_close(f);
}

static void odd_rows_fall_back_and_say_so(void **state) {
    (void)state;
    struct small_plan p;
    struct lrt_report report;
    struct small_dims odd = dims;
    odd.ff = 90;
    plan_build(&p, odd);
    OK(lrt_write_random_gguf(in_folder("odd.gguf"), &p.plan, NULL, LRT_Q4_K, 7, &report));
    assert_non_null(strstr(report.text, "are not q4_K"));
    struct lrt_weight_file *f = open_file(in_folder("odd.gguf"));
    assert_int_equal(lrt_weight_file_find(f, "blk.0.ffn_down.weight")->type, LRT_F16);
    assert_int_equal(lrt_weight_file_find(f, "blk.0.ffn_up.weight")->type, LRT_Q4_1);
    lrt_weight_file_close(f);
}

static void every_type_of_weights_is_written_and_bound(void **state) {
    (void)state;
    static const uint32_t types[] = {
#define FORMAT(TYPE, ...) LRT_##TYPE,
#include "runtime/formats/formats.def"
#undef FORMAT
    };
    struct small_plan p;
    struct small_dims wide = dims;
    wide.width = 256; // a block of every type
    plan_build(&p, wide);
    for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
        struct lrt_report report;
        struct lrt_weights v;
        struct lrt_tensor slots[SLOTS];
        OK(lrt_write_random_gguf(in_folder("typed.gguf"), &p.plan, NULL, types[t], 7, &report));
        struct lrt_weight_file *f = open_file(in_folder("typed.gguf"));
        assert_int_equal(lrt_weight_file_find(f, "blk.0.ffn_up.weight")->type, types[t]);
        OK(lrt_weights_bind(f, &p.plan, slots, SLOTS, 0, &v, &report));
        OK(lrt_weights_are_finite(f, &p.plan, &v, &report));
        lrt_weight_file_close(f);
    }
}

static void numbers_do_not_depend_on_the_locale(void **state) {
    (void)state;
    struct small_plan p;
    struct lrt_report report;
    plan_build(&p, dims);
    plan_lora(&p, 3, "qa", "qb", 0, 3, 4, 6.5, 0);
    float *values = counted(POOL);
    struct lrt_adapter_source from = {.plan = &p.plan, .values = values};
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8"};
    const char *set = NULL;
    for (size_t i = 0; i < 3 && !set; i++) set = setlocale(LC_ALL, names[i]);
    if (!set) print_message("no locale with a decimal comma is installed: tried in the C locale only\n");
    OK(lrt_write_peft(in_folder("locale"), &from, &report));
    OK(lrt_read_peft(in_folder("locale"), &p.plan, 0, values, &report));
    setlocale(LC_ALL, "C");
    json_t *config = config_of(in_folder("locale"));
    assert_true(json_real_value(json_object_get(config, "lora_alpha")) == 6.5);
    json_decref(config);
    free(values);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rope_order_is_its_own_inverse_in_both_directions),
        cmocka_unit_test(peft_goes_out_and_comes_back),
        cmocka_unit_test(ranges_and_ranks_reach_the_configuration),
        cmocka_unit_test(a_wrong_adapter_is_refused),
        cmocka_unit_test(gguf_lora_keeps_llama_rows),
        cmocka_unit_test(full_tensors_and_gradients_have_their_names),
        cmocka_unit_test(ia3_goes_out_and_comes_back),
        cmocka_unit_test(what_has_no_form_for_ia3_says_so),
        cmocka_unit_test(random_weights_bind_and_become_whole_models),
        cmocka_unit_test(only_random_weights_are_replaced_by_such),
        cmocka_unit_test(odd_rows_fall_back_and_say_so),
        cmocka_unit_test(every_type_of_weights_is_written_and_bound),
        cmocka_unit_test(numbers_do_not_depend_on_the_locale),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
