// Against exact: a program that estimates its gradient (forward, zeroth) beside one of the same model with the exact
// one, both through their interfaces, with random weights and adapters from fixed seeds.
//
//   jvps [--threads N] [--shard K/M] [--steps N]   every scalar is <exact gradient, v> / K, the loss has the exact
//       program's bits, what M_estimate gives is the sum of scalar * v, and a server that has nothing but the scalars
//       makes the same update. Prints scalars and what is trained, as bits: the same for every plan and threads.
//   losses [--threads N] [--shard K/M] [--steps N]   zeroth: the scalar is the difference of the losses that M_eval
//       gives with the adapters moved by hand, and nothing has moved when the scalar is there; prints likewise.
//   statistics [--seeds N] [--shard K/M]             the mean over seeds against the exact gradient, E|g|^2 against
//       (d + K + 1)/K |grad|^2, the mean cosine against sqrt(2/(pi d)) with one direction: each within five standard
//       errors; prints all of them.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lorac/lrt.h>

#if !defined(EXACT) || !defined(ESTIMATE)
#error "compile with -DEXACT=<prefix>_interface -DESTIMATE=<prefix>_interface"
#endif
const struct lrt_interface *EXACT(void);
const struct lrt_interface *ESTIMATE(void);

enum { MICRO_BATCHES = 2, TANGENTS_MAX = 16 };

struct model {
    const struct lrt_interface *call;
    const struct lrt_plan_info *info;
    void *context, *memory;
    float *adapter;
    size_t floats;
};

struct trial {
    struct lrt_weights weights;
    int32_t *tokens, *targets;
    struct model exact, estimate, server; // the server runs the estimating program, too
    double *gradient;                     // [floats] exact
    int tangents, steps, seeds, failures;
    struct lrt_options options;
};

static void *get(size_t bytes) {
    void *memory = aligned_alloc(LRT_ALIGNMENT, (bytes + LRT_ALIGNMENT) / LRT_ALIGNMENT * LRT_ALIGNMENT);
    if (!memory) exit(3);
    memset(memory, 0, bytes);
    return memory;
}

static uint64_t hash(const void *data, size_t bytes) { // FNV-1a
    uint64_t h = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < bytes; i++) h = (h ^ ((const unsigned char *)data)[i]) * UINT64_C(1099511628211);
    return h;
}

static void check(const struct model *m, int status) {
    if (status == LRT_OK) return;
    printf("status %d: %s\n", status, lrt_error(m->call->run(m->context)));
    exit(1);
}

static void expect(struct trial *t, int holds, const char *what, double got, double want) {
    if (holds) return;
    t->failures++;
    printf("FAILED: %s: %.10g, not %.10g\n", what, got, want);
}

// ---- the models ----
static void random_weights(struct trial *t, const struct lrt_plan_info *info) {
    struct lrt_tensor *slots = get(info->n_slots * sizeof *slots);
    uint64_t tensor = 1000;
    for (size_t w = 0; w < info->n_weights; w++) {
        const struct lrt_weight_info *weight = &info->weights[w];
        int64_t count = 1;
        for (int d = 0; d < weight->rank; d++) count *= weight->shape[d];
        for (int64_t i = 0; i < weight->instances; i++) {
            float *data = get((size_t)count * sizeof *data);
            lrt_random_normal(data, count, 7, tensor++, 0);
            for (int64_t k = 0; k < count; k++) data[k] = weight->rank > 1 ? 0.3f * data[k] : 1 + 0.1f * data[k];
            slots[weight->first_slot + (size_t)i * weight->slot_stride] = lrt_floats(data);
        }
    }
    t->weights = (struct lrt_weights){slots, info->n_slots, 0};
}

// Every 5th target is ignored where the model can.
static void random_tokens(struct trial *t, const struct lrt_plan_info *info) {
    int64_t n = info->batch * info->seq * MICRO_BATCHES;
    t->tokens = get((size_t)n * sizeof *t->tokens);
    t->targets = get((size_t)n * sizeof *t->targets);
    for (int64_t i = 0; i < n; i++) {
        t->tokens[i] = (int32_t)((i * 7919 + i * i * 31 + 3) % info->vocab);
        t->targets[i] = (int32_t)((i * 104729 + 11) % info->vocab);
        if (info->ignore != INT64_MIN && i % 5 == 2) t->targets[i] = (int32_t)info->ignore;
    }
}

static void model_start(struct trial *t, struct model *m, const struct lrt_interface *call) {
    m->call = call;
    m->info = call->plan();
    if (!t->weights.slots) random_weights(t, m->info), random_tokens(t, m->info);
    m->context = get(call->context_bytes);
    m->memory = get(call->memory_bytes);
    struct lrt_options options = t->options;
    if (!m->info->tangents) options.shard = options.shards = 0;
    check(m, call->init(m->context, m->memory, call->memory_bytes, &t->weights, &options));
    m->adapter = call->adapter(m->context, &m->floats);
    lrt_random_normal(m->adapter, (int64_t)m->floats, 5, 77, 0);
    for (size_t i = 0; i < m->floats; i++) m->adapter[i] *= 0.2f;
}

static int64_t param_count(const struct lrt_param_info *p) {
    int64_t count = 1;
    for (int d = 0; d < p->rank; d++) count *= p->shape[d];
    return count;
}

// ---- numbers ----
static struct lrt_noise noise_of(const struct trial *t) { // of the step to come
    const struct lrt *run = t->estimate.call->run(t->estimate.context);
    return (struct lrt_noise){
        .seed = run->seed, .step = run->step + 1, .shard = t->options.shard, .shards = t->options.shards};
}

// Every trained tensor made of noise in this way, laid out as the adapters: a direction, or the adapters moved.
static void make(const struct trial *t, const struct lrt_noise *noise, uint32_t type, const float *base, float *out) {
    const struct lrt_plan_info *info = t->estimate.info;
    for (size_t i = 0; i < info->n_params; i++) {
        const struct lrt_param_info *p = &info->params[i];
        for (int64_t k = 0; k < p->instances; k++) {
            int64_t place = p->offset + k * p->stride;
            int64_t number = (int64_t)p->first_noise + k * (int64_t)p->noise_stride, count = param_count(p);
            struct lrt_tensor generated = lrt_generated(base ? base + place : NULL, type, number, 1, count);
            lrt_generated_floats(noise, out + place, &generated, 0, count);
        }
    }
}

// No two trained tensors have the same noise, and B's number is the one after A's.
static void check_numbers(struct trial *t) {
    const struct lrt_plan_info *info = t->estimate.info;
    enum { MOST = 4096 };
    unsigned char *seen = get(MOST);
    for (size_t i = 0; i < info->n_params; i++) {
        const struct lrt_param_info *p = &info->params[i], *before = &info->params[i ? i - 1 : 0];
        int second = p->role == LRT_ROLE_LORA_B;
        expect(t, !second || p->first_noise == before->first_noise + 1, "B's number", p->first_noise,
               before->first_noise + 1);
        for (int64_t k = 0; k < p->instances; k++) {
            int64_t number = (int64_t)p->first_noise + k * (int64_t)p->noise_stride;
            expect(t, number < MOST && number % 2 == second && !seen[number % MOST]++, p->name, (double)number, -1);
        }
    }
    free(seen);
}

static double dot(const double *a, const float *b, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += a[i] * (double)b[i];
    return sum;
}

static double norm(const double *a, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += a[i] * a[i];
    return sqrt(sum);
}

static void complete(const struct trial *t, const struct model *m) {
    int status;
    check(m, m->call->begin(m->context, t->tokens, t->targets, MICRO_BATCHES));
    while ((status = m->call->advance(m->context)) == LRT_MORE) continue;
    check(m, status);
}

// The exact gradient where the estimating program's adapters are; the loss.
static double exact_gradient(struct trial *t) {
    const struct model *m = &t->exact;
    float *floats = get(m->floats * sizeof *floats);
    struct lrt_step out;
    memcpy(m->adapter, t->estimate.adapter, m->floats * sizeof *floats);
    complete(t, m);
    check(m, m->call->estimate(m->context, floats));
    for (size_t i = 0; i < m->floats; i++) t->gradient[i] = (double)floats[i];
    check(m, m->call->finish(m->context, &out));
    free(floats);
    return out.loss;
}

// ---- jvps and losses ----
static void same_on_the_server(struct trial *t, const struct lrt_noise *noise, const float *scalars,
                               const struct lrt_step *want) {
    struct lrt_noise_term terms[TANGENTS_MAX];
    struct model *s = &t->server;
    struct lrt_step out;
    size_t floats[2];
    for (int32_t k = 0; k < t->tangents; k++)
        terms[k] = (struct lrt_noise_term){noise->seed, noise->step, k, noise->shard, noise->shards, scalars[k]};
    check(s, s->call->apply(s->context, terms, (size_t)t->tangents, &out));
    const float *own = t->estimate.call->state(t->estimate.context, &floats[0]);
    const float *theirs = s->call->state(s->context, &floats[1]);
    expect(t, memcmp(s->adapter, t->estimate.adapter, s->floats * sizeof(float)) == 0, "the server's adapters", 1, 0);
    expect(t, floats[0] == floats[1] && memcmp(own, theirs, floats[0] * sizeof(float)) == 0, "the server's state", 1,
           0);
    expect(t, out.grad_norm == want->grad_norm, "the server's norm", out.grad_norm, want->grad_norm);
}

// Finishes the step whose scalars these are.
static struct lrt_step finish(struct trial *t, const struct lrt_noise *noise, const float *scalars) {
    const struct model *m = &t->estimate;
    float *estimate = get(m->floats * sizeof *estimate), *v = get(m->floats * sizeof *v);
    double *sum = get(m->floats * sizeof *sum), worst = 0;
    struct lrt_step out;
    check(m, m->call->estimate(m->context, estimate));
    for (int k = 0; k < t->tangents; k++) {
        make(t, noise, LRT_TANGENT + (uint32_t)k, NULL, v);
        for (size_t i = 0; i < m->floats; i++) sum[i] += (double)scalars[k] * (double)v[i];
    }
    double size = norm(sum, m->floats);
    for (size_t i = 0; i < m->floats; i++) worst = fmax(worst, fabs(sum[i] - (double)estimate[i]));
    expect(t, worst <= 1e-6 * size, "an element of the estimate is off by", worst, 0);
    check(m, m->call->finish(m->context, &out));
    expect(t, fabs(out.grad_norm - size) <= 1e-5 * size, "norm", out.grad_norm, size);
    same_on_the_server(t, noise, scalars, &out);
    printf("loss %a counted %" PRId64 " norm %a scalars", out.loss, out.counted, out.grad_norm);
    for (int k = 0; k < t->tangents; k++) printf(" %a", (double)scalars[k]);
    printf(" adapter %016" PRIx64 "\n", hash(m->adapter, m->floats * sizeof *m->adapter));
    free(estimate);
    free(v);
    free(sum);
    return out;
}

static void one_step_of_jvps(struct trial *t) {
    const struct model *m = &t->estimate;
    float scalars[TANGENTS_MAX], *v = get(m->floats * sizeof *v);
    const struct lrt_noise noise = noise_of(t);
    double loss = exact_gradient(t), size = norm(t->gradient, m->floats);
    complete(t, m);
    check(m, m->call->scalars(m->context, scalars));
    for (int k = 0; k < t->tangents; k++) {
        make(t, &noise, LRT_TANGENT + (uint32_t)k, NULL, v);
        double want = dot(t->gradient, v, m->floats) / t->tangents, error = fabs((double)scalars[k] - want);
        fprintf(stderr, "scalar %g, relative error %.1e\n", (double)scalars[k], error / fabs(want));
        expect(t, error <= 1e-5 * fmax(fabs(want), size / t->tangents), "scalar", (double)scalars[k], want);
    }
    const struct lrt_step out = finish(t, &noise, scalars);
    expect(t, out.loss == loss, "the loss has other bits than the exact program's", out.loss, loss);
    free(v);
}

static double loss_at(struct trial *t, const float *adapter, int64_t *counted) {
    const struct model *m = &t->estimate;
    const int64_t n = m->info->batch * m->info->seq;
    double sum = 0, loss;
    int64_t tokens;
    *counted = 0;
    memcpy(m->adapter, adapter, m->floats * sizeof *adapter);
    for (int64_t b = 0; b < MICRO_BATCHES; b++) {
        check(m, m->call->eval(m->context, t->tokens + b * n, t->targets + b * n, &loss, &tokens));
        sum += loss;
        *counted += tokens;
    }
    return sum;
}

static void one_step_of_losses(struct trial *t) {
    const struct model *m = &t->estimate;
    const size_t bytes = m->floats * sizeof(float);
    float *kept = get(bytes), *moved = get(bytes), scalar;
    double side[2], eps = (double)(float)m->info->perturbation;
    int64_t counted;
    struct lrt_noise noise = noise_of(t);
    memcpy(kept, m->adapter, bytes);
    for (int s = 0; s < 2; s++) {
        noise.scale = (float)(s ? -eps : eps);
        make(t, &noise, LRT_PERTURBED, kept, moved);
        side[s] = loss_at(t, moved, &counted);
    }
    double before = loss_at(t, kept, &counted), want = (side[0] - side[1]) / (2 * eps) / (double)counted;
    complete(t, m);
    expect(t, memcmp(kept, m->adapter, bytes) == 0, "the adapters have moved", 1, 0);
    check(m, m->call->scalars(m->context, &scalar));
    fprintf(stderr, "scalar %.9g, the losses give %.9g\n", (double)scalar, want);
    expect(t, fabs((double)scalar - want) <= 4e-7 * fabs(want), "scalar", (double)scalar, want);
    const struct lrt_step out = finish(t, &noise, &scalar);
    double loss = (side[0] + side[1]) / 2 / (double)counted;
    expect(t, fabs(out.loss - loss) <= 1e-15 * loss, "loss", out.loss, loss);
    expect(t, loss_at(t, kept, &counted) == before, "the loss at the same place", 1, 0);
    memcpy(m->adapter, t->server.adapter, bytes); // as updated
    free(kept);
    free(moved);
}

// ---- statistics ----
struct average { // of a number over the seeds
    double sum, squares;
};

static void add(struct average *a, double x) {
    a->sum += x;
    a->squares += x * x;
}

static void agrees(struct trial *t, const char *what, double got, double want, double standard_error) {
    printf("%s %.5g, predicted %.5g, standard error %.2g: %+.1f of it\n", what, got, want, standard_error,
           (got - want) / standard_error);
    expect(t, fabs(got - want) <= 5 * standard_error, what, got, want);
}

static void mean_agrees(struct trial *t, const char *what, const struct average *a, double want) {
    double mean = a->sum / t->seeds, variance = a->squares / t->seeds - mean * mean;
    agrees(t, what, mean, want, sqrt(variance / (t->seeds - 1)));
}

// What of the exact gradient is the shard's; how many numbers those are.
static int64_t keep_shard(struct trial *t) {
    const struct lrt_noise noise = noise_of(t);
    float *v = get(t->estimate.floats * sizeof *v);
    int64_t d = 0;
    make(t, &noise, LRT_TANGENT, NULL, v);
    for (size_t i = 0; i < t->estimate.floats; i++) {
        if (v[i] != 0)
            d++;
        else
            t->gradient[i] = 0;
    }
    free(v);
    return d;
}

static void statistics(struct trial *t) {
    const struct model *m = &t->estimate;
    float *g = get(m->floats * sizeof *g);
    double *mean = get(m->floats * sizeof *mean), k = t->tangents, n = t->seeds;
    struct average squares = {0, 0}, along = {0, 0}, cosine = {0, 0};
    exact_gradient(t);
    int64_t d = keep_shard(t);
    double size = norm(t->gradient, m->floats), error = 0;
    for (int i = 0; i < t->seeds; i++) {
        m->call->run(m->context)->seed = 100 + (uint64_t)i;
        complete(t, m);
        check(m, m->call->estimate(m->context, g));
        double square = 0, inner = dot(t->gradient, g, m->floats);
        for (size_t e = 0; e < m->floats; e++) square += (double)g[e] * (double)g[e], mean[e] += (double)g[e] / n;
        add(&squares, square / (size * size));
        add(&along, inner / (size * size));
        add(&cosine, inner / (sqrt(square) * size));
    }
    for (size_t e = 0; e < m->floats; e++) error += (mean[e] - t->gradient[e]) * (mean[e] - t->gradient[e]);
    printf("shard %d/%d, d %" PRId64 ", tangents %d, seeds %d\n", t->options.shard, t->options.shards, d, t->tangents,
           t->seeds);
    // One estimate's covariance is (I + u u^T) |grad|^2 / K with u along the gradient: traces d + 1, of the square d
    // + 3.
    agrees(t, "|mean - grad|^2 / |grad|^2", error / (size * size), (double)(d + 1) / (k * n),
           sqrt(2 * (double)(d + 3)) / (k * n));
    agrees(t, "<mean, grad> / |grad|^2", along.sum / n, 1, sqrt(2 / (k * n)));
    mean_agrees(t, "E|g|^2 / |grad|^2", &squares, ((double)d + k + 1) / k);
    if (t->tangents == 1) mean_agrees(t, "cosine", &cosine, sqrt(2 / (3.14159265358979 * (double)d)));
    free(g);
    free(mean);
}

int main(int argc, char **argv) {
    struct trial t = {.steps = 3, .seeds = 2000, .options = {.threads = 1, .seed = 3}};
    for (int i = 2; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--threads") == 0) t.options.threads = atoi(argv[i + 1]);
        if (strcmp(argv[i], "--steps") == 0) t.steps = atoi(argv[i + 1]);
        if (strcmp(argv[i], "--seeds") == 0) t.seeds = atoi(argv[i + 1]);
        if (strcmp(argv[i], "--shard") == 0 &&
            sscanf(argv[i + 1], "%" SCNd32 "/%" SCNd32, &t.options.shard, &t.options.shards) != 2)
            return 2;
    }
    model_start(&t, &t.exact, EXACT());
    model_start(&t, &t.estimate, ESTIMATE());
    model_start(&t, &t.server, ESTIMATE());
    t.tangents = t.estimate.info->tangents;
    if (t.exact.floats != t.estimate.floats || t.tangents < 1 || t.tangents > TANGENTS_MAX) return 2;
    t.gradient = get(t.exact.floats * sizeof *t.gradient);
    check_numbers(&t);
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "statistics") == 0) statistics(&t);
    for (int i = 0; i < t.steps && strcmp(what, "jvps") == 0; i++) one_step_of_jvps(&t);
    for (int i = 0; i < t.steps && strcmp(what, "losses") == 0; i++) one_step_of_losses(&t);
    t.exact.call->stop(t.exact.context);
    t.estimate.call->stop(t.estimate.context);
    t.server.call->stop(t.server.context);
    return t.failures ? 1 : 0;
}
