// PEFT folders as others write them: every spelling of a tensor's name that PEFT takes, every key of
// adapter_config.json honoured or refused; and the same adapter out of folders of MLX and a GGUF.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/files_plan.h"

enum { FLOATS = 1 << 14, TENSORS = 12 };

static const struct small_dims dims = {
    .vocab = 50, .width = 16, .depth = 3, .heads = 4, .kv_heads = 2, .head = 4, .ff = 24};
static const char *const files[] = {"adapter_model.safetensors", "adapter_config.json", "adapters.safetensors",
                                    "adapter.gguf"};

struct folder {
    char path[64];
    struct small_plan plan; // LoRA of rank 4 and alpha 8 on wq and wv of three layers
    float values[FLOATS], back[FLOATS];
    int64_t n;
    struct lrt_report report;
};

static int make_folder(void **state) {
    static struct folder f;
    memset(&f, 0, sizeof f);
    strcpy(f.path, "/tmp/lrt-peft-XXXXXX");
    plan_build(&f.plan, dims);
    f.n = plan_lora(&f.plan, 3, "qa", "qb", 0, 3, 4, 8, 0);
    f.n = plan_lora(&f.plan, 5, "va", "vb", 0, 3, 4, 8, f.n);
    for (int64_t i = 0; i < f.n; i++) f.values[i] = (float)(i % 509) * 0.25f - 60.0f;
    *state = &f;
    return mkdtemp(f.path) ? 0 : -1;
}

static int remove_folder(void **state) {
    const struct folder *f = *state;
    char path[128];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", f->path, files[i]);
        unlink(path);
    }
    return rmdir(f->path);
}

static void write_config(const struct folder *f, const char *text) {
    char path[128];
    snprintf(path, sizeof path, "%s/adapter_config.json", f->path);
    FILE *out = fopen(path, "wb");
    assert_true(out && fputs(text, out) >= 0 && fclose(out) == 0);
}

static int64_t offset_of(const struct folder *f, size_t param, int64_t layer) {
    return f->plan.params[param].offset + layer * f->plan.params[param].stride;
}

// The folder's tensors under the names that `format` makes: of layer, projection, "A" or "B". Those of layer 1 get
// `other`, with `number` for the layer.
static void write_tensors(const struct folder *f, const char *format, const char *other, int number) {
    static const char *const projections[] = {"q_proj", "v_proj"};
    struct lrt_named_tensor tensors[TENSORS];
    char names[TENSORS][200], path[128];
    struct lrt_report report;
    size_t n = 0;
    for (size_t p = 0; p < 4; p++)
        for (int64_t layer = 0; layer < 3; layer++, n++) {
            const struct lrt_param_info *info = &f->plan.params[p];
            const bool same = layer != 1 || !other;
            snprintf(names[n], sizeof names[n], same ? format : other, same ? (int)layer : number, projections[p / 2],
                     p % 2 ? "B" : "A");
            tensors[n] = (struct lrt_named_tensor){.name = names[n],
                                                   .type = LRT_F32,
                                                   .rank = 2,
                                                   .shape = {info->shape[0], info->shape[1]},
                                                   .source = lrt_floats(f->values + offset_of(f, p, layer))};
        }
    snprintf(path, sizeof path, "%s/adapter_model.safetensors", f->path);
    if (lrt_write_safetensors(path, tensors, n, NULL, 0, &report) != LRT_OK) fail_msg("%s", report.text);
}

static int read_folder(struct folder *f) {
    memset(f->back, 0, sizeof f->back);
    return lrt_read_adapter(f->path, &f->plan.plan, 0, f->back, &f->report);
}

#define USUAL "base_model.model.model.layers.%d.self_attn.%s.lora_%s.weight"
#define CONFIG "\"peft_type\": \"LORA\", \"r\": 4, \"lora_alpha\": 8, \"target_modules\": [\"q_proj\", \"v_proj\"]"

static void every_spelling_of_a_name_is_read(void **state) {
    struct folder *f = *state;
    static const char *const spellings[] = {
        USUAL,
        "base_model.model.model.layers.%d.self_attn.%s.lora_%s.default.weight",
        "base_model.model.model.layers.%d.self_attn.%s.lora_%s.my-adapter_2.weight",
        "model.layers.%d.self_attn.%s.lora_%s.weight",
        "model.layers.%d.self_attn.%s.lora_%s.default.weight",
        "base_model.model.layers.%d.self_attn.%s.lora_%s.weight",
        "layers.%d.self_attn.%s.lora_%s.weight",
    };
    write_config(f, "{" CONFIG "}");
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        write_tensors(f, spellings[i], NULL, 0);
        if (read_folder(f) != LRT_OK) fail_msg("%s: %s", spellings[i], f->report.text);
        assert_memory_equal(f->values, f->back, (size_t)f->n * sizeof *f->values);
        assert_string_equal(f->report.text, "");
    }
    write_tensors(f, USUAL, "base_model.model.model.layers.%d.self_attn.%s.lora_%s.default.weight", 1); // mixed is fine
    assert_int_equal(read_folder(f), LRT_OK);
    static const struct {
        const char *format, *other;
        int number;
        const char *says;
    } wrong[] = {
        {"model.layers.%d.self_attn.%s.lora_%s.one.weight", "model.layers.%d.self_attn.%s.lora_%s.two.weight", 1,
         "is of the adapter"},
        {"model.layers.%d.self_attn.%s.lora_%s", NULL, 0, "is none that the model trains"},
        {"model.layers.%d.self_attn.%s.lora_C%s.weight", NULL, 0, "is none that the model trains"},
        {USUAL, "model.layers.%d.self_attn.%s.lora_%s.default.weight", 0, "are both of"},
        {USUAL, USUAL, 19, "model.layers.19.self_attn"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        write_tensors(f, wrong[i].format, wrong[i].other, wrong[i].number);
        assert_int_equal(read_folder(f), LRT_ERR_FILE);
        if (!strstr(f->report.text, wrong[i].says)) fail_msg("%s: %s", wrong[i].says, f->report.text);
    }
}

// What a configuration makes of lora_b of wq in layer 0 and of wv in layer 2: factors; or words of the refusal.
struct config_case {
    const char *config;
    double q0, v2;
    const char *says;
};

static void expect(struct folder *f, const struct config_case *c) {
    char text[2048];
    snprintf(text, sizeof text, "{%s}", c->config);
    write_config(f, text);
    const int status = read_folder(f);
    if (status != (c->says && c->q0 == 0 ? LRT_ERR_FILE : LRT_OK)) fail_msg("%s: %s", c->config, f->report.text);
    if (c->says && !strstr(f->report.text, c->says)) fail_msg("%s: %s", c->config, f->report.text);
    if (c->says && c->q0 == 0 && !strstr(f->report.text, "adapter_config.json")) fail_msg("%s", f->report.text);
    if (status) return;
    const int64_t q = offset_of(f, 1, 0), v = offset_of(f, 3, 2);
    for (int64_t i = 0; i < 16; i++) {
        assert_float_equal(f->back[q + i], (float)(c->q0 * (double)f->values[q + i]), 1e-4);
        assert_float_equal(f->back[v + i], (float)(c->v2 * (double)f->values[v + i]), 1e-4);
    }
    assert_memory_equal(f->values, f->back, (size_t)f->plan.params[0].stride * sizeof *f->values); // lora_a never
}

static const struct config_case keys[] = {
    // how much it counts
    {CONFIG, 1, 1, NULL},
    {CONFIG ", \"lora_alpha\": 8.0, \"use_rslora\": false", 0, 0, "not valid JSON"}, // a key twice
    {"\"peft_type\": \"LORA\", \"r\": 4, \"lora_alpha\": 16", 2, 2, "function stays the adapter's"},
    {"\"peft_type\": \"LORA\", \"r\": 4", 1, 1, NULL}, // alpha is 8 where nothing is said
    {CONFIG ", \"use_rslora\": true", 2, 2, "function stays"},
    {CONFIG ", \"alpha_pattern\": {\"q_proj\": 24}", 3, 1, "function stays"},
    {CONFIG ", \"alpha_pattern\": {\"^model\\\\.layers\\\\.0\\\\..*\": 400}", 50, 1, "function stays"},
    {CONFIG ", \"alpha_pattern\": {\"model.layers.[0-1].self_attn.(q|k)_proj\": 16}", 2, 1, "function stays"},
    {CONFIG ", \"alpha_pattern\": {\"layers.2.self_attn.v_proj\": 16, \".*\": 4}", 0.5, 2, "function stays"},
    {CONFIG ", \"alpha_pattern\": {\"proj\": 16, \"_proj\": 16, \"q_pro\": 16}", 1, 1, NULL}, // whole names only
    {CONFIG ", \"alpha_pattern\": {\"q_proj\": 24}, \"use_rslora\": true", 6, 2, "function stays"},
    {CONFIG ", \"alpha_pattern\": {\"q_proj\": \"24\"}", 0, 0, "alpha of model.layers.0.self_attn.q_proj"},
    {CONFIG ", \"alpha_pattern\": {\"(q_proj\": 24}", 0, 0, "no regular expression"},
    {CONFIG ", \"alpha_pattern\": {\"(([a-z._0-9]+)+)+[^a-z._0-9]\": 24}", 0, 0, "takes too long"},
    {CONFIG ", \"alpha_pattern\": {\"\\\\Cq_proj\": 24}", 0, 0, "no regular expression"},
    {CONFIG ", \"alpha_pattern\": [1]", 0, 0, "alpha_pattern is no object"},
    {CONFIG ", \"rank_pattern\": {\"q_proj\": 4}", 1, 1, NULL},
    {CONFIG ", \"rank_pattern\": {\"layers\\\\.0\\\\..*\": 2}", 0, 0, "r is 2 for model.layers.0.self_attn.q_proj"},
    {"\"peft_type\": \"LORA\", \"r\": 1e308, \"lora_alpha\": 8", 0, 0, "no whole number"},
    {"\"peft_type\": \"LORA\", \"r\": 4.0", 0, 0, "no whole number"},
    {"\"peft_type\": \"LORA\", \"r\": 0", 0, 0, "no whole number"},
    {"\"peft_type\": \"LORA\", \"r\": 9223372036854775807", 0, 0, "no whole number"},
    {"\"peft_type\": \"LORA\", \"r\": 16", 0, 0, "lora(rank: 16)"},
    {"\"peft_type\": \"LORA\", \"r\": 4, \"lora_alpha\": \"8\"", 0, 0, "is no number"},
    // starts
    {CONFIG ", \"init_lora_weights\": true", 1, 1, NULL},
    {CONFIG ", \"init_lora_weights\": false", 1, 1, NULL},
    {CONFIG ", \"init_lora_weights\": \"gaussian\"", 1, 1, NULL},
    {CONFIG ", \"init_lora_weights\": \"orthogonal\"", 1, 1, NULL},
    {CONFIG ", \"init_lora_weights\": \"pissa\"", 0, 0, "changes the base model"},
    {CONFIG ", \"init_lora_weights\": \"pissa_niter_16\"", 0, 0, "set the key to true"},
    {CONFIG ", \"init_lora_weights\": \"olora\"", 0, 0, "init_lora_weights is \"olora\""},
    {CONFIG ", \"init_lora_weights\": \"loftq\"", 0, 0, "changes the base model"},
    {CONFIG ", \"init_lora_weights\": \"corda\"", 0, 0, "changes the base model"},
    {CONFIG ", \"init_lora_weights\": \"eva\"", 0, 0, "changes the base model"},
    // which modules
    {"\"peft_type\": \"LORA\", \"r\": 4, \"target_modules\": \"all-linear\"", 1, 1, NULL},
    {"\"peft_type\": \"LORA\", \"r\": 4, \"target_modules\": "
     "\"model\\\\.layers\\\\.\\\\d+\\\\.self_attn\\\\.(q|v)_proj\"",
     1, 1, NULL},
    {"\"peft_type\": \"LORA\", \"r\": 4, \"target_modules\": \".*\\\\.q_proj\"", 0, 0, "target_modules does not name"},
    {"\"peft_type\": \"LORA\", \"r\": 4, \"target_modules\": [\"q_proj\"]", 0, 0,
     "does not name model.layers.0.self_attn.v_proj"},
    {"\"peft_type\": \"LORA\", \"r\": 4, \"target_modules\": [\"_proj\"]", 0, 0, "does not name"},
    {"\"peft_type\": \"LORA\", \"r\": 4, \"target_modules\": 1", 0, 0, "neither a list"},
    {CONFIG ", \"exclude_modules\": [\"v_proj\"]", 0, 0, "exclude_modules names"},
    {CONFIG ", \"exclude_modules\": [\"o_proj\"]", 1, 1, NULL},
    {CONFIG ", \"layers_to_transform\": [0, 1, 2]", 1, 1, NULL},
    {CONFIG ", \"layers_to_transform\": [0, 2]", 0, 0, "leaves out the layer of model.layers.1"},
    {CONFIG ", \"layers_to_transform\": 1", 0, 0, "leaves out the layer of model.layers.0"},
    {CONFIG ", \"layers_to_transform\": [\"0\"]", 0, 0, "neither a number"},
    // other arithmetic
    {CONFIG ", \"use_dora\": true", 0, 0, "use_dora is true"},
    {CONFIG ", \"use_qalora\": true", 0, 0, "use_qalora is true"},
    {CONFIG ", \"lora_bias\": true", 0, 0, "lora_bias is true"},
    {CONFIG ", \"bias\": \"lora_only\"", 0, 0, "bias is \"lora_only\""},
    {CONFIG ", \"layer_replication\": [[0, 2], [1, 3]]", 0, 0, "layer_replication is [[0,2],[1,3]]"},
    {CONFIG ", \"trainable_token_indices\": [3]", 0, 0, "trainable_token_indices is [3]"},
    {CONFIG ", \"target_parameters\": [\"x\"]", 0, 0, "target_parameters"},
    {CONFIG ", \"fan_in_fan_out\": true, \"modules_to_save\": null, \"task_type\": \"CAUSAL_LM\"", 1, 1, NULL},
    {CONFIG ", \"use_dora\": false, \"layer_replication\": null, \"loftq_config\": {\"a\": 1}", 1, 1, NULL},
    {CONFIG ", \"of_next_year\": null, \"another\": {}, \"third\": false", 1, 1, NULL},
    {CONFIG ", \"of_next_year\": \"curved\"", 0, 0, "of_next_year is \"curved\", a key that lorac does not know"},
    {CONFIG ", \"lora_dropout\": 0.1", 1, 1, "lora_dropout is ignored"},
    {CONFIG ", \"base_model_name_or_path\": \"org/Small-Instruct/\"", 1, 1, NULL}, // the plan's model is "small"
    {CONFIG ", \"base_model_name_or_path\": \"org/large\"", 1, 1, "trained on org/large"},
    {"\"peft_type\": \"LOHA\"", 0, 0, "peft_type is LOHA"},
    {"\"r\": 4", 0, 0, "peft_type is absent"},
};

static void every_key_is_honoured_or_refused(void **state) {
    struct folder *f = *state;
    write_tensors(f, USUAL, NULL, 0);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) expect(f, &keys[i]);
}

static void an_alpha_that_makes_no_float_is_refused(void **state) {
    struct folder *f = *state;
    write_tensors(f, USUAL, NULL, 0);
    write_config(f, "{\"peft_type\": \"LORA\", \"r\": 4, \"lora_alpha\": 1e40}");
    assert_int_equal(read_folder(f), LRT_ERR_FILE);
    assert_non_null(strstr(f->report.text, "is too large for a float, times what the adapter's alpha"));
}

// The cure that a refused rank names: a program of that rank reads it.
static void the_cure_for_a_rank_works(void **state) {
    struct folder *f = *state;
    struct lrt_dim_info dims_with[8] = {{"rank", 2}};
    write_tensors(f, USUAL, NULL, 0);
    write_config(f, "{" CONFIG "}");
    struct small_plan other;
    plan_build(&other, dims);
    memcpy(dims_with + 1, other.dims, sizeof other.dims);
    other.plan.dims = dims_with;
    other.plan.n_dims = 8;
    plan_lora(&other, 5, "va", "vb", 0, 3, 2, 8, plan_lora(&other, 3, "qa", "qb", 0, 3, 2, 8, 0));
    assert_int_equal(lrt_read_adapter(f->path, &other.plan, 0, f->back, &f->report), LRT_ERR_FILE);
    assert_non_null(strstr(f->report.text, "(-D rank=4)"));
    assert_int_equal(read_folder(f), LRT_OK);
}

static void other_tools_folders_are_read(void **state) {
    struct folder *f = *state;
    char path[128];
    for (int interleaved = 0; interleaved <= 1; interleaved++) {
        const struct lrt_adapter_source from = {
            .plan = &f->plan.plan, .values = f->values, .rope_interleaved = interleaved};
        if (lrt_write_mlx(f->path, &from, &f->report) != LRT_OK) fail_msg("%s", f->report.text);
        memset(f->back, 0, sizeof f->back);
        if (lrt_read_adapter(f->path, &f->plan.plan, interleaved, f->back, &f->report) != LRT_OK)
            fail_msg("%s", f->report.text);
        assert_memory_equal(f->values, f->back, (size_t)f->n * sizeof *f->values);
        snprintf(path, sizeof path, "%s/adapters.safetensors", f->path);
        assert_int_equal(lrt_read_adapter(path, &f->plan.plan, interleaved, f->back, &f->report), LRT_OK);
        assert_int_equal(unlink(path), 0);
        snprintf(path, sizeof path, "%s/adapter.gguf", f->path);
        if (lrt_write_gguf_lora(path, &from, &f->report) != LRT_OK) fail_msg("%s", f->report.text);
        memset(f->back, 0, sizeof f->back);
        assert_int_equal(lrt_read_adapter(path, &f->plan.plan, interleaved, f->back, &f->report), LRT_OK);
        assert_memory_equal(f->values, f->back, (size_t)f->n * sizeof *f->values);
        memset(f->back, 0, sizeof f->back);
        assert_int_equal(lrt_read_adapter(f->path, &f->plan.plan, interleaved, f->back, &f->report), LRT_OK);
        assert_memory_equal(f->values, f->back, (size_t)f->n * sizeof *f->values);
        unlink(path);
    }
    assert_int_equal(lrt_read_adapter(f->path, &f->plan.plan, 0, f->back, &f->report), LRT_ERR_FILE);
    assert_non_null(strstr(f->report.text, "neither adapter_model.safetensors (PEFT) nor"));
}

static void a_scale_of_mlx_is_honoured(void **state) {
    struct folder *f = *state;
    const struct lrt_adapter_source from = {.plan = &f->plan.plan, .values = f->values};
    static const struct config_case cases[] = {
        {"\"lora_parameters\": {\"rank\": 4, \"scale\": 20.0}, \"model\": \"mlx-community/small-4bit\"", 10, 10,
         "function stays"},
        {"\"fine_tune_type\": \"lora\", \"lora_parameters\": {\"scale\": 2}", 1, 1, NULL},
        {"\"fine_tune_type\": \"dora\", \"lora_parameters\": {\"scale\": 2}", 0, 0, "fine_tune_type is dora"},
        {"\"lora_layers\": 3", 0, 0, "no number \"scale\""},
    };
    assert_int_equal(lrt_write_mlx(f->path, &from, &f->report), LRT_OK);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) expect(f, &cases[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_spelling_of_a_name_is_read, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(every_key_is_honoured_or_refused, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(an_alpha_that_makes_no_float_is_refused, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(the_cure_for_a_rank_works, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(other_tools_folders_are_read, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_scale_of_mlx_is_honoured, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
