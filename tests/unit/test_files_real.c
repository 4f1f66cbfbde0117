// Real files: of the project's own model, examples/tiny, metadata and the dims that do not fit. The same of
// stories260K, which as GGUF and as safetensors is the same model, in GGUF with permuted q and k rows; its cases skip
// where it is absent.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <string.h>

#include "tests/unit/files_plan.h"

static const char *data_file(char *path, size_t size, const char *name) {
    const char *root = getenv("LORAC_DATA");
    snprintf(path, size, "%s/models/%s", root ? root : LORAC_SOURCE_DIR "/../shared/data", name);
    if (access(path, R_OK) != 0) {
        print_message("%s is not there: skipped (set LORAC_DATA)\n", path);
        skip();
    }
    return path;
}

// A file and what stands in it.
struct real_file {
    const char *path; // of the project, or in the test data
    bool own;
    const char *name;
    struct small_dims dims;
    double rope_base;
    bool scores; // of the tokens
};

static struct lrt_weight_file *open_real(const struct real_file *r) {
    char path[512];
    struct lrt_report report;
    struct lrt_weight_file *f;
    if (r->own)
        snprintf(path, sizeof path, LORAC_SOURCE_DIR "/%s", r->path);
    else
        data_file(path, sizeof path, r->path);
    if (lrt_weight_file_open(&f, path, &report) != LRT_OK) fail_msg("%s", report.text);
    return f;
}

struct bound {
    struct lrt_weight_file *file;
    struct lrt_tensor slots[64];
    struct lrt_weights weights;
};

static void bind(struct bound *b, const char *path, const struct small_plan *p) {
    struct lrt_report report;
    if (lrt_weight_file_open(&b->file, path, &report) != LRT_OK ||
        lrt_weights_bind(b->file, &p->plan, b->slots, 64, 0, &b->weights, &report) != LRT_OK)
        fail_msg("%s", report.text);
}

static void gguf_and_safetensors_hold_the_same_model(void **state) {
    (void)state;
    char gguf[512], st[512];
    struct small_plan p;
    struct bound a, b;
    plan_build(&p, stories_dims);
    bind(&a, data_file(gguf, sizeof gguf, "stories260K-f32.gguf"), &p);
    bind(&b, data_file(st, sizeof st, "stories260K.safetensors"), &p);
    assert_int_equal(a.weights.rope_interleaved, 1);
    assert_int_equal(b.weights.rope_interleaved, 0);
    assert_int_equal(a.weights.count, 2 + 9 * 5);
    assert_int_equal(lrt_weight_file_copied(a.file), 0);
    for (size_t i = 0; i < p.plan.n_weights; i++) {
        const struct lrt_weight_info *w = &p.weights[i];
        int64_t rows = w->rank == 2 ? w->shape[0] : 1, columns = w->rank == 2 ? w->shape[1] : w->shape[0];
        for (int64_t k = 0; k < w->instances; k++) {
            const float *x = a.slots[w->first_slot + k].data, *y = b.slots[w->first_slot + k].data;
            for (int64_t r = 0; r < rows; r++) {
                int64_t from = w->rope_head ? lrt_rope_source_row(r, w->rope_head, LRT_ROPE_TO_HF) : r;
                assert_memory_equal(y + r * columns, x + from * columns, (size_t)columns * sizeof *x);
            }
        }
    }
    lrt_weight_file_close(a.file);
    lrt_weight_file_close(b.file);
}

static void metadata_is_typed(void **state) {
    const struct real_file *r = *state;
    struct lrt_weight_file *f = open_real(r);
    int64_t n = 0;
    double number = 0;
    struct lrt_gguf_array tokens, scores;
    struct lrt_bytes s;
    assert_true(lrt_gguf_integer(f, "llama.block_count", &n) && n == r->dims.depth);
    assert_true(lrt_gguf_number(f, "llama.rope.freq_base", &number) && number == r->rope_base);
    assert_false(lrt_gguf_integer(f, "llama.rope.freq_base", &n));
    assert_false(lrt_gguf_integer(f, "general.name", &n));
    assert_true(lrt_gguf_string_is(f, "general.name", r->name));
    assert_false(lrt_gguf_has(f, "general.nam"));
    assert_true(lrt_gguf_find_array(f, "tokenizer.ggml.tokens", &tokens) && tokens.count == (uint64_t)r->dims.vocab);
    int64_t count = 0;
    while (lrt_gguf_next_string(&tokens, &s)) {
        if (count == 1 && r->scores) assert_true(s.length == 3 && memcmp(s.bytes, "<s>", 3) == 0);
        count++;
    }
    assert_int_equal(count, r->dims.vocab);
    assert_int_equal(lrt_gguf_find_array(f, "tokenizer.ggml.scores", &scores), r->scores);
    if (r->scores) {
        assert_int_equal(scores.count, r->dims.vocab);
        assert_true(lrt_gguf_array_number(&scores, 300) < 0);
        assert_int_equal(lrt_gguf_array_integer(&scores, 300), 0);
    }
    lrt_weight_file_close(f);
}

static void wrong_dims_are_named(void **state) {
    const struct real_file *r = *state;
    struct small_plan p;
    struct lrt_report report;
    struct lrt_tensor slots[64];
    struct lrt_weights w;
    struct lrt_weight_file *f = open_real(r);
    char words[160];
    plan_build(&p, r->dims);
    if (lrt_weights_bind(f, &p.plan, slots, 64, 0, &w, &report) != LRT_OK) fail_msg("%s", report.text);
    struct small_dims d = r->dims;
    d.depth--;
    plan_build(&p, d);
    assert_int_equal(lrt_weights_bind(f, &p.plan, slots, 64, 0, &w, &report), LRT_ERR_FILE);
    snprintf(words, sizeof words, "llama.block_count is %d", (int)r->dims.depth);
    assert_non_null(strstr(report.text, words));
    snprintf(words, sizeof words, "-D depth=%d", (int)r->dims.depth);
    assert_non_null(strstr(report.text, words));
    p.plan.n_dims = 0; // the weights' names count the layers too
    assert_int_equal(lrt_weights_bind(f, &p.plan, slots, 64, 0, &w, &report), LRT_ERR_FILE);
    assert_non_null(strstr(report.text, words));
    plan_build(&p, r->dims);
    p.plan.n_dims = 0; // nothing to compare with; the test checks the tensors themselves
    p.weights[3].shape[0] /= 2;
    assert_int_equal(lrt_weights_bind(f, &p.plan, slots, 64, 0, &w, &report), LRT_ERR_FILE);
    const int width = (int)r->dims.width;
    snprintf(words, sizeof words, "blk.0.attn_q.weight is [%d, %d], but weight layer.wq takes [%d, %d]", width, width,
             width / 2, width);
    if (!strstr(report.text, words)) fail_msg("%s", report.text);
    lrt_weight_file_close(f);
}

static void a_real_adapter_is_read_by_name(void **state) {
    (void)state;
    char path[512];
    struct lrt_report report;
    struct lrt_weight_file *f;
    assert_int_equal(
        lrt_weight_file_open(&f, data_file(path, sizeof path, "roberta_base_lora_mnli.safetensors"), &report), LRT_OK);
    assert_string_equal(lrt_weight_file_metadata(f, "format"), "pt");
    const struct lrt_file_tensor *t =
        lrt_weight_file_find(f, "base_model.model.roberta.encoder.layer.11.attention.self.value.lora_B.weight");
    assert_non_null(t);
    assert_true(t->rank == 2 && t->shape[0] == 768 && t->shape[1] == 8 && t->type == LRT_F32);
    assert_null(lrt_weight_file_find(f, "no such tensor"));
    lrt_weight_file_close(f);
}

int main(void) {
    struct real_file tiny = {"examples/tiny/tiny.gguf", true, "tiny", {1024, 128, 4, 4, 2, 32, 320}, 10000.0, false},
                     stories = {"stories260K-q4_0.gguf", false, "stories260K", stories_dims, 10000.0, true},
                     stories_f32 = {"stories260K-f32.gguf", false, "stories260K", stories_dims, 10000.0, true};
    const struct CMUnitTest tests[] = {
        {"metadata of examples/tiny is typed", metadata_is_typed, NULL, NULL, &tiny},
        {"dims that do not fit examples/tiny are named", wrong_dims_are_named, NULL, NULL, &tiny},
        cmocka_unit_test(gguf_and_safetensors_hold_the_same_model),
        {"metadata of stories260K is typed", metadata_is_typed, NULL, NULL, &stories},
        {"dims that do not fit stories260K are named", wrong_dims_are_named, NULL, NULL, &stories_f32},
        cmocka_unit_test(a_real_adapter_is_read_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
