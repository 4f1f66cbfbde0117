// Model check: `model_check MODEL.lora` compares the gradient of a model with five-point differences of its loss, in
// double precision by the interpreter. Some elements of every trained tensor are looked at. Exit: 0 equal, 1 not, 2 the
// model is refused, 3 no scale of the weights makes the numbers sane.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "compiler/ad/gradient.h"
#include "compiler/pass/passes.h"
#include "tests/table/model_fixture.h"

enum { ELEMENTS = 3 }; // of a tensor

static double loss_of(const struct model_fixture *f, const struct graph *g, struct interpreter_pools *p,
                      double *counted) {
    struct interpreter_run run = {.graph = g, .pools = p, .inputs = f->inputs};
    interpreter_run(&run);
    *counted = run.counted;
    return run.loss;
}

static double difference(const struct model_fixture *f, const struct graph *eval, struct interpreter_pools *p,
                         double *x, double step) {
    const double kept = *x, places[] = {1, -1, 2, -2}, weights[] = {8, -8, -1, 1};
    double sum = 0, counted;
    for (int i = 0; i < 4; i++) {
        *x = kept + places[i] * step;
        sum += weights[i] * loss_of(f, eval, p, &counted);
    }
    *x = kept;
    return sum / (12 * step) / counted;
}

enum verdict { GOOD, WRONG, UNKNOWN };

static bool is_close(double a, double b) { return fabs(a - b) <= 1e-6 * (0.01 + fabs(b)); }

// A strongly curved model needs a smaller step than a flat one. Where two steps in succession agree, the gradient must
// too; where none do, differences cannot tell.
static enum verdict compare(const struct model_fixture *f, const struct graph *eval, struct interpreter_pools *p,
                            double *x, double got, double *want) {
    double before = difference(f, eval, p, x, 1e-2);
    enum verdict verdict = UNKNOWN;
    for (double step = 1e-3; step > 1e-7; step /= 10) {
        double now = difference(f, eval, p, x, step);
        if (is_close(got, now)) return GOOD;
        if (is_close(now, before)) verdict = WRONG, *want = now;
        before = now;
    }
    return verdict;
}

static bool check_tensor(const struct model_fixture *f, const struct graph *eval, struct interpreter_pools *p,
                         size_t t) {
    const int64_t count = interpreter_tensor_count(eval, t);
    for (int64_t n = 0; n < ELEMENTS && n < count; n++) {
        const int64_t k = (n * 7919 + 13) % count;
        double got = p->gradients[t][k], want;
        if (compare(f, eval, p, &p->values[t][k], got, &want) != WRONG) continue;
        fprintf(stderr, "%s element %lld: gradient %.10g, differences give %.10g\n", eval->tensors[t].name,
                (long long)k, got, want);
        return false;
    }
    return true;
}

// Small matrices keep attention away from one-hot rows, whose differences say nothing.
static void fill(const struct model_fixture *f, const struct graph *g, struct interpreter_pools *p, double scale) {
    model_fixture_fill(f, g, p);
    for (size_t t = 1; t < g->n_tensors; t++)
        for (int64_t k = 0; g->tensors[t].shape.rank > 1 && k < interpreter_tensor_count(g, t); k++)
            p->values[t][k] *= scale;
}

static double largest_gradient(const struct graph *step, const struct interpreter_pools *p) {
    double largest = 0;
    for (size_t t = 1; t < step->n_tensors; t++)
        for (int64_t k = 0; step->tensors[t].storage == STORAGE_PARAM && k < interpreter_tensor_count(step, t); k++)
            largest = fmax(largest, fabs(p->gradients[t][k]));
    return largest;
}

// Runs the step with weights of the first scale at which loss and gradient are of a size that differences can find. A
// large loss comes of large values, with which a softmax is one-hot and its gradient a difference of roundings.
static bool run_sane(const struct model_fixture *f, const struct graph *eval, const struct graph *step,
                     struct interpreter_pools *p, double *counted) {
    enum { LOSS_MAX = 10, GRADIENT_MAX = 1000 };
    for (double scale = 0.3; scale > 0.01; scale /= 2) {
        fill(f, step, p, scale);
        const double loss = loss_of(f, eval, p, counted);
        if (*counted == 0 || !(loss < LOSS_MAX * *counted)) continue;
        interpreter_zero_gradients(p, step);
        struct interpreter_run run = {.graph = step, .pools = p, .inputs = f->inputs, .loss_weight = 1 / *counted};
        interpreter_run(&run);
        if (largest_gradient(step, p) < GRADIENT_MAX) return true;
    }
    return false;
}

int main(int argc, char **argv) {
    struct model_fixture f;
    if (argc != 2) return 2;
    model_fixture_start_file(&f, argv[1], NULL);
    if (!f.forward) {
        fprintf(stderr, "%s", model_fixture_words(&f));
        return 2;
    }
    const struct schedule_choice choice = plain_choice(gradient_find("structured"));
    struct graph *step = pipeline_gradients(&choice, f.forward, f.diagnostics);
    if (!step) {
        fprintf(stderr, "%s", model_fixture_words(&f));
        return 2;
    }
    struct interpreter_pools p = interpreter_pools_new(step);
    double counted;
    const struct graph *eval = tile_loss(f.forward, 4);
    const bool sane = run_sane(&f, eval, step, &p, &counted);
    bool good = true;
    for (size_t t = 1; sane && good && t < step->n_tensors; t++)
        good = step->tensors[t].storage != STORAGE_PARAM || check_tensor(&f, eval, &p, t);
    interpreter_pools_free(&p);
    model_fixture_stop(&f);
    return !sane ? 3 : good ? 0 : 1;
}
