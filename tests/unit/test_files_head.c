// Files with an output matrix that a model with a tied head does not declare. A copy of the embedding is accepted in
// any type. Any other matrix is an error that names the fix. A model with its own head accepts both.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <unistd.h>
#include <string.h>

#include "tests/unit/files_plan.h"

enum { VOCAB = 9, WIDTH = 64, VALUES = VOCAB * WIDTH };

static const struct lrt_weight_info weights[] = {
    {.name = "embed",
     .gguf = "token_embd.weight",
     .hf = "model.embed_tokens.weight",
     .rank = 2,
     .shape = {VOCAB, WIDTH},
     .instances = 1},
    {.name = "classes", .hf = "score.weight", .rank = 2, .shape = {2, WIDTH}, .instances = 1, .first_slot = 1},
    {.name = "lm_head",
     .gguf = "output.weight",
     .hf = "lm_head.weight",
     .rank = 2,
     .shape = {VOCAB, WIDTH},
     .instances = 1,
     .first_slot = 1},
};

// Binds the plan of `plan` to a file of the embedding, a classifier and this head.
static int bind_head(const float *head, uint32_t type, int64_t rows, const struct lrt_plan_info *plan,
                     struct lrt_report *report) {
    float embedding[VALUES];
    char path[64];
    for (int i = 0; i < VALUES; i++) embedding[i] = (float)(i * 37 % 101) * 0.02f - 1.0f;
    snprintf(path, sizeof path, "/tmp/lrt-head-%ld.safetensors", (long)getpid());
    const struct lrt_named_tensor tensors[] = {
        {.name = "model.embed_tokens.weight",
         .type = LRT_F32,
         .rank = 2,
         .shape = {VOCAB, WIDTH},
         .source = lrt_floats(embedding)},
        {.name = "score.weight", .type = LRT_F32, .rank = 2, .shape = {2, WIDTH}, .source = lrt_floats(embedding)},
        {.name = "lm_head.weight",
         .type = type,
         .rank = 2,
         .shape = {rows, WIDTH},
         .source = lrt_floats(head ? head : embedding)},
    };
    if (lrt_write_safetensors(path, tensors, 3, NULL, 0, report) != LRT_OK) fail_msg("%s", report->text);
    struct lrt_weight_file *f;
    struct lrt_tensor slots[2];
    struct lrt_weights w;
    assert_int_equal(lrt_weight_file_open(&f, path, report), LRT_OK);
    const int status = lrt_weights_bind(f, plan, slots, 2, 0, &w, report);
    lrt_weight_file_close(f);
    unlink(path);
    return status;
}

static void a_copy_of_the_embedding_is_accepted(void **state) {
    (void)state;
    const struct lrt_plan_info tied = {.weights = weights, .n_weights = 1, .n_slots = 1};
    struct lrt_report report;
    const uint32_t types[] = {LRT_F32, LRT_F16, LRT_BF16};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (bind_head(NULL, types[i], VOCAB, &tied, &report) != LRT_OK) fail_msg("%s", report.text);
}

static void another_matrix_is_refused(void **state) {
    (void)state;
    const struct lrt_plan_info tied = {.weights = weights, .n_weights = 1, .n_slots = 1};
    struct lrt_report report;
    float head[VALUES];
    const int rows[] = {0, VOCAB / 2, VOCAB - 1};
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) { // each row that the check reads
        for (int i = 0; i < VALUES; i++) head[i] = (float)(i * 37 % 101) * 0.02f - 1.0f;
        for (int k = 0; k < WIDTH; k++) head[rows[r] * WIDTH + k] *= 1.1f;
        char word[32];
        snprintf(word, sizeof word, "(row %d differs)", rows[r]);
        assert_int_equal(bind_head(head, LRT_F32, VOCAB, &tied, &report), LRT_ERR_FILE);
        if (!strstr(report.text, word) || !strstr(report.text, ".safetensors: tensor lm_head.weight") ||
            !strstr(report.text, "dim tied = 0"))
            fail_msg("%s", report.text);
    }
    assert_int_equal(bind_head(head, LRT_F32, VOCAB - 1, &tied, &report), LRT_ERR_FILE); // of another shape
}

static void a_head_of_its_own_is_not_compared(void **state) {
    (void)state;
    static const float zeros[VALUES];
    const struct lrt_weight_info untied_weights[] = {weights[0], weights[2]};
    const struct lrt_plan_info classifier = {.weights = weights, .n_weights = 2, .n_slots = 2},
                               untied = {.weights = untied_weights, .n_weights = 2, .n_slots = 2};
    struct lrt_report report;
    if (bind_head(zeros, LRT_F32, VOCAB, &classifier, &report) != LRT_OK) fail_msg("%s", report.text);
    if (bind_head(zeros, LRT_F32, VOCAB, &untied, &report) != LRT_OK) fail_msg("%s", report.text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_of_the_embedding_is_accepted),
        cmocka_unit_test(another_matrix_is_refused),
        cmocka_unit_test(a_head_of_its_own_is_not_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
