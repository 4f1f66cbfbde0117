// fact_check: compares what a file says of its model with what the program computes. One function a rule of
// model_facts.def; every message has the file, the key, both values and what to do.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runtime/weights/model_facts.h"
#include "runtime/weights/weight_file.h"

enum { VALUES_BYTES = 200 };

static void number_text(char text[32], double value) {
    snprintf(text, 32, "%g", value);
    for (char *at = text; *at; at++)
        if (*at == ',') *at = '.';
}

static int wrong_kind(const struct fact_said *said, const char *wanted, struct lrt_report *report) {
    return lrt_file_fail(report, LRT_ERR_FILE, "%s: %s is \"%s\", which is not %s; mend the file, or download it again",
                         said->path, said->key, said->shown, wanted);
}

// ---- dims and constants ----

static bool dim_value(const struct dim_fact *fact, const struct lrt_plan_info *plan, int64_t value, int64_t *has,
                      const char **name) {
    const struct lrt_dim_info *dim = lrt_plan_dim(plan, fact->name);
    *name = fact->name;
    *has = dim ? dim->value : strcmp(fact->name, "depth") == 0 ? lrt_plan_layers(plan) : 0;
    if (*has > 0) return *has == value;
    if (!fact->op || plan->n_ops == 0 || lrt_plan_computes(plan, fact->op, fact->attribute, (double)value)) return true;
    for (size_t i = 0; i < plan->n_ops; i++)
        if (strcmp(plan->ops[i].op, fact->op) == 0 && strcmp(plan->ops[i].attribute, fact->attribute) == 0)
            *has = (int64_t)plan->ops[i].value;
    return *has == 0; // no such op
}

int lrt_check_dim(const struct fact_said *said, const struct dim_fact *fact, const struct lrt_plan_info *plan,
                  struct lrt_report *report) {
    const char *name;
    int64_t has;
    if (said->kind == SAID_NOTHING) return LRT_OK;
    if (said->kind != SAID_NUMBER || !said->whole) return wrong_kind(said, "an integer", report);
    if (dim_value(fact, plan, (int64_t)said->number, &has, &name)) return LRT_OK;
    return lrt_file_fail(report, LRT_ERR_FILE,
                         "%s: %s is %" PRId64 ", but the program was generated with %s = %" PRId64
                         "; take the right model, or generate it with -D %s=%" PRId64,
                         said->path, said->key, (int64_t)said->number, name, has, name, (int64_t)said->number);
}

int lrt_check_const(const struct fact_said *said, const struct const_fact *fact, bool known,
                    const struct lrt_plan_info *plan, struct lrt_report *report) {
    const struct lrt_const_info *has = lrt_plan_const(plan, fact->name);
    char says[32], wants[32];
    double value = said->number;
    if (said->kind == SAID_NOTHING) {
        if (!known || !(fact->absent > 0) || !lrt_plan_has_rope(plan)) return LRT_OK;
        value = fact->absent;
    } else if (said->kind != SAID_NUMBER)
        return wrong_kind(said, "a number", report);
    if (!has || fabs(value - has->value) <= 1e-4 * fabs(has->value)) return LRT_OK;
    number_text(says, value);
    number_text(wants, has->value);
    return lrt_file_fail(report, LRT_ERR_FILE,
                         "%s: %s is %s, but the program was generated with %s = %s; take the right model, or generate "
                         "it with -D %s=%s",
                         said->path, said->key, says, fact->name, wants, fact->name, says);
}

// ---- facts ----

// The values of an attribute in the program: "8", "none".
static void program_values(const struct lrt_plan_info *plan, const char *op, const char *attribute,
                           char text[VALUES_BYTES]) {
    size_t n = 0;
    snprintf(text, VALUES_BYTES, "none");
    for (size_t i = 0; i < plan->n_ops && n + 40 < VALUES_BYTES; i++) {
        if (strcmp(plan->ops[i].op, op) != 0 || strcmp(plan->ops[i].attribute, attribute) != 0) continue;
        char value[32];
        number_text(value, plan->ops[i].value);
        n += (size_t)snprintf(text + n, VALUES_BYTES - n, "%s%s", n ? ", " : "", value);
    }
}

static int refuse_value(const struct fact_said *said, const struct model_fact *fact, double wanted,
                        const struct lrt_plan_info *plan, struct lrt_report *report) {
    char values[VALUES_BYTES], number[32];
    program_values(plan, fact->op, fact->attribute, values);
    number_text(number, wanted);
    return lrt_file_fail(
        report, LRT_ERR_FILE,
        "%s: %s is %s, but the program's %s has %s: %s; take the right model, or write %s(..., %s: %s)", said->path,
        said->key, said->shown, fact->op, fact->attribute, values, fact->op, fact->attribute, number);
}

static int refuse(const struct fact_said *said, const char *why, struct lrt_report *report) {
    return lrt_file_fail(report, LRT_ERR_FILE, "%s: %s is %s, %s", said->path, said->key, said->shown, why);
}

static bool is(double a, double b) { return a >= b && a <= b; }

static int check_number(const struct fact_said *said, const struct model_fact *fact, const struct lrt_plan_info *plan,
                        struct lrt_report *report) {
    const double v = said->number;
    if (said->kind != SAID_NUMBER) return wrong_kind(said, "a number", report);
    switch (fact->rule) {
    case FACT_WHOLE:
        return is(v, 1) ? LRT_OK
                        : refuse(said, "but the program's rope turns whole heads; lorac does not compute less", report);
    case FACT_FACTOR:
        if (is(v, 0) || is(v, 1) || lrt_plan_computes(plan, "scale", "factor", v) ||
            lrt_plan_computes(plan, "scale", "factor", 1 / v))
            return LRT_OK;
        return refuse(said, "but the program multiplies nothing by it; take the right model, or write the product",
                      report);
    case FACT_CAP:
        if (is(v, 0) || (lrt_plan_computes(plan, "tanh", "", 1) && lrt_plan_computes(plan, "scale", "factor", v) &&
                         lrt_plan_computes(plan, "scale", "factor", 1 / v)))
            return LRT_OK;
        return refuse(said, "but the program does not cap its logits; write c * tanh(logits / c)", report);
    case FACT_ROOT:
        return lrt_plan_computes(plan, fact->op, fact->attribute, 1 / sqrt(v))
                   ? LRT_OK
                   : refuse_value(said, fact, 1 / sqrt(v), plan, report);
    case FACT_WINDOW:
        if (is(v, 0) || (plan->seq > 0 && v >= (double)plan->seq)) return LRT_OK;
        break;
    default:
        if (is(v, 0) && strcmp(fact->attribute, "scale") == 0) return LRT_OK; // the usual one
    }
    return lrt_plan_computes(plan, fact->op, fact->attribute, v) ? LRT_OK : refuse_value(said, fact, v, plan, report);
}

static int check_activation(const struct fact_said *said, const struct lrt_plan_info *plan, struct lrt_report *report) {
    static const char *const names[][2] = {
        {"silu", "silu"},          {"swish", "silu"},          {"gelu", "gelu"},
        {"gelu_new", "gelu_tanh"}, {"gelu_fast", "gelu_tanh"}, {"gelu_pytorch_tanh", "gelu_tanh"},
        {"relu", "relu"},          {"tanh", "tanh"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i][0], said->shown) != 0) continue;
        char times[32]; // the activation and the product behind it in one op
        snprintf(times, sizeof times, "%s_mul", names[i][1]);
        if (lrt_plan_computes(plan, names[i][1], "", 1) || lrt_plan_computes(plan, times, "", 1)) return LRT_OK;
        return lrt_file_fail(report, LRT_ERR_FILE,
                             "%s: %s is %s, but the program has no %s; take the right model, or write %s(...)",
                             said->path, said->key, said->shown, names[i][1], names[i][1]);
    }
    return refuse(said, "an activation that lorac does not know", report);
}

static int check_weight(const struct fact_said *said, const struct model_fact *fact, const struct lrt_plan_info *plan,
                        struct lrt_report *report) {
    bool has = false;
    if (said->kind != SAID_NUMBER) return wrong_kind(said, "true or false", report);
    for (size_t i = 0; i < plan->n_weights; i++) {
        const char *name = plan->weights[i].hf, *at = name ? strstr(name, fact->op) : NULL;
        has = has || (at && strstr(at, fact->attribute));
    }
    if (has == (said->number > 0)) return LRT_OK;
    return refuse(said,
                  has ? "but the program has such weights; take the right model, or leave them out"
                      : "but the program has no such weights; take the right model, or declare them",
                  report);
}

int lrt_check_fact(const struct fact_said *said, const struct model_fact *fact, const struct lrt_plan_info *plan,
                   struct lrt_report *report) {
    if (said->kind == SAID_NOTHING) return LRT_OK;
    if (fact->rule == FACT_NONE) {
        const bool empty = said->kind == SAID_NUMBER ? is(said->number, 0) : said->empty;
        const bool one = strstr(said->key, "expert") && said->kind == SAID_NUMBER && is(said->number, 1);
        return empty || one
                   ? LRT_OK
                   : refuse(
                         said,
                         "which lorac does not compute; take a model without it, or the plain f32, f16 or bf16 model",
                         report);
    }
    if (plan->n_ops == 0) return LRT_OK; // a plan without a loss: what it computes is not known
    switch (fact->rule) {
    case FACT_ACTIVATION: return check_activation(said, plan, report);
    case FACT_WEIGHT: return check_weight(said, fact, plan, report);
    default: return check_number(said, fact, plan, report);
    }
}

// ---- families ----

// Hugging Face rounds the root to bfloat16.
static bool multiplies_by_root(const struct lrt_plan_info *plan) {
    const struct lrt_dim_info *width = lrt_plan_dim(plan, "width");
    for (size_t i = 0; i < plan->n_ops; i++) {
        const struct lrt_op_info *op = &plan->ops[i];
        if (strcmp(op->op, "scale") != 0 || strcmp(op->attribute, "factor") != 0) continue;
        if (!width || fabs(op->value - sqrt((double)width->value)) < 0.01 * op->value) return true;
    }
    return false;
}

int lrt_check_family(const char *path, const char *key, const char *family, const struct lrt_plan_info *plan,
                     struct lrt_report *report) {
    const bool gemma = strncmp(family, "gemma", 5) == 0, shifted = lrt_plan_computes(plan, "rms_norm", "offset", 1);
    if (plan->n_ops == 0 || (!gemma && !shifted)) return LRT_OK;
    if (!gemma)
        return lrt_file_fail(
            report, LRT_ERR_FILE,
            "%s: %s is %.40s, whose norms multiply by w, but the program's by 1 + w; take the right model, "
            "or leave out `offset: 1`",
            path, key, family);
    if (!shifted)
        return lrt_file_fail(
            report, LRT_ERR_FILE,
            "%s: %s is %.40s, whose norms multiply by 1 + w; take the right model, or write rms_norm(..., "
            "offset: 1)",
            path, key, family);
    if (multiplies_by_root(plan)) return LRT_OK;
    return lrt_file_fail(report, LRT_ERR_FILE,
                         "%s: %s is %.40s, whose embeddings are multiplied by the root of their width; take the right "
                         "model, or write the product",
                         path, key, family);
}

// ---- scaled positions ----

static int check_attribute(const struct fact_said *said, const char *attribute, const struct lrt_plan_info *plan,
                           struct lrt_report *report) {
    const struct model_fact fact = {.rule = FACT_EQUAL, .op = "rope", .attribute = attribute};
    return lrt_check_fact(said, &fact, plan, report);
}

int lrt_check_scaling(const struct rope_said *rope, const struct lrt_plan_info *plan, struct lrt_report *report) {
    static const struct const_fact factor = {.name = "rope_factor"};
    const struct fact_said *kind = &rope->kind;
    if (kind->kind == SAID_NOTHING) return LRT_OK;
    if (strcmp(kind->shown, "none") == 0 || strcmp(kind->shown, "default") == 0)
        return plan->n_ops == 0 || lrt_plan_computes(plan, "rope", "scaling", 0)
                   ? LRT_OK
                   : refuse(kind, "but the program scales its positions; take the right model, or leave out `scaling`",
                            report);
    if (kind->kind != SAID_TEXT) return wrong_kind(kind, "the name of a scaling", report);
    const bool llama3 = strcmp(kind->shown, "llama3") == 0, known = llama3 || strcmp(kind->shown, "linear") == 0;
    if (!known) return refuse(kind, "a scaling of positions that lorac does not compute; take another model", report);
    const bool scaled = plan->n_ops ? lrt_plan_computes(plan, "rope", "scaling", llama3 ? 2 : 1)
                                    : lrt_plan_const(plan, "rope_factor") != NULL;
    if (!scaled && (plan->n_ops || lrt_plan_const(plan, "rope_theta")))
        return lrt_file_fail(report, LRT_ERR_FILE,
                             "%s: %s: the model's positions are scaled (%.40s), the program's are not, or otherwise; "
                             "declare `const rope_factor = ...` and write rope(..., scaling: %s, factor: rope_factor)",
                             kind->path, kind->key, kind->shown, llama3 ? "llama3" : "linear");
    int status = lrt_check_const(&rope->factor, &factor, false, plan, report);
    if (!status) status = check_attribute(&rope->factor, "factor", plan, report);
    if (!status && llama3) status = check_attribute(&rope->low, "low", plan, report);
    if (!status && llama3) status = check_attribute(&rope->high, "high", plan, report);
    if (!status && llama3) status = check_attribute(&rope->original, "original", plan, report);
    return status;
}
