// Measure angles: one gradient a seed, all of the same batch at the same adapter, becomes cosines and norms beside the
// exact gradient of that batch.
#include <math.h>

#include "compiler/compare/angle.h"
#include "compiler/compare/measure.h"
#include "compiler/compare/random_directions.h"

struct samples { // [seeds] each
    double *cosine, *norm;
    double numbers, directions;
    size_t n;
};

static bool measure_one(struct measuring *m, const struct variant *v, int64_t seed, const char *options,
                        struct angle *out) {
    struct arena *a = m->c->arena;
    char why[512];
    const char *rest = arena_print(a, "--data %s --no-shuffle --steps 1 --seed %lld --adapter %s --dump-grads %s%s",
                                   workshop_quoted(a, m->data.train), (long long)seed, workshop_quoted(a, m->adapter),
                                   measure_path(m, "gradients"), options);
    if (!workshop_run(m->shop, arena_print(a, "%s: the program failed", v->name), measure_command(m, rest)))
        return false;
    return angle_between(workshop_path(m->shop, "gradients"), m->gradients, out, why, sizeof why) ||
           workshop_fail(m->shop, why);
}

static void add_angle(struct report_measured *to, const struct samples *s, int64_t shards) {
    struct report_angle angle = {.shards = shards,
                                 .seeds = (int64_t)s->n,
                                 .numbers = s->numbers / (double)s->n,
                                 .cosine = mean_of(s->cosine, s->n),
                                 .norm = mean_of(s->norm, s->n)};
    if (s->directions > 0) {
        const struct expectation e = expect_directions(angle.numbers, s->directions);
        const double root = sqrt((double)s->n);
        angle.expected_cosine = (struct report_mean){e.cosine, e.cosine_deviation / root};
        angle.expected_norm = (struct report_mean){e.norm, e.norm_deviation / root};
    }
    to->angles[to->n_angles++] = angle;
}

// Exact ones need no second seed: there is nothing random in them.
bool measure_angles(struct measuring *m, struct variant *v) {
    struct arena *a = m->c->arena;
    if (!m->adapter || !m->gradients || v->compilation->program->fused || !m->c->options->seeds) return true;
    const size_t n = 1;
    struct samples s = {.cosine = ARENA_ARRAY(a, double, n), .norm = ARENA_ARRAY(a, double, n), .n = n};
    for (size_t i = 0; i < n; i++) {
        struct angle angle;
        workshop_tell(m->shop, arena_print(a, "gradient %zu of %zu", i + 1, n), 0);
        if (!measure_one(m, v, (int64_t)m->c->options->seed, "", &angle)) return false;
        s.cosine[i] = angle.cosine;
        s.norm[i] = angle.norm;
        s.numbers += angle.numbers;
    }
    add_angle(&v->measured, &s, 1);
    return true;
}
