// Measured: the measurements of --compare as JSON.
#include <math.h>
#include <string.h>

#include <jansson.h>

#include "compiler/base/json_text.h"
#include "compiler/report/report_json.h"

static json_t *mean_of(struct report_mean m) {
    return json_pack("{s:f, s:f}", "mean", m.mean, "standard_error", m.error);
}

static json_t *angle_of(const struct report_angle *a) {
    json_t *o = json_pack("{s:I, s:I, s:f, s:o, s:o}", "shards", (json_int_t)a->shards, "seeds", (json_int_t)a->seeds,
                          "numbers", a->numbers, "cosine", mean_of(a->cosine), "norm_ratio", mean_of(a->norm));
    if (a->expected_cosine.mean > 0) {
        json_object_set_new(o, "expected_cosine", mean_of(a->expected_cosine));
        json_object_set_new(o, "expected_norm_ratio", mean_of(a->expected_norm));
    }
    return o;
}

static json_t *training_of(const struct report_training *t) {
    return json_pack("{s:I, s:f, s:f, s:o}", "steps", (json_int_t)t->steps, "seconds", t->seconds, "learning_rate",
                     t->rate, "loss", isfinite(t->loss) ? json_real(t->loss) : json_null());
}

// Mapped weights and files are not memory of the process.
static json_t *pools_of(const struct pool_size pools[PROGRAM_POOLS]) {
    json_t *o = json_object();
    for (int i = 0; i < PROGRAM_POOLS; i++)
        if (pool_is_taken(&pools[i])) json_object_set_new(o, pools[i].name, json_integer(pools[i].bytes));
    return o;
}

json_t *report_json_measured(const struct report_measured *m, bool exact) {
    json_t *o =
        json_pack("{s:f, s:I, s:o}", "ms", m->ms, "rss_anon", (json_int_t)m->memory, "pools", pools_of(m->pools));
    if (exact) json_object_set_new(o, "same_bits", json_boolean(m->same));
    json_t *angles = json_array();
    for (size_t i = 0; i < m->n_angles; i++) json_array_append_new(angles, angle_of(&m->angles[i]));
    json_object_set_new(o, "gradient", angles);
    if (m->training.done) json_object_set_new(o, "training", training_of(&m->training));
    return o;
}

json_t *report_json_comparison(const struct report_comparison *c) {
    json_t *o = json_pack("{s:o, s:o, s:s, s:I, s:I, s:I, s:I, s:f}", "weights", json_text(c->weights), "data",
                          json_text(c->data), "unit", c->unit, "trained_on", (json_int_t)c->train_units, "held_out",
                          (json_int_t)c->held_units, "seconds", (json_int_t)c->seconds, "seeds", (json_int_t)c->seeds,
                          "loss_before", c->loss_before);
    if (c->eval) json_object_set_new(o, "eval", json_text(c->eval));
    if (c->adapter_steps >= 0) json_object_set_new(o, "adapter_steps", json_integer(c->adapter_steps));
    return o;
}
