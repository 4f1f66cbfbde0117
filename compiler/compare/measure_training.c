// Measure training: runs as many steps as fit in equal time, and measures the resulting loss.
#include <math.h>
#include <string.h>

#include "compiler/compare/learning_rates.h"
#include "compiler/compare/measure.h"

// The length of a learning-rate schedule that has none of its own; for all others just a large number.
static int64_t steps_for(const struct variant *v, double seconds) {
    const struct model_train *t = &v->compilation->model->train;
    bool falls = t->schedule && strcmp(t->schedule, "constant") != 0 && t->schedule_steps <= 0;
    return falls ? (int64_t)(seconds * 1e3 / v->measured.ms) + 1 : INT32_MAX;
}

static double eval_loss(const json_t *log) {
    const json_t *loss = json_object_get(json_array_get(log, json_array_size(log) - 1), "eval_loss");
    return json_is_number(loss) ? json_number_value(loss) : NAN;
}

static bool diverged(const json_t *log) {
    const json_t *last = json_array_get(log, json_array_size(log) - 1);
    return json_is_null(json_object_get(last, "loss")) || json_is_null(json_object_get(last, "grad_norm"));
}

static struct report_training training_of(const json_t *log) {
    struct report_training t = {.done = true, .loss = eval_loss(log)};
    size_t i;
    json_t *line;
    json_array_foreach(log, i, line) {
        if (!json_object_get(line, "ms")) continue;
        t.steps++;
        t.seconds += json_number_value(json_object_get(line, "ms")) / 1e3;
    }
    t.rate = json_number_value(json_object_get(json_array_get(log, 0), "lr"));
    return t;
}

// Runs the program from fresh adapters for at most the given steps and seconds.
static bool train(struct measuring *m, const struct variant *v, int64_t steps, double seconds, double rate,
                  struct report_training *out) {
    struct arena *a = m->c->arena;
    const char *chosen = rate > 0 ? arena_print(a, " --lr %.17g", rate) : "";
    const char *rest = arena_print(a, "--data %s --eval %s --steps %lld --seconds %.17g --seed %llu --log %s%s",
                                   sandbox_quoted(a, m->data.train), sandbox_quoted(a, m->data.held), (long long)steps,
                                   seconds, (unsigned long long)m->c->options->seed, measure_path(m, "log"), chosen);
    sandbox_report(m->sandbox, "training", seconds);
    int status = sandbox_status(m->sandbox, measure_command(m, v, rest));
    if (status < 0) return false;
    json_t *log = measure_log(m);
    const bool good = status == 0 || diverged(log);
    if (good) *out = training_of(log);
    json_decref(log);
    return good || sandbox_fail_shown(m->sandbox, arena_print(a, "%s: the program failed", v->name));
}

bool measure_training(struct measuring *m, struct variant *v) {
    const double seconds = (double)m->c->options->seconds;
    if (!m->data.held || seconds <= 0) return true;
    return train(m, v, steps_for(v, seconds), seconds, rate_of(m->c->options, v), &v->measured.training);
}

bool measure_prepare(struct measuring *m, struct variant *v, struct report_comparison *setup) {
    struct arena *a = m->c->arena;
    const char *failed = arena_print(a, "%s: the program failed", v->name);
    sandbox_report(m->sandbox, "the loss before", 0);
    const char *rest =
        arena_print(a, "--steps 0 --eval %s --log %s", sandbox_quoted(a, m->data.held), measure_path(m, "log"));
    if (!sandbox_run(m->sandbox, failed, measure_command(m, v, rest))) return false;
    json_t *log = measure_log(m);
    setup->loss_before = eval_loss(log);
    json_decref(log);
    setup->adapter_steps = -1;
    if (!m->c->options->seeds || !measure_has_adapters(m->c->model)) return true;
    sandbox_report(m->sandbox, "an adapter to take gradients at", 0);
    rest = arena_print(a, "--data %s --steps %d --seed %llu --out %s", sandbox_quoted(a, m->data.train),
                       MEASURE_ADAPTER_STEPS, (unsigned long long)m->c->options->seed, measure_path(m, "base"));
    if (!sandbox_run(m->sandbox, failed, measure_command(m, v, rest))) return false;
    m->adapter = sandbox_path(m->sandbox, "base/peft");
    setup->adapter_steps = MEASURE_ADAPTER_STEPS;
    return true;
}
