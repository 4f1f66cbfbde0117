// Steps that estimate their gradient: passes, scalars and terms, shards. An update depends on the scalars alone, and a
// step changes nothing before its update.
#include "tests/unit/estimating_model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fenv.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const int32_t tokens[] = {3, 7, 1, 9, 0, 5, 8, 2};

static void assert_same_adapters(const struct est *a, const struct est *b) {
    assert_memory_equal(a->model.adapters, b->model.adapters, EST_FLOATS * sizeof(float));
}

// The loss of the tokens [n] when the trained tensors are moved by `scale` along the step's noise.
static double loss_at(struct est *e, float scale, const int32_t *ids, int n) {
    struct lrt_noise noise = e->model.run.noise;
    double loss = 0;
    noise.scale = scale;
    for (size_t i = 0; i < EST_PARAMS; i++)
        for (int64_t k = 0; k < est_params[i].instances; k++) {
            float x[EST_LONGEST];
            const int64_t numbers = est_floats(&est_params[i]);
            const struct lrt_tensor t =
                lrt_perturbed(est_values(&e->model, i, k), est_number(&est_params[i], k), 1, numbers);
            lrt_generated_floats(&noise, x, &t, 0, numbers);
            for (int64_t j = 0; j < est_floats(&est_params[i]); j++)
                for (int q = 0; q < n; q++) loss += 0.5 * pow((double)x[j] - ids[q] / 10.0, 2);
        }
    return loss;
}

static void zeroth_order_is_two_losses_a_micro_batch(void **state) {
    (void)state;
    struct est e;
    struct lrt_step done;
    float scalar, before[EST_FLOATS];
    est_start(&e, 0.01, 1, (struct lrt_options){.seed = 3});
    memcpy(before, e.model.adapters, sizeof before);
    est_complete(&e, tokens, tokens, 2);
    const float plus = 0.01F, wanted[] = {plus, -plus, plus, -plus};
    assert_int_equal(e.runs, 4);
    for (int i = 0; i < 4; i++) assert_true(e.scales[i] == wanted[i]);
    assert_int_equal(e.model.run.noise.seed, 3);
    assert_int_equal(e.model.run.noise.step, 1);
    const double up = loss_at(&e, plus, tokens, 4), down = loss_at(&e, -plus, tokens, 4);
    assert_int_equal(lrt_model_scalars(&e.model, &scalar), LRT_OK);
    assert_true(fabs((double)scalar - (up - down) / 0.02 / 4) < 1e-5 * fabs((double)scalar));
    assert_memory_equal(before, e.model.adapters, sizeof before);
    assert_true(e.model.run.noise.scale == 0);
    assert_int_equal(lrt_model_finish(&e.model, &done), LRT_OK);
    assert_memory_not_equal(before, e.model.adapters, sizeof before);
    assert_true(fabs(done.loss - (up + down) / 2 / 4) < 1e-9);
    assert_int_equal(done.counted, 4);
    assert_true(done.grad_norm > 0);
    est_stop(&e);
}

static void the_scalar_approaches_the_derivative(void **state) {
    (void)state;
    struct est zeroth, forward;
    float by_difference, by_derivative;
    est_start(&zeroth, 1e-3, 1, (struct lrt_options){.seed = 8});
    est_start(&forward, 0, 1, (struct lrt_options){.seed = 8});
    est_complete(&zeroth, tokens, tokens, 1);
    est_complete(&forward, tokens, tokens, 1);
    assert_int_equal(lrt_model_scalars(&zeroth.model, &by_difference), LRT_OK);
    assert_int_equal(lrt_model_scalars(&forward.model, &by_derivative), LRT_OK);
    assert_true(fabsf(by_difference - by_derivative) < 1e-3F * fabsf(by_derivative)); // x + eps z in float
    est_stop(&zeroth);
    est_stop(&forward);
}

static void forward_mode_is_the_mean_over_its_tangents(void **state) {
    (void)state;
    struct est e;
    struct lrt_step done;
    float scalars[4], estimate[EST_FLOATS];
    est_start(&e, 0, 4, (struct lrt_options){.seed = 5});
    est_complete(&e, tokens, tokens, 2);
    assert_int_equal(e.runs, 2);
    assert_true(e.scales[0] == 0);
    assert_int_equal(lrt_model_scalars(&e.model, scalars), LRT_OK);
    double jvps[4] = {0};
    for (size_t i = 0; i < EST_PARAMS; i++)
        for (int64_t k = 0; k < est_params[i].instances; k++)
            for (uint32_t q = 0; q < 4; q++) {
                float z[EST_LONGEST];
                const int64_t numbers = est_floats(&est_params[i]);
                const struct lrt_tensor t = lrt_tangent(q, est_number(&est_params[i], k), 1, numbers);
                lrt_generated_floats(&e.model.run.noise, z, &t, 0, numbers);
                for (int64_t j = 0; j < est_floats(&est_params[i]); j++)
                    for (int c = 0; c < 4; c++)
                        jvps[q] += ((double)est_values(&e.model, i, k)[j] - tokens[c] / 10.0) * (double)z[j] / 4 / 4;
            }
    for (int q = 0; q < 4; q++) assert_true(fabs((double)scalars[q] - jvps[q]) < 1e-5);
    assert_int_equal(lrt_model_estimate(&e.model, estimate), LRT_OK);
    double squares = 0;
    for (int i = 0; i < EST_FLOATS; i++) squares += (double)estimate[i] * (double)estimate[i];
    assert_int_equal(lrt_model_finish(&e.model, &done), LRT_OK);
    assert_true(fabs(sqrt(squares) - done.grad_norm) < 1e-6 * done.grad_norm);
    est_stop(&e);
}

// Applying the scalars of an unfinished step as terms does the same as finish, also with clipping.
static void to_apply_the_own_scalars_is_to_finish(void **state) {
    (void)state;
    for (int tangents = 1; tangents < 4; tangents++) {
        struct est client, server;
        const double eps = tangents == 1 ? 1e-3 : 0;
        est_start(&client, eps, tangents, (struct lrt_options){.seed = 11, .shard = 2, .shards = 3});
        est_start(&server, eps, tangents, (struct lrt_options){.seed = 11});
        client.clip = server.clip = 0.5;
        for (int64_t step = 1; step <= 4; step++) {
            float scalars[EST_TANGENTS_MAX];
            struct lrt_noise_term terms[EST_TANGENTS_MAX];
            struct lrt_step own, applied;
            est_complete(&client, tokens + step, tokens + step, 1);
            assert_int_equal(lrt_model_scalars(&client.model, scalars), LRT_OK);
            for (int k = 0; k < tangents; k++) terms[k] = (struct lrt_noise_term){11, step, k, 2, 3, scalars[k]};
            assert_int_equal(lrt_model_finish(&client.model, &own), LRT_OK);
            assert_int_equal(lrt_model_apply(&server.model, terms, (size_t)tangents, &applied), LRT_OK);
            assert_same_adapters(&client, &server);
            assert_true(own.grad_norm == applied.grad_norm && own.learning_rate == applied.learning_rate);
        }
        assert_int_equal(server.model.run.step, 4);
        assert_int_equal(server.runs, 0);
        est_stop(&client);
        est_stop(&server);
    }
}

// Two clients with their own seeds and one with its own shard; all apply what the server applies.
static void clients_and_server_stay_together(void **state) {
    (void)state;
    struct est all[4];
    for (int i = 0; i < 4; i++) {
        const int32_t shard = i == 2 ? 4 : 0, shards = i == 2 ? 4 : 0;
        est_start(&all[i], 1e-3, 1, (struct lrt_options){.seed = (uint64_t)i, .shard = shard, .shards = shards});
        memcpy(all[i].model.adapters, all[0].model.adapters, EST_FLOATS * sizeof(float));
    }
    for (int64_t step = 1; step <= 3; step++) {
        struct lrt_noise_term terms[3];
        for (int i = 0; i < 3; i++) {
            est_complete(&all[i], tokens + i + step, tokens + i + step, 1);
            terms[i] = (struct lrt_noise_term){(uint64_t)i, step, 0, i == 2 ? 4 : 0, i == 2 ? 4 : 0, 0};
            assert_int_equal(lrt_model_scalars(&all[i].model, &terms[i].scalar), LRT_OK);
            terms[i].scalar /= 3;
        }
        for (int i = 0; i < 4; i++) assert_int_equal(lrt_model_apply(&all[i].model, terms, 3, NULL), LRT_OK);
        for (int i = 1; i < 4; i++) assert_same_adapters(&all[0], &all[i]);
    }
    for (int i = 0; i < 4; i++) est_stop(&all[i]);
}

static void what_is_dropped_leaves_no_trace(void **state) {
    (void)state;
    struct est plain, other;
    double loss;
    int64_t counted;
    struct lrt_step done;
    est_start(&plain, 1e-3, 1, (struct lrt_options){.seed = 2});
    est_start(&other, 1e-3, 1, (struct lrt_options){.seed = 2});
    assert_int_equal(lrt_model_begin(&other.model, tokens, tokens, 2), LRT_OK);
    assert_int_equal(lrt_model_advance(&other.model), LRT_MORE); // between the two passes
    assert_int_equal(lrt_model_eval(&other.model, tokens, tokens, &loss, &counted), LRT_OK);
    assert_true(other.scales[1] == 0);
    assert_int_equal(lrt_model_advance(&other.model), LRT_ERR_STATE);
    est_complete(&other, tokens + 2, tokens + 2, 1);
    float logits;
    const int32_t row = 0;
    assert_int_equal(lrt_model_logits(&other.model, tokens, &row, 1, &logits), LRT_OK);
    assert_true(other.scales[4] == 0);
    assert_int_equal(lrt_model_finish(&other.model, &done), LRT_ERR_STATE);
    assert_same_adapters(&plain, &other);
    assert_int_equal(lrt_model_step(&other.model, tokens, tokens, 2, &done), LRT_OK);
    assert_int_equal(lrt_model_step(&plain.model, tokens, tokens, 2, &done), LRT_OK);
    assert_same_adapters(&plain, &other);
    est_stop(&plain);
    est_stop(&other);
}

static void a_step_of_nothing_changes_nothing(void **state) {
    (void)state;
    static const int32_t ignored[] = {EST_IGNORE, EST_IGNORE};
    struct est e;
    struct lrt_step done;
    float before[EST_FLOATS];
    struct lrt_noise_term terms[2] = {{.seed = 1, .step = 1}, {.seed = 1, .step = 1, .tangent = 1}};
    float scalars[2];
    uint32_t bits;
    est_start(&e, 0, 2, (struct lrt_options){.seed = 1});
    memcpy(before, e.model.adapters, sizeof before);
    est_complete(&e, tokens, ignored, 1);
    assert_int_equal(e.runs, 0);
    assert_int_equal(lrt_model_scalars(&e.model, scalars), LRT_OK);
    for (int k = 0; k < 2; k++) {
        memcpy(&bits, &scalars[k], sizeof bits);
        assert_int_equal(bits, LRT_NO_SCALAR);
        memcpy(&terms[k].scalar, &scalars[k], sizeof bits);
    }
    assert_int_equal(lrt_model_finish(&e.model, &done), LRT_OK);
    assert_int_equal(e.model.run.step, 1);
    assert_int_equal(lrt_model_apply(&e.model, terms, 2, &done), LRT_ERR_ARGUMENT);
    assert_non_null(strstr(lrt_error(&e.model.run), "term 0"));
    assert_int_equal(e.model.run.step, 1);
    assert_int_equal(lrt_model_apply(&e.model, NULL, 0, &done), LRT_OK);
    assert_int_equal(e.model.run.step, 2);
    assert_int_equal(e.updates, 0);
    assert_memory_equal(before, e.model.adapters, sizeof before);
    est_stop(&e);
}

static void a_shard_is_all_that_changes(void **state) {
    (void)state;
    for (int32_t shard = 1; shard <= 3; shard++) {
        struct est e, fresh;
        struct lrt_step done;
        est_start(&e, 1e-3, 1, (struct lrt_options){.seed = 6, .shard = shard, .shards = 3});
        est_start(&fresh, 1e-3, 1, (struct lrt_options){.seed = 6});
        assert_int_equal(lrt_model_step(&e.model, tokens, tokens, 1, &done), LRT_OK);
        for (size_t i = 0; i < EST_PARAMS; i++)
            for (int64_t k = 0; k < est_params[i].instances; k++) {
                const size_t bytes = (size_t)est_floats(&est_params[i]) * sizeof(float);
                const int same = memcmp(est_values(&e.model, i, k), est_values(&fresh.model, i, k), bytes) == 0;
                assert_int_equal(same, est_number(&est_params[i], k) / 2 % 3 != (uint32_t)shard - 1);
            }
        est_stop(&e);
        est_stop(&fresh);
    }
}

// Copies one model to another, shard by shard, until they are equal.
static void shards_are_carried_as_flat_floats(void **state) {
    (void)state;
    struct est from, to;
    float numbers[EST_TRAINED];
    size_t floats, sum = 0;
    est_start(&from, 1e-3, 1, (struct lrt_options){.seed = 1});
    est_start(&to, 1e-3, 1, (struct lrt_options){.seed = 2});
    for (int32_t shard = 1; shard <= EST_PAIRS; shard++) {
        assert_int_equal(lrt_model_shard_get(&from.model, shard, EST_PAIRS, NULL, &floats), LRT_OK);
        assert_int_equal(floats, shard == EST_PAIRS ? 8 : 28);
        assert_int_equal(lrt_model_shard_get(&from.model, shard, EST_PAIRS, numbers, &floats), LRT_OK);
        assert_int_equal(lrt_model_shard_set(&to.model, shard, EST_PAIRS, numbers, floats - 1), LRT_ERR_ARGUMENT);
        assert_int_equal(lrt_model_begin(&to.model, tokens, tokens, 1), LRT_OK);
        assert_int_equal(lrt_model_shard_set(&to.model, shard, EST_PAIRS, numbers, floats), LRT_OK);
        assert_int_equal(lrt_model_advance(&to.model), LRT_ERR_STATE);
        sum += floats;
    }
    assert_int_equal(sum, EST_TRAINED);
    assert_same_adapters(&from, &to);
    assert_int_equal(lrt_model_shard_get(&from.model, 0, 0, numbers, &floats), LRT_OK);
    assert_int_equal(floats, EST_TRAINED);
    assert_true(numbers[EST_TRAINED - 1] == est_values(&from.model, 2, 0)[7]);
    assert_int_equal(lrt_model_shard_set(&to.model, 0, 0, NULL, floats), LRT_ERR_ARGUMENT);
    assert_int_equal(lrt_model_shard_get(&from.model, 1, 1, NULL, NULL), LRT_ERR_ARGUMENT);
    est_stop(&from);
    est_stop(&to);
}

static void shards_that_are_none_are_refused(void **state) {
    (void)state;
    static const struct {
        int32_t shard, shards;
        const char *word;
    } wrong[] = {{1, 0, "count from 1"},   {0, 2, "count from 1"},    {3, 2, "count from 1"},
                 {-1, -1, "count from 1"}, {1, 5, "4 trained pairs"}, {INT32_MIN, 3, "count from 1"}};
    struct est e;
    est_describe(&e, 1e-3, 1);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const struct lrt_options o = {.shard = wrong[i].shard, .shards = wrong[i].shards};
        assert_int_equal(est_init(&e, o), LRT_ERR_ARGUMENT);
        if (!strstr(lrt_error(&e.model.run), wrong[i].word)) fail_msg("%s", lrt_error(&e.model.run));
    }
    assert_int_equal(est_init(&e, (struct lrt_options){.shard = 4, .shards = 4}), LRT_OK);
    const struct lrt_noise_term foreign = {.shard = 1, .shards = 9, .scalar = 1}, behind = {.tangent = -1, .scalar = 1};
    assert_int_equal(lrt_model_apply(&e.model, &foreign, 1, NULL), LRT_ERR_ARGUMENT);
    assert_int_equal(lrt_model_apply(&e.model, &behind, 1, NULL), LRT_ERR_ARGUMENT);
    assert_int_equal(lrt_model_apply(&e.model, NULL, 1, NULL), LRT_ERR_ARGUMENT);
    assert_int_equal(e.model.run.step, 0);
    est_stop(&e);
    struct lrt_param_info sparse[EST_PARAMS]; // tensor numbers have gaps, so one shard is empty
    memcpy(sparse, est_params, sizeof sparse);
    for (int i = 0; i < EST_PARAMS; i++) sparse[i].noise_stride = 4;
    sparse[2].first_noise = 4 * EST_LAYERS;
    est_describe(&e, 1e-3, 1);
    e.info.params = sparse;
    assert_int_equal(est_init(&e, (struct lrt_options){.shard = 2, .shards = 2}), LRT_ERR_ARGUMENT);
    assert_non_null(strstr(lrt_error(&e.model.run), "no tensor"));
    free(e.memory);
}

// One bad client must not affect the others: nothing changes, not even the current step.
static void terms_that_no_step_gives_are_refused(void **state) {
    (void)state;
    static const struct {
        struct lrt_noise_term term;
        const char *word;
    } wrong[] = {{{.step = 1, .scalar = NAN}, "term 1: the scalar is not finite"},
                 {{.step = 1, .scalar = INFINITY}, "term 1: the scalar is not finite"},
                 {{.step = 1, .scalar = -INFINITY}, "term 1: the scalar is not finite"},
                 {{.step = 1, .scalar = 1, .tangent = 2}, "term 1: tangent 2; the program has 2"},
                 {{.step = 1, .scalar = 1, .tangent = -1}, "term 1: tangent -1"},
                 {{.step = 0, .scalar = 1}, "term 1: step 0; steps count from 1"},
                 {{.step = INT64_MIN, .scalar = 1}, "term 1: step -9"}};
    struct est e;
    float before[EST_FLOATS], scalars[2];
    est_start(&e, 0, 2, (struct lrt_options){.seed = 1});
    memcpy(before, e.model.adapters, sizeof before);
    est_complete(&e, tokens, tokens, 1);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const struct lrt_noise_term terms[2] = {{.seed = 1, .step = 1, .scalar = 1}, wrong[i].term};
        assert_int_equal(lrt_model_apply(&e.model, terms, 2, NULL), LRT_ERR_ARGUMENT);
        if (!strstr(lrt_error(&e.model.run), wrong[i].word)) fail_msg("%s", lrt_error(&e.model.run));
        assert_int_equal(lrt_model_scalars(&e.model, scalars), LRT_OK);
    }
    assert_memory_equal(before, e.model.adapters, sizeof before);
    assert_int_equal(lrt_model_finish(&e.model, NULL), LRT_OK);
    assert_int_equal(e.model.run.step, 1);
    est_stop(&e);
}

static void calls_out_of_order_are_refused(void **state) {
    (void)state;
    struct est e;
    float numbers[EST_FLOATS];
    est_start(&e, 1e-3, 1, (struct lrt_options){0});
    assert_int_equal(lrt_model_scalars(&e.model, numbers), LRT_ERR_STATE);
    assert_int_equal(lrt_model_estimate(&e.model, numbers), LRT_ERR_STATE);
    est_complete(&e, tokens, tokens, 1);
    assert_int_equal(lrt_model_scalars(&e.model, NULL), LRT_ERR_ARGUMENT);
    assert_int_equal(lrt_model_estimate(&e.model, NULL), LRT_ERR_ARGUMENT);
    assert_int_equal(lrt_model_apply(&e.model, NULL, 0, NULL), LRT_OK); // drops the step
    assert_int_equal(lrt_model_finish(&e.model, NULL), LRT_ERR_STATE);
    est_stop(&e);
    assert_int_equal(lrt_model_scalars(&e.model, numbers), LRT_ERR_STATE);
    assert_int_equal(lrt_model_scalars(NULL, numbers), LRT_ERR_ARGUMENT);
    assert_int_equal(lrt_model_apply(NULL, NULL, 0, NULL), LRT_ERR_ARGUMENT);
    assert_int_equal(lrt_model_estimate(NULL, numbers), LRT_ERR_ARGUMENT);
}

static void exact_programs_have_a_gradient_and_no_scalars(void **state) {
    (void)state;
    struct est e;
    float numbers[EST_FLOATS];
    size_t floats;
    est_describe(&e, 0, 0);
    assert_int_equal(est_init(&e, (struct lrt_options){.shard = 1, .shards = 2}), LRT_ERR_ARGUMENT);
    assert_non_null(strstr(lrt_error(&e.model.run), "exact gradient"));
    assert_non_null(strstr(lrt_error(&e.model.run), "build it with --gradient forward or zeroth"));
    assert_int_equal(est_init(&e, (struct lrt_options){0}), LRT_OK);
    est_complete(&e, tokens, tokens, 1);
    assert_int_equal(lrt_model_scalars(&e.model, numbers), LRT_ERR_STATE);
    assert_int_equal(lrt_model_apply(&e.model, NULL, 0, NULL), LRT_ERR_STATE);
    float *gradient = lrt_model_gradient(&e.model, &floats);
    for (size_t i = 0; i < floats; i++) gradient[i] = (float)i;
    assert_int_equal(lrt_model_estimate(&e.model, numbers), LRT_OK);
    assert_memory_equal(numbers, gradient, sizeof numbers);
    e.info.fused = 1;
    assert_int_equal(lrt_model_estimate(&e.model, numbers), LRT_ERR_STATE);
    est_stop(&e);
}

static float a_third(void) {
    volatile float one = 1, three = 3, third = one / three; // stored: divided here, not behind a call
    return third;
}

static void the_caller_s_rounding_does_not_matter(void **state) {
    (void)state;
    const int modes[] = {FE_TONEAREST, FE_TOWARDZERO, FE_UPWARD};
    float adapters[3][EST_FLOATS];
    struct lrt_step done[3];
    for (int i = 0; i < 3; i++) {
        struct est e;
        assert_int_equal(fesetround(modes[i]), 0);
        const float third = a_third();
        est_start(&e, 0.01, 1, (struct lrt_options){.seed = 3, .learning_rate = 0.1});
        for (int step = 0; step < 3; step++) {
            est_complete(&e, tokens, tokens, 2);
            assert_int_equal(lrt_model_finish(&e.model, &done[i]), LRT_OK);
        }
        assert_true(fegetround() == modes[i] && !(a_third() < third) && !(a_third() > third)); // it is given back
        memcpy(adapters[i], e.model.adapters, sizeof adapters[i]);
        est_stop(&e);
    }
    assert_int_equal(fesetround(FE_TONEAREST), 0);
    for (int i = 1; i < 3; i++) {
        assert_memory_equal(adapters[0], adapters[i], sizeof adapters[0]);
        assert_memory_equal(&done[0].loss, &done[i].loss, sizeof done[0].loss);
        assert_memory_equal(&done[0].grad_norm, &done[i].grad_norm, sizeof done[0].grad_norm);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zeroth_order_is_two_losses_a_micro_batch),
        cmocka_unit_test(the_scalar_approaches_the_derivative),
        cmocka_unit_test(forward_mode_is_the_mean_over_its_tangents),
        cmocka_unit_test(to_apply_the_own_scalars_is_to_finish),
        cmocka_unit_test(clients_and_server_stay_together),
        cmocka_unit_test(what_is_dropped_leaves_no_trace),
        cmocka_unit_test(a_step_of_nothing_changes_nothing),
        cmocka_unit_test(a_shard_is_all_that_changes),
        cmocka_unit_test(shards_are_carried_as_flat_floats),
        cmocka_unit_test(shards_that_are_none_are_refused),
        cmocka_unit_test(terms_that_no_step_gives_are_refused),
        cmocka_unit_test(calls_out_of_order_are_refused),
        cmocka_unit_test(exact_programs_have_a_gradient_and_no_scalars),
        cmocka_unit_test(the_caller_s_rounding_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
