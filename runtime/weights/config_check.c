// config_check: compares config.json with the program: its top level, text_config, and the objects that describe the
// rope.
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "runtime/weights/hf_folder.h"
#include "runtime/weights/model_facts.h"

struct config_part {
    const json_t *config, *top; // an object of the file; its outermost one
    const char *path, *prefix;
    bool known; // the file says which model it is
    const struct lrt_plan_info *plan;
    struct lrt_report *report;
};

// gemma gives one activation under two keys; the newer one counts.
static bool is_overruled(const struct config_part *c, const char *key) {
    const char *type = json_string_value(json_object_get(c->top, "model_type"));
    if (strcmp(key, "sliding_window") == 0) return json_is_false(json_object_get(c->config, "use_sliding_window"));
    return strcmp(key, "hidden_act") == 0 && type && strncmp(type, "gemma", 5) == 0;
}

static int check_keys(const struct config_part *c) {
    struct fact_said said;
    int status = LRT_OK;
    for (size_t i = 0; i < lrt_n_dim_facts && !status; i++)
        for (size_t k = 0; k < 3 && lrt_dim_facts[i].config[k] && !status; k++) {
            lrt_said_in_config(&said, c->path, c->config, c->prefix, lrt_dim_facts[i].config[k]);
            status = lrt_check_dim(&said, &lrt_dim_facts[i], c->plan, c->report);
        }
    for (size_t i = 0; i < lrt_n_const_facts && !status; i++) {
        lrt_said_in_config(&said, c->path, c->config, c->prefix, lrt_const_facts[i].config);
        status = lrt_check_const(&said, &lrt_const_facts[i], c->known, c->plan, c->report);
    }
    for (size_t i = 0; i < lrt_n_model_facts && !status; i++) {
        const struct model_fact *fact = &lrt_model_facts[i];
        if (!fact->config || is_overruled(c, fact->config)) continue;
        lrt_said_in_config(&said, c->path, c->config, c->prefix, fact->config);
        status = lrt_check_fact(&said, fact, c->plan, c->report);
    }
    return status;
}

// Positions scaled only beyond the length that the model was trained with are unchanged up to that length.
static bool is_beyond_reach(const struct config_part *c, const char *kind) {
    const json_int_t trained = json_integer_value(json_object_get(c->top, "max_position_embeddings"));
    return kind && strcmp(kind, "dynamic") == 0 && c->plan->seq <= trained;
}

// rope_scaling, or rope_parameters, which may hold one object for each kind of layer.
static int check_rope(const struct config_part *c, const char *prefix, const json_t *rope, int depth) {
    const struct config_part part = {
        .config = rope, .top = c->top, .path = c->path, .prefix = prefix, .plan = c->plan, .report = c->report};
    struct rope_said said;
    const char *key, *word = json_object_get(rope, "rope_type") ? "rope_type" : "type";
    json_t *value;
    int status = LRT_OK;
    json_object_foreach((json_t *)(uintptr_t)rope, key, value) {
        char inner[128];
        snprintf(inner, sizeof inner, "%s%.60s.", prefix, key);
        if (json_is_object(value) && depth == 0 && !status) status = check_rope(c, inner, value, 1);
    }
    if (!status) status = check_keys(&part);
    lrt_said_in_config(&said.kind, c->path, rope, prefix, word);
    lrt_said_in_config(&said.factor, c->path, rope, prefix, "factor");
    lrt_said_in_config(&said.low, c->path, rope, prefix, "low_freq_factor");
    lrt_said_in_config(&said.high, c->path, rope, prefix, "high_freq_factor");
    lrt_said_in_config(&said.original, c->path, rope, prefix, "original_max_position_embeddings");
    if (status || is_beyond_reach(c, json_string_value(json_object_get(rope, word)))) return status;
    return lrt_check_scaling(&said, c->plan, c->report);
}

// Layers without full attention, and layers without a rope.
static int check_layers(const struct config_part *c) {
    const json_t *types = json_object_get(c->config, "layer_types"),
                 *ropes = json_object_get(c->config, "no_rope_layers");
    for (size_t i = 0; i < json_array_size(types); i++) {
        const char *type = json_string_value(json_array_get(types, i));
        if (!type || (strcmp(type, "full_attention") != 0 && strcmp(type, "sliding_attention") != 0))
            return lrt_file_fail(c->report, LRT_ERR_FILE,
                                 "%s: %slayer_types has %.40s, which lorac does not compute; take another model",
                                 c->path, c->prefix, type ? type : "no names");
    }
    for (size_t i = 0; i < json_array_size(ropes); i++)
        if (json_integer_value(json_array_get(ropes, i)) == 0)
            return lrt_file_fail(c->report, LRT_ERR_FILE,
                                 "%s: %sno_rope_layers: layer %zu has no rope, and the program turns all layers; take "
                                 "another model",
                                 c->path, c->prefix, i);
    return LRT_OK;
}

static int check_type(const struct config_part *c) {
    const json_t *said = json_object_get(c->config, "model_type");
    const char *type = json_string_value(said);
    char key[80];
    snprintf(key, sizeof key, "%smodel_type", c->prefix);
    if (!said || json_is_null(said)) return LRT_OK;
    if (type && lrt_model_of_config(type)) {
        const int status = lrt_check_family(c->path, key, type, c->plan, c->report);
        return status ? status : lrt_check_implied(c->path, c->config, c->prefix, type, c->plan, c->report);
    }
    return lrt_file_fail(
        c->report, LRT_ERR_FILE,
        "%s: %smodel_type is %.40s, and lorac does not know what such a model computes; if the program "
        "computes it, set model_type to the family that it is of (\"llama\")",
        c->path, c->prefix, type ? type : "no name");
}

static int check_part(const struct config_part *c) {
    static const char *const ropes[][2] = {{"rope_parameters", "rope_parameters."}, {"rope_scaling", "rope_scaling."}};
    int status = check_keys(c);
    if (!status) status = check_layers(c);
    for (size_t i = 0; i < sizeof ropes / sizeof *ropes && !status; i++) {
        const json_t *rope = json_object_get(c->config, ropes[i][0]);
        if (rope && !json_is_null(rope) && !json_is_object(rope))
            return lrt_file_fail(c->report, LRT_ERR_FILE, "%s: %s%s is no object; mend the file", c->path, c->prefix,
                                 ropes[i][0]);
        if (rope) status = check_rope(c, ropes[i][1], rope, 0);
    }
    return status ? status : check_type(c);
}

int lrt_hf_check_config(const json_t *config, const char *path, const struct lrt_plan_info *plan,
                        struct lrt_report *report) {
    struct config_part c = {
        .config = config, .top = config, .path = path, .prefix = "", .plan = plan, .report = report};
    const char *type = json_string_value(json_object_get(config, "model_type"));
    const json_t *text = json_object_get(config, "text_config"), *rope = json_object_get(config, "rope_parameters");
    // gemma3 has its own theta where it says nothing.
    c.known = type && lrt_model_of_config(type) && strncmp(type, "gemma3", 6) != 0 && !json_is_object(rope) &&
              !json_is_object(text);
    const int status = check_part(&c);
    if (status || !json_is_object(text)) return status;
    c.config = text;
    c.prefix = "text_config.";
    return check_part(&c);
}
