// model_facts: what weights files and programs both know of a model (model_facts.def), and its values in a plan.
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include <lorac/lrt_files.h>

struct json_t;

struct known_model {
    const char *config, *gguf;
    bool interleaved; // the rows of q and k in its GGUF
};
struct dim_fact {
    const char *name, *otherwise, *gguf, *op, *attribute;
    const char *config[3]; // NULL: no more
};
struct const_fact {
    const char *name, *gguf, *config; // gguf NULL: that format has no such key
    double absent;
};
enum fact_rule {
    FACT_EQUAL,
    FACT_ROOT,
    FACT_WINDOW,
    FACT_FACTOR,
    FACT_CAP,
    FACT_WHOLE,
    FACT_ACTIVATION,
    FACT_WEIGHT,
    FACT_NONE
};
struct model_fact {
    const char *config, *gguf; // NULL: that format has no such key
    enum fact_rule rule;
    const char *op, *attribute;
};
struct implied_fact { // of a file that does not say it
    const char *config, *key, *value;
};
extern const struct implied_fact lrt_implied_facts[];
extern const size_t lrt_n_implied_facts;
const struct model_fact *lrt_fact_of_config(const char *key); // NULL: there is none
// The file was written from a description, by this project: its architecture is the nearest one by its names.
#define LRT_DESCRIBED_KEY "lorac.described"
// Its weights are random: nothing is lost with it.
#define LRT_RANDOM_KEY "lorac.random"

extern const struct known_model lrt_known_models[];
extern const struct dim_fact lrt_dim_facts[];
extern const struct const_fact lrt_const_facts[];
extern const struct model_fact lrt_model_facts[];
extern const size_t lrt_n_known_models, lrt_n_dim_facts, lrt_n_const_facts, lrt_n_model_facts;

// Finds a value by its word in config.json or in GGUF; NULL: unknown.
const struct known_model *lrt_model_of_config(const char *model_type);
const struct known_model *lrt_model_of_gguf(const char *architecture);
// Whether a GGUF of this architecture has the rows of q and k interleaved. NULL: no.
bool lrt_gguf_interleaves(const char *architecture);

// Whether a check reads the key, or no check needs it.
bool lrt_key_is_known(const char *key, size_t length, bool gguf);

// NULL: the plan has none of that name.
const struct lrt_dim_info *lrt_plan_dim(const struct lrt_plan_info *plan, const char *name);
const struct lrt_const_info *lrt_plan_const(const struct lrt_plan_info *plan, const char *name);
// Whether some weight makes values whose positions are rotated.
bool lrt_plan_has_rope(const struct lrt_plan_info *plan);
// Whether an op of the program has an attribute of this value, to float precision; attribute "": there is such an op.
bool lrt_plan_computes(const struct lrt_plan_info *plan, const char *op, const char *attribute, double value);
// Layers of the file that the weights' names run over; 0: none does.
int64_t lrt_plan_layers(const struct lrt_plan_info *plan);

// What a file says under a key.
enum said_kind { SAID_NOTHING, SAID_NUMBER, SAID_TEXT, SAID_OTHER };
struct fact_said {
    const char *path; // of the file
    char key[128];    // whole: "llama.rope.freq_base", "rope_parameters.rope_theta"
    enum said_kind kind;
    double number;   // NUMBER; true and false are 1 and 0
    bool whole;      // NUMBER: an integer
    bool empty;      // OTHER: a list or object without members
    char shown[104]; // as the file has it
};
// config NULL: nothing is said. prefix: of the key, for messages ("rope_parameters."), or "".
void lrt_said_in_config(struct fact_said *said, const char *path, const struct json_t *config, const char *prefix,
                        const char *key);
// prefix "llama". A list of equal numbers, one a layer, says that number.
void lrt_said_in_gguf(struct fact_said *said, const struct lrt_weight_file *file, const char *prefix, const char *key);

// Whether the program is what the file says: a status, with the cure in the message.
int lrt_check_dim(const struct fact_said *said, const struct dim_fact *fact, const struct lrt_plan_info *plan,
                  struct lrt_report *report);
// known: a file without the key means the fact's `absent`.
int lrt_check_const(const struct fact_said *said, const struct const_fact *fact, bool known,
                    const struct lrt_plan_info *plan, struct lrt_report *report);
int lrt_check_fact(const struct fact_said *said, const struct model_fact *fact, const struct lrt_plan_info *plan,
                   struct lrt_report *report);
// What a family does without a key that says so: gemma's norms multiply by 1 + w, and its embeddings by a root.
int lrt_check_family(const char *path, const char *key, const char *family, const struct lrt_plan_info *plan,
                     struct lrt_report *report);
// What transformers takes where config.json does not have a key; and the activation that a GGUF's architecture means.
int lrt_check_implied(const char *path, const struct json_t *config, const char *prefix, const char *model_type,
                      const struct lrt_plan_info *plan, struct lrt_report *report);
int lrt_check_implied_activation(const struct lrt_weight_file *file, const char *architecture,
                                 const struct lrt_plan_info *plan, struct lrt_report *report);
// Scaled positions: kind "linear", "llama3" and what they need.
struct rope_said {
    struct fact_said kind, factor, low, high, original;
};
int lrt_check_scaling(const struct rope_said *rope, const struct lrt_plan_info *plan, struct lrt_report *report);
