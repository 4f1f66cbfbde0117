// What weights files say of their model is held against what the program computes: every key of model_facts.def, in
// config.json and in GGUF, as the program's value, as another, as nothing, and as something of another kind.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/weights/gguf_facts.h"
#include "runtime/weights/gguf_write.h"
#include "runtime/weights/model_facts.h"
#include "tests/unit/files_plan.h"

static const struct small_dims dims = {
    .vocab = 6, .width = 8, .depth = 2, .heads = 2, .kv_heads = 1, .head = 4, .ff = 5};

// A llama as the compiler describes it.
static const struct lrt_op_info llama[] = {
    {"embedding", "", 1},     {"linear", "", 1},          {"rms_norm", "", 1},         {"rms_norm", "eps", 1e-5},
    {"rope", "", 1},          {"rope", "theta", 1e4},     {"rope", "head", 4},         {"rope", "scaling", 0},
    {"rope", "factor", 1},    {"attention", "", 1},       {"attention", "heads", 2},   {"attention", "kv_heads", 1},
    {"attention", "head", 4}, {"attention", "window", 0}, {"attention", "softcap", 0}, {"attention", "scale", 0.5},
    {"attention", "mask", 1}, {"silu_mul", "", 1},
};
// A model with all that the other has not.
static const struct lrt_op_info other[] = {
    {"rms_norm", "eps", 1e-6},    {"rope", "theta", 1e4},        {"rope", "theta", 1e6},    {"rope", "head", 4},
    {"rope", "scaling", 2},       {"rope", "factor", 8},         {"rope", "low", 1},        {"rope", "high", 4},
    {"rope", "original", 8192},   {"attention", "heads", 2},     {"attention", "head", 4},  {"attention", "window", 4},
    {"attention", "softcap", 50}, {"attention", "scale", 0.25},  {"gelu_tanh", "", 1},      {"tanh", "", 1},
    {"scale", "factor", 30},      {"scale", "factor", 1.0 / 30}, {"scale", "factor", 12},   {"scale", "factor", 0.125},
    {"scale", "factor", 0.22},    {"scale", "factor", 2.828},    {"rms_norm", "offset", 1},
};

struct place {
    char folder[64], config[128], weights[128], gguf[128];
    struct small_plan plan;
    struct lrt_report report;
};

static int make_place(void **state) {
    static struct place p;
    static const float values[64];
    struct lrt_tensor slots[64];
    memset(&p, 0, sizeof p);
    strcpy(p.folder, "/tmp/lrt-facts-XXXXXX");
    if (!mkdtemp(p.folder)) return -1;
    snprintf(p.config, sizeof p.config, "%s/config.json", p.folder);
    snprintf(p.weights, sizeof p.weights, "%s/model.safetensors", p.folder);
    snprintf(p.gguf, sizeof p.gguf, "%s/model.gguf", p.folder);
    plan_build(&p.plan, dims);
    p.plan.plan.seq = 16;
    for (size_t i = 0; i < 64; i++) slots[i] = lrt_floats(values);
    const struct lrt_weights w = {.slots = slots, .count = p.plan.plan.n_slots};
    const struct lrt_adapter_source from = {.plan = &p.plan.plan};
    *state = &p;
    return lrt_write_model_safetensors(p.weights, &from, &w, &p.report);
}

static int remove_place(void **state) {
    const struct place *p = *state;
    unlink(p->config);
    unlink(p->weights);
    unlink(p->gguf);
    return rmdir(p->folder);
}

static void use_ops(struct place *p, bool others) {
    p->plan.plan.ops = others ? other : llama;
    p->plan.plan.n_ops = others ? sizeof other / sizeof *other : sizeof llama / sizeof *llama;
}

static int check_file(struct place *p, const char *path) {
    struct lrt_weight_file *file;
    int status = lrt_weight_file_open(&file, path, &p->report);
    if (!status) status = lrt_weight_file_check(file, &p->plan.plan, &p->report);
    lrt_weight_file_close(file);
    return status;
}

struct config_case {
    const char *config; // members of the object
    int llama, other;   // 1: accepted by the program
    const char *says;   // of a refusal
};

static const struct config_case configs[] = {
    {"\"hidden_size\": 8, \"num_hidden_layers\": 2, \"num_attention_heads\": 2", 1, 1, NULL},
    {"\"num_hidden_layers\": 3", 0, 0, "num_hidden_layers is 3"},
    {"\"num_hidden_layers\": \"2\"", 0, 0, "not an integer"},
    {"\"hidden_size\": 8.5", 0, 0, "not an integer"},
    {"\"model_type\": \"llama\", \"rope_theta\": 10000, \"rms_norm_eps\": 1e-5", 1, 0, NULL}, // the other's norms
                                                                                              // multiply by 1 + w
    {"\"model_type\": \"llama\", \"rope_theta\": 10000", 0, 0,
     "rms_norm_eps, which it does not say, of a llama is 1e-06"},
    {"\"model_type\": \"granite\", \"rms_norm_eps\": 1e-5, \"attention_multiplier\": 0.5", 1, 0, NULL},
    {"\"model_type\": \"granite\", \"rms_norm_eps\": 1e-5", 0, 0, "attention_multiplier, which it does not say"},
    {"\"model_type\": \"gemma2\"", 0, 0, "whose norms"},
    {"\"model_type\": \"gemma2\", \"query_pre_attn_scalar\": 16", 0, 1, "scale: 0.25"},
    {"\"model_type\": \"gemma\"", 0, 1, "whose norms multiply by 1 + w"},
    {"\"model_type\": \"mamba\"", 0, 0, "model_type is mamba"},
    {"\"model_type\": 1", 0, 0, "model_type is no name"},
    {"\"hidden_act\": \"silu\"", 1, 0, "hidden_act is silu, but the program has no silu"},
    {"\"hidden_act\": \"swish\"", 1, 0, "no silu"},
    {"\"hidden_act\": \"gelu\"", 0, 0, "no gelu;"},
    {"\"hidden_act\": \"silu\", \"hidden_activation\": \"gelu_pytorch_tanh\"", 0, 0, ""},
    {"\"model_type\": \"gemma2\", \"query_pre_attn_scalar\": 16, \"hidden_act\": \"gelu\", \"hidden_activation\": "
     "\"gelu_pytorch_tanh\"",
     0, 1, "scale: 0.25"},
    {"\"activation_function\": \"gelu_new\"", 0, 1, "no gelu_tanh"},
    {"\"hidden_act\": \"xielu\"", 0, 0, "does not know"},
    {"\"partial_rotary_factor\": 1.0", 1, 1, NULL},
    {"\"partial_rotary_factor\": 0.5", 0, 0, "turns whole heads"},
    {"\"rotary_pct\": 0.25", 0, 0, "turns whole heads"},
    {"\"sliding_window\": 4", 0, 1, "write attention(..., window: 4)"},
    {"\"sliding_window\": 8", 0, 0, "window: 8"},
    {"\"sliding_window\": 16", 1, 1, NULL}, // rows of 16 tokens never see its end
    {"\"sliding_window\": 8, \"use_sliding_window\": false", 1, 1, NULL},
    {"\"sliding_window\": null", 1, 1, NULL},
    {"\"attn_logit_softcapping\": 50.0", 0, 1, "softcap: 50"},
    {"\"final_logit_softcapping\": 30.0", 0, 1, "does not cap"},
    {"\"embedding_multiplier\": 12.0", 0, 1, "multiplies nothing by it"},
    {"\"embedding_multiplier\": 1", 1, 1, NULL},
    {"\"residual_multiplier\": 0.22", 0, 1, "multiplies nothing"},
    {"\"logits_scaling\": 8.0", 0, 1, "multiplies nothing"},
    {"\"logits_scaling\": \"8\"", 0, 0, "not a number"},
    {"\"attention_multiplier\": 0.5", 1, 0, "scale: 0.5"},
    {"\"query_pre_attn_scalar\": 16", 0, 1, "scale: 0.25"},
    {"\"rms_norm_eps\": 1e-05", 1, 0, "eps: 1e-05"},
    {"\"rope_theta\": 1e6", 0, 1, "theta: 1e+06"},
    {"\"rope_theta\": \"10000\"", 0, 0, "not a number"},
    {"\"rope_theta\": [10000]", 0, 0, "not a number"},
    {"\"rope_scaling\": [1]", 0, 0, "rope_scaling is no object"},
    {"\"rope_scaling\": {\"rope_type\": \"llama3\", \"factor\": 8, \"low_freq_factor\": 1, \"high_freq_factor\": 4, "
     "\"original_max_position_embeddings\": 8192}",
     0, 1, "the program's are not"},
    {"\"rope_scaling\": {\"rope_type\": \"llama3\", \"factor\": 32}", 0, 0, ""},
    {"\"rope_scaling\": {\"rope_type\": \"llama3\", \"factor\": 8, \"low_freq_factor\": 2}", 0, 0, ""},
    {"\"rope_scaling\": {\"type\": \"linear\", \"factor\": 8}", 0, 0, "the program's are not"},
    {"\"rope_scaling\": {\"type\": \"yarn\", \"factor\": 8}", 0, 0, "yarn"},
    {"\"rope_scaling\": {\"type\": \"dynamic\", \"factor\": 8}", 0, 0, "dynamic"},
    {"\"max_position_embeddings\": 16, \"rope_scaling\": {\"type\": \"dynamic\"}", 1, 1, NULL},
    {"\"rope_parameters\": {\"rope_theta\": 10000, \"rope_type\": \"default\"}", 1, 0, NULL},
    {"\"rope_parameters\": {\"rope_theta\": 500000, \"rope_type\": \"default\"}", 0, 0,
     "rope_parameters.rope_theta is"},
    {"\"rope_parameters\": {\"rope_theta\": \"10000\"}", 0, 0, "not a number"},
    {"\"rope_parameters\": {\"partial_rotary_factor\": 0.5}", 0, 0, "rope_parameters.partial_rotary_factor"},
    {"\"rope_parameters\": {\"full_attention\": {\"rope_theta\": 1e6}, \"sliding_attention\": {\"rope_theta\": 1e4}}",
     0, 1, "rope_parameters.full_attention.rope_theta is"},
    {"\"text_config\": {\"model_type\": \"llama\", \"rope_theta\": 1e4, \"hidden_act\": \"gelu\"}", 0, 0,
     "text_config.hidden_act"},
    {"\"text_config\": {\"hidden_size\": 8}, \"quantization_config\": {\"bits\": 4}", 0, 0, "quantization_config is"},
    {"\"model_type\": \"llava\", \"text_config\": {\"hidden_size\": 8}", 0, 0, "model_type is llava"},
    {"\"rope_local_base_freq\": 10000", 1, 1, NULL},
    {"\"rope_local_base_freq\": 1e6", 0, 1, "theta: 1e+06"},
    {"\"attention_bias\": false, \"mlp_bias\": false", 1, 1, NULL},
    {"\"attention_bias\": true", 0, 0, "attention_bias is true, but the program has no such weights"},
    {"\"mlp_bias\": true", 0, 0, "mlp_bias"},
    {"\"use_qk_norm\": true", 0, 0, "use_qk_norm"},
    {"\"layer_types\": [\"full_attention\", \"sliding_attention\"]", 1, 1, NULL},
    {"\"layer_types\": [\"full_attention\", \"linear_attention\"]", 0, 0, "linear_attention"},
    {"\"no_rope_layers\": [1, 1]", 1, 1, NULL},
    {"\"no_rope_layers\": [1, 0]", 0, 0, "layer 1 has no rope"},
    {"\"quantization_config\": {\"bits\": 4}", 0, 0, "quantization_config is {\"bits\":4}"},
    {"\"num_experts\": 8", 0, 0, "num_experts is 8"},
    {"\"num_local_experts\": 1, \"num_experts\": 0", 1, 1, NULL},
    {"\"clip_qkv\": 8", 0, 0, "clip_qkv"},
    {"\"is_encoder_decoder\": true", 0, 0, "is_encoder_decoder"},
    {"\"is_encoder_decoder\": false, \"clip_qkv\": null, \"quantization_config\": {}", 1, 1, NULL},
};

static void what_a_config_says_is_held_against_the_program(void **state) {
    struct place *p = *state;
    for (size_t i = 0; i < sizeof configs / sizeof *configs; i++) {
        const struct config_case *c = &configs[i];
        FILE *f = fopen(p->config, "wb");
        assert_true(f && fprintf(f, "{%s}", c->config) > 0 && fclose(f) == 0);
        for (int others = 0; others <= 1; others++) {
            use_ops(p, others);
            const int accepted = others ? c->other : c->llama;
            const char *const paths[] = {p->folder, p->weights}; // a named file is as its folder
            for (size_t k = 0; k < 2; k++)
                if (check_file(p, paths[k]) != (accepted ? LRT_OK : LRT_ERR_FILE))
                    fail_msg("%d: %s: %s", others, c->config, p->report.text);
            if (!accepted && !strstr(p->report.text, "config.json: ")) fail_msg("%s", p->report.text);
            if (!accepted && !others && !strstr(p->report.text, c->says)) fail_msg("%s: %s", c->says, p->report.text);
        }
    }
}

// A GGUF of no tensors with one further key.
static void write_gguf(const struct place *p, const char *architecture, const char *key, int kind, double value) {
    struct gguf_entries e = {.n = 0};
    static const uint32_t lists[2][2] = {{5, 5}, {5, 9}};
    lrt_entries_string(&e, "general.architecture", architecture);
    if (kind == 'i') lrt_entries_integer(&e, "", key, (int64_t)value);
    if (kind == 'f') lrt_entries_float(&e, "", key, value);
    if (kind == 's') lrt_entries_string(&e, key, "2");
    if (kind == 'l') { // a list of two: equal numbers where value is 1
        lrt_entries_integer(&e, "", key, 0);
        struct gguf_entry *list = &e.entry[e.n - 1];
        list->type = 9;
        list->element_type = 4;
        list->count = 2;
        list->bytes = 8;
        list->data = (const uint8_t *)lists[value < 1];
    }
    struct lrt_report report;
    if (lrt_gguf_write(p->gguf, e.entry, e.n, NULL, 0, NULL, NULL, &report) != LRT_OK) fail_msg("%s", report.text);
}

struct gguf_case {
    const char *architecture, *key;
    int kind;
    double value;
    const char *says; // NULL: accepted
};

static void what_a_gguf_says_is_held_against_the_program(void **state) {
    struct place *p = *state;
    static const struct gguf_case cases[] = {
        {"llama", "llama.block_count", 'i', 2, NULL},
        {"llama", "llama.block_count", 'i', 99, "llama.block_count is 99"},
        {"llama", "qwen2.block_count", 'i', 99, "a key of another architecture"},
        {"llama", "llama.block_count", 's', 0, "not an integer"},
        {"llama", "llama.feed_forward_length", 'l', 1, NULL},
        {"llama", "llama.feed_forward_length", 'l', 0, "a list, not all of one number"},
        {"llama", "llama.rope.dimension_count", 'i', 4, NULL},
        {"llama", "llama.rope.dimension_count", 'i', 2, "rope.dimension_count is 2"},
        {"llama", "llama.rope.freq_base", 'f', 5e5, "theta: 500000"},
        {"llama", "llama.attention.sliding_window", 'i', 8, "window: 8"},
        {"llama", "llama.attn_logit_softcapping", 'f', 50, "softcap: 50"},
        {"llama", "llama.final_logit_softcapping", 'f', 30, "does not cap"},
        {"llama", "llama.expert_count", 'i', 8, "expert_count is 8"},
        {"llama", "llama.expert_count", 'i', 0, NULL},
        {"llama", "llama.rope.scaling.type", 's', 0, "does not compute"},
        {"granite", "granite.embedding_scale", 'f', 1, NULL},
        {"granite", "granite.embedding_scale", 'f', 12, "embedding_scale is 12"},
        {"granite", "granite.residual_scale", 'f', 0.22, "residual_scale is 0.22"},
        {"granite", "granite.logit_scale", 'f', 8, "logit_scale is 8"},
        {"granite", "granite.attention.scale", 'f', 0.5, NULL},
        {"granite", "granite.attention.scale", 'f', 0.015625, "scale: 0.015625"},
        {"gemma2", "gemma2.block_count", 'i', 2, "whose norms multiply by 1 + w"},
        {"mamba", "mamba.block_count", 'i', 2, "general.architecture is mamba"},
        {"an-architecture-with-a-name-of-more-than-sixty-four-letters-which-none-has", "x", 'i', 2,
         "general.architecture is an-"},
    };
    use_ops(p, false);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct gguf_case *c = &cases[i];
        write_gguf(p, c->architecture, c->key, c->kind, c->value);
        if (check_file(p, p->gguf) != (c->says ? LRT_ERR_FILE : LRT_OK)) fail_msg("%s: %s", c->key, p->report.text);
        if (c->says && !strstr(p->report.text, c->says)) fail_msg("%s: %s", c->says, p->report.text);
    }
}

// A family has one activation, also where its file does not say so. A file that was made from a description has none.
static void a_family_has_its_activation(void **state) {
    struct place *p = *state;
    struct lrt_op_info gelu[sizeof llama / sizeof *llama];
    memcpy(gelu, llama, sizeof gelu);
    for (size_t i = 0; i < sizeof gelu / sizeof *gelu; i++)
        if (strcmp(gelu[i].op, "silu_mul") == 0) gelu[i].op = "gelu";
    static const char *const families[][2] = {{"llama", "silu"},   {"qwen2", "silu"}, {"qwen3", "silu"},
                                              {"granite", "silu"}, {"phi3", "silu"},  {"gpt2", "gelu_new"}};
    p->plan.plan.ops = gelu;
    p->plan.plan.n_ops = sizeof gelu / sizeof *gelu;
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        char says[120], config[160];
        write_gguf(p, families[i][0], "general.x", 'i', 1);
        assert_int_equal(check_file(p, p->gguf), LRT_ERR_FILE);
        snprintf(says, sizeof says, "the activation of general.architecture %s is %s, but the program has no ",
                 families[i][0], families[i][1]);
        if (!strstr(p->report.text, says)) fail_msg("%s", p->report.text);
        FILE *f = fopen(p->config, "wb");
        snprintf(config, sizeof config,
                 "{\"model_type\": \"%s\", \"rms_norm_eps\": 1e-5, \"attention_multiplier\": 0.5}", families[i][0]);
        assert_true(f && fputs(config, f) >= 0 && fclose(f) == 0);
        assert_int_equal(check_file(p, p->folder), LRT_ERR_FILE);
        snprintf(says, sizeof says, ", which it does not say, of a %s is %s, but the program has no ", families[i][0],
                 families[i][1]);
        if (!strstr(p->report.text, says)) fail_msg("%s", p->report.text);
    }
    write_gguf(p, "llama", "lorac.described", 'i', 1);
    if (check_file(p, p->gguf) != LRT_OK) fail_msg("%s", p->report.text);
    use_ops(p, false);
    write_gguf(p, "llama", "general.x", 'i', 1);
    if (check_file(p, p->gguf) != LRT_OK) fail_msg("%s", p->report.text);
}

// Every implied value is of a known model, and of a fact.
static void implied_values_are_of_facts(void **state) {
    (void)state;
    for (size_t i = 0; i < lrt_n_implied_facts; i++) {
        assert_non_null(lrt_model_of_config(lrt_implied_facts[i].config));
        if (!lrt_fact_of_config(lrt_implied_facts[i].key)) fail_msg("%s is no fact", lrt_implied_facts[i].key);
    }
}

// Keys that nobody knows are said by a binding that succeeds, those that change nothing are not.
static void unknown_keys_are_said_once(void **state) {
    struct place *p = *state;
    struct lrt_weight_file *file;
    struct lrt_tensor slots[64];
    struct lrt_weights w;
    FILE *f = fopen(p->config, "wb");
    assert_true(f &&
                fputs("{\"hidden_size\": 8, \"bos_token_id\": 1, \"new_trick\": 3, \"_private\": 1, \"off\": false, "
                      "\"text_config\": {\"inner_trick\": \"x\"}}",
                      f) >= 0 &&
                fclose(f) == 0);
    use_ops(p, false);
    assert_int_equal(lrt_weight_file_open(&file, p->folder, &p->report), LRT_OK);
    assert_int_equal(lrt_weights_bind(file, &p->plan.plan, slots, 64, 0, &w, &p->report), LRT_OK);
    assert_non_null(
        strstr(p->report.text, "config.json: keys that lorac does not know are ignored: new_trick, inner_trick"));
    assert_null(strstr(p->report.text, "bos_token_id"));
    assert_null(strstr(p->report.text, "off"));
    lrt_weight_file_close(file);
    assert_int_equal(lrt_write_random_gguf(p->gguf, &p->plan.plan, NULL, LRT_F32, 1, &p->report), LRT_OK);
    assert_int_equal(lrt_weight_file_open(&file, p->gguf, &p->report), LRT_OK);
    assert_int_equal(lrt_weights_bind(file, &p->plan.plan, slots, 64, 0, &w, &p->report), LRT_OK);
    assert_string_equal(p->report.text, "");
    lrt_weight_file_close(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_a_config_says_is_held_against_the_program, make_place, remove_place),
        cmocka_unit_test_setup_teardown(unknown_keys_are_said_once, make_place, remove_place),
        cmocka_unit_test_setup_teardown(a_family_has_its_activation, make_place, remove_place),
        cmocka_unit_test(implied_values_are_of_facts),
        cmocka_unit_test_setup_teardown(what_a_gguf_says_is_held_against_the_program, make_place, remove_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
