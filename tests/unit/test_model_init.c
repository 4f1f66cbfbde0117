// Initial parameters depend on the seed, the weight, the layer and the role. They do not depend on the order of a
// program's params or on its other adapted weights.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <lorac/lrt.h>

enum { IN = 8, RANK = 2, OUT = 6, LAYERS = 3, MEMORY = 1 << 20 };

static const struct lrt_weight_info weights[] = {
    {.name = "layer.wq",
     .rank = 2,
     .shape = {OUT, IN},
     .instances = LAYERS,
     .slot_stride = 1,
     .initial = LRT_INITIAL_NORMAL},
    {.name = "layer.wv",
     .rank = 2,
     .shape = {OUT, IN},
     .instances = LAYERS,
     .first_slot = LAYERS,
     .slot_stride = 1,
     .initial = LRT_INITIAL_NORMAL},
};

static struct lrt_param_info lora(uint32_t weight, bool a, int64_t first, int64_t instances, int64_t *offset) {
    const struct lrt_param_info p = {.name = "p",
                                     .role = a ? LRT_ROLE_LORA_A : LRT_ROLE_LORA_B,
                                     .weight = weight,
                                     .rank = 2,
                                     .shape = {a ? RANK : OUT, a ? IN : RANK},
                                     .first = first,
                                     .instances = instances,
                                     .offset = *offset,
                                     .stride = a ? RANK * IN : OUT * RANK,
                                     .alpha = RANK};
    *offset += p.instances * p.stride;
    return p;
}

struct start {
    struct lrt_plan_info info;
    struct lrt_program program;
    struct lrt_model model;
    struct lrt_param_info params[8];
    struct lrt_tensor slots[2 * LAYERS];
    void *memory;
};

static void start_with(struct start *s, const struct lrt_weight_info *of, size_t n_params, int64_t floats,
                       uint64_t seed, bool random) {
    static const float zeros[OUT * IN];
    for (int i = 0; i < 2 * LAYERS; i++) s->slots[i] = lrt_floats(zeros);
    s->info = (struct lrt_plan_info){.weights = of,
                                     .n_weights = 2,
                                     .n_slots = 2 * LAYERS,
                                     .params = s->params,
                                     .n_params = n_params,
                                     .max_threads = 1};
    s->program = (struct lrt_program){.info = &s->info, .memory_bytes = MEMORY, .param_floats = (size_t)floats};
    s->memory = aligned_alloc(LRT_ALIGNMENT, MEMORY);
    assert_non_null(s->memory);
    const struct lrt_weights w = {s->slots, 2 * LAYERS, 0};
    const struct lrt_options o = {.threads = 1, .seed = seed, .random_init = random};
    const int status = lrt_model_init(&s->model, &s->program, s->memory, MEMORY, &w, &o);
    if (status != LRT_OK) fail_msg("%s", lrt_error(&s->model.run));
}

static void start(struct start *s, size_t n_params, int64_t floats, uint64_t seed, bool random) {
    start_with(s, weights, n_params, floats, seed, random);
}

static void stop(struct start *s) {
    lrt_model_stop(&s->model);
    free(s->memory);
}

static const float *values(const struct start *s, size_t param, int64_t layer) {
    const struct lrt_param_info *p = &s->params[param];
    return s->model.adapters + p->offset + (layer - p->first) * p->stride;
}

static void the_order_of_params_does_not_matter(void **state) {
    (void)state;
    struct start a, b;
    int64_t n = 0, m = 0;
    a.params[0] = lora(0, true, 0, LAYERS, &n);
    a.params[1] = lora(0, false, 0, LAYERS, &n);
    a.params[2] = lora(1, true, 0, LAYERS, &n);
    a.params[3] = lora(1, false, 0, LAYERS, &n);
    start(&a, 4, n, 5, false);
    b.params[0] = lora(1, true, 1, 2, &m); // another order, other layers, and wq twice, in parts
    b.params[1] = lora(0, false, 0, LAYERS, &m);
    b.params[2] = lora(0, true, 2, 1, &m);
    b.params[3] = lora(0, true, 0, 2, &m);
    start(&b, 4, m, 5, false);
    const size_t bytes = RANK * IN * sizeof(float);
    for (int64_t k = 0; k < LAYERS; k++) {
        assert_memory_equal(values(&a, 0, k), values(&b, k < 2 ? 3 : 2, k), bytes);
        if (k > 0) assert_memory_equal(values(&a, 2, k), values(&b, 0, k), bytes);
    }
    stop(&a);
    stop(&b);
}

static void no_two_tensors_are_alike(void **state) {
    (void)state;
    struct start s, other;
    int64_t n = 0;
    s.params[0] = lora(0, true, 0, LAYERS, &n);
    s.params[1] = lora(1, true, 0, LAYERS, &n);
    s.params[2] = lora(1, true, 0, LAYERS, &n);
    s.params[2].role = LRT_ROLE_FULL;
    memcpy(other.params, s.params, sizeof s.params);
    start(&s, 3, n, 5, true);
    start(&other, 3, n, 6, true);
    const size_t bytes = RANK * IN * sizeof(float);
    for (size_t i = 0; i < 3 * LAYERS; i++) {
        const float *x = values(&s, i / LAYERS, (int64_t)(i % LAYERS));
        for (size_t j = 0; j < i; j++) assert_memory_not_equal(x, values(&s, j / LAYERS, (int64_t)(j % LAYERS)), bytes);
        assert_memory_not_equal(x, values(&other, i / LAYERS, (int64_t)(i % LAYERS)), bytes);
    }
    stop(&s);
    stop(&other);
}

// The role determines the initial values; for a weight trained from random values, the weight does.
static void first_values(void **state) {
    (void)state;
    struct start s;
    int64_t n = 0;
    s.params[0] = lora(0, false, 0, LAYERS, &n);
    s.params[1] = lora(0, false, 0, LAYERS, &n);
    s.params[1].role = LRT_ROLE_IA3_OUTPUTS;
    s.params[2] = lora(1, true, 0, LAYERS, &n);
    start(&s, 3, n, 5, true);
    for (int64_t i = 0; i < OUT * RANK; i++) {
        assert_true(values(&s, 0, 1)[i] == 0.0f && values(&s, 1, 1)[i] == 1.0f);
        assert_true(values(&s, 2, 1)[i] >= -0.3536f && values(&s, 2, 1)[i] <= 0.3536f); // 1/sqrt(IN)
    }
    stop(&s);
}

// A vector that an op adds starts with 0, any other with 1. The compiler decides this by use, not by name.
static void a_bias_from_nothing_is_zero(void **state) {
    (void)state;
    static const struct lrt_weight_info vectors[] = {
        {.name = "norm_b", .rank = 1, .shape = {IN}, .instances = 1, .slot_stride = 1, .initial = LRT_INITIAL_ONES},
        {.name = "shift", .rank = 1, .shape = {IN}, .instances = 1, .first_slot = 1, .slot_stride = 1}};
    struct start s;
    int64_t n = 0;
    for (uint32_t i = 0; i < 2; i++) {
        s.params[i] = lora(i, true, 0, 1, &n);
        s.params[i].role = LRT_ROLE_FULL;
    }
    start_with(&s, vectors, 2, n, 5, true);
    for (int64_t i = 0; i < IN; i++) assert_true(values(&s, 0, 0)[i] == 1.0f && values(&s, 1, 0)[i] == 0.0f);
    stop(&s);
}

// Starts a program of one frozen weight that is trained whole in layer 1 alone; what init says.
static int status_of(struct start *s, struct lrt_options o, int64_t null_layer, uint32_t type) {
    int64_t n = 0;
    static const float zeros[OUT * IN];
    s->params[0] = lora(0, true, 1, 1, &n);
    s->params[0].role = LRT_ROLE_FULL;
    memcpy(s->params[0].shape, weights[0].shape, sizeof weights[0].shape);
    for (int i = 0; i < 2 * LAYERS; i++) s->slots[i] = lrt_matrix(i == null_layer ? NULL : zeros, type, 0, 0);
    s->info = (struct lrt_plan_info){.weights = weights,
                                     .n_weights = 2,
                                     .n_slots = 2 * LAYERS,
                                     .params = s->params,
                                     .n_params = 1,
                                     .max_threads = 1};
    s->program = (struct lrt_program){.info = &s->info, .memory_bytes = MEMORY, .param_floats = OUT * IN};
    s->memory = aligned_alloc(LRT_ALIGNMENT, MEMORY);
    assert_non_null(s->memory);
    const struct lrt_weights w = {s->slots, 2 * LAYERS, 0};
    const int status = lrt_model_init(&s->model, &s->program, s->memory, MEMORY, &w, &o);
    stop(s);
    return status;
}

static void what_init_would_misread_is_refused(void **state) {
    (void)state;
    struct start s;
    const struct lrt_options plain = {.threads = 1}, random = {.threads = 1, .random_init = 1};
    assert_int_equal(status_of(&s, plain, -1, LRT_F32), LRT_OK);
    assert_int_equal(status_of(&s, random, 1, LRT_F32), LRT_OK); // trained whole from random values
    assert_int_equal(status_of(&s, plain, 1, LRT_F32), LRT_ERR_ARGUMENT);
    for (int64_t layer = 0; layer < 2 * LAYERS; layer++)
        if (layer != 1) assert_int_equal(status_of(&s, random, layer, LRT_F32), LRT_ERR_ARGUMENT);
    assert_int_equal(status_of(&s, plain, -1, 7), LRT_ERR_ARGUMENT);        // no such type
    assert_int_equal(status_of(&s, plain, -1, LRT_Q4_0), LRT_ERR_ARGUMENT); // whose blocks rows do not fill
    const double rates[] = {-1, (double)NAN, (double)INFINITY};
    for (int i = 0; i < 3; i++)
        assert_int_equal(status_of(&s, (struct lrt_options){.threads = 1, .learning_rate = rates[i]}, -1, LRT_F32),
                         LRT_ERR_ARGUMENT);
    assert_int_equal(status_of(&s, (struct lrt_options){.threads = 1, .run_steps = -1}, -1, LRT_F32), LRT_ERR_ARGUMENT);
    assert_int_equal(status_of(&s, (struct lrt_options){.threads = 1, .clip = (double)NAN}, -1, LRT_F32),
                     LRT_ERR_ARGUMENT);
    const struct lrt_rate_schedule good = {LRT_SCHEDULE_COSINE, 2, 5, 0.1}, bad[] = {{7, 0, 0, 0},
                                                                                     {LRT_SCHEDULE_LINEAR, -1, 0, 0},
                                                                                     {LRT_SCHEDULE_LINEAR, 0, 0, 2}};
    assert_int_equal(status_of(&s, (struct lrt_options){.threads = 1, .schedule = &good}, -1, LRT_F32), LRT_OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(status_of(&s, (struct lrt_options){.threads = 1, .schedule = &bad[i]}, -1, LRT_F32),
                         LRT_ERR_ARGUMENT);
}

// transformers' get_linear_schedule_with_warmup and its like: update s has the rate of s - 1 updates done.
static void rates_are_counted_as_transformers_counts(void **state) {
    (void)state;
    static const struct {
        struct lrt_rate_schedule schedule;
        double rates[8];
    } cases[] = {
        {{LRT_SCHEDULE_LINEAR, 0, 4, 0}, {1, 0.75, 0.5, 0.25, 0, 0}},
        {{LRT_SCHEDULE_LINEAR, 2, 6, 0}, {0, 0.5, 1, 0.75, 0.5, 0.25, 0, 0}},
        {{LRT_SCHEDULE_LINEAR, 0, 4, 0.2}, {1, 0.8, 0.6, 0.4, 0.2, 0.2}},
        {{LRT_SCHEDULE_COSINE, 0, 4, 0}, {1, 0.85355339059327376, 0.5, 0.14644660940672624, 0, 0}},
        {{LRT_SCHEDULE_COSINE, 1, 5, 0.1}, {0, 1, 0.86819805153394638, 0.55, 0.23180194846605365, 0.1}},
        {{LRT_SCHEDULE_CONSTANT, 2, 0, 0}, {0, 0.5, 1, 1, 1, 1}},
        {{LRT_SCHEDULE_LINEAR, 0, 0, 0}, {1, 1, 1, 1, 1, 1}}, // no length
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int step = 1; step <= 6; step++) {
            const double rate = lrt_schedule(&cases[i].schedule, step), wanted = cases[i].rates[step - 1];
            if (!(fabs(rate - wanted) < 1e-15)) fail_msg("case %zu, step %d: %.17g, not %.17g", i, step, rate, wanted);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_of_params_does_not_matter),
        cmocka_unit_test(no_two_tensors_are_alike),
        cmocka_unit_test(first_values),
        cmocka_unit_test(a_bias_from_nothing_is_zero),
        cmocka_unit_test(what_init_would_misread_is_refused),
        cmocka_unit_test(rates_are_counted_as_transformers_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
