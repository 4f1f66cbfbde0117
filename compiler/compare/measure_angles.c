// Measure angles: one gradient per seed, all for the same batch and adapters, becomes cosines and norms relative to
// that batch's exact gradient.
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
                                   sandbox_quoted(a, m->data.train), (long long)seed, sandbox_quoted(a, m->adapter),
                                   measure_path(m, "gradients"), options);
    if (!sandbox_run(m->sandbox, arena_print(a, "%s: the program failed", v->name), measure_command(m, v, rest)))
        return false;
    return angle_between(sandbox_path(m->sandbox, "gradients"), m->gradients, out, why, sizeof why) ||
           sandbox_fail(m->sandbox, why);
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

// Takes one sample per seed; with shards, cycles through the shards.
static bool measure_samples(struct measuring *m, struct variant *v, int64_t shards, size_t n) {
    struct arena *a = m->c->arena;
    const struct program *p = v->compilation->program;
    struct samples s = {.cosine = ARENA_ARRAY(a, double, n), .norm = ARENA_ARRAY(a, double, n), .n = n};
    s.directions = p->tangents;
    for (size_t i = 0; i < n; i++) {
        struct angle angle;
        const char *of_what = shards == 1 ? "" : arena_print(a, " of one shard of %lld", (long long)shards);
        const char *option =
            shards == 1 ? "" : arena_print(a, " --shard %lld/%lld", (long long)i % shards + 1, (long long)shards);
        sandbox_report(m->sandbox, arena_print(a, "gradient%s %zu of %zu", of_what, i + 1, n), 0);
        if (!measure_one(m, v, (int64_t)(m->c->options->seed + i), option, &angle)) return false;
        s.cosine[i] = angle.cosine;
        s.norm[i] = angle.norm;
        s.numbers += angle.numbers;
    }
    add_angle(&v->measured, &s, shards);
    return true;
}

// Clients that share one direction's work (SPRY): each estimates the gradient of its own part.
static const int64_t shard_counts[] = {4, 16};

// Every shard needs a pair of tensors.
static bool can_shard(const struct variant *v, int64_t shards) {
    const struct program *p = v->compilation->program;
    const struct model *m = v->compilation->model;
    int64_t pairs = 0;
    for (size_t i = 0; i < m->n_adaptations; i++) pairs += m->adaptations[i].to - m->adaptations[i].from;
    return p->tangents == 1 && p->passes == 1 && pairs >= shards;
}

bool measure_angles(struct measuring *m, struct variant *v) {
    const struct program *p = v->compilation->program;
    const int64_t seeds = m->c->options->seeds;
    if (!m->adapter || !m->gradients || p->fused || !seeds) return true;
    if (variant_is_exact(v)) return measure_samples(m, v, 1, 1); // it is deterministic
    if (!measure_samples(m, v, 1, (size_t)seeds)) return false;
    for (size_t i = 0; i < sizeof shard_counts / sizeof *shard_counts; i++)
        if (can_shard(v, shard_counts[i]) && !measure_samples(m, v, shard_counts[i], (size_t)seeds)) return false;
    return true;
}
