// A GGUF in parts is loaded from its first, as one file; a part that is missing, of another model or given alone is
// refused.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/weights/gguf_facts.h"
#include "runtime/weights/gguf_write.h"
#include "runtime/weights/weight_file.h"
#include "tests/unit/files_plan.h"

enum { SLOTS = 64 };
static const struct small_dims dims = {
    .vocab = 6, .width = 4, .depth = 1, .heads = 2, .kv_heads = 1, .head = 2, .ff = 5};

struct place {
    char folder[64], whole[128], part[3][128];
    struct small_plan plan;
    struct lrt_report report;
};

static int make_place(void **state) {
    static struct place p;
    char folder[] = "/tmp/lrt-split-XXXXXX"; // a name outside p: snprintf may not read what it writes to
    if (!mkdtemp(folder)) return -1;
    strcpy(p.folder, folder);
    snprintf(p.whole, sizeof p.whole, "%s/whole.gguf", folder);
    for (int i = 0; i < 3; i++) snprintf(p.part[i], sizeof p.part[i], "%s/m-0000%d-of-00003.gguf", folder, i + 1);
    plan_build(&p.plan, dims);
    *state = &p;
    return lrt_write_random_gguf(p.whole, &p.plan.plan, NULL, LRT_F32, 1, &p.report);
}

static int remove_place(void **state) {
    const struct place *p = *state;
    unlink(p->whole);
    for (int i = 0; i < 3; i++) unlink(p->part[i]);
    return rmdir(p->folder);
}

// Every third tensor of the whole file, as part `part` of three.
static void write_part(struct place *p, int part, int64_t number, int64_t count, int64_t tensors) {
    struct lrt_weight_file *whole;
    assert_int_equal(lrt_weight_file_open(&whole, p->whole, &p->report), LRT_OK);
    struct gguf_entry entries[64];
    struct gguf_entries split = {.n = 0};
    struct lrt_named_tensor list[SLOTS];
    size_t n = 0, k = 0;
    for (; n < whole->n_entries && part == 0; n++) entries[n] = whole->entries[n];
    lrt_entries_integer(&split, "", "split.no", number);
    lrt_entries_integer(&split, "", "split.count", count);
    lrt_entries_integer(&split, "", "split.tensors.count", tensors);
    for (size_t i = 0; i < split.n; i++) entries[n++] = split.entry[i];
    for (size_t i = (size_t)part; i < whole->n_tensors; i += 3) {
        const struct lrt_file_tensor *t = &whole->tensors[i];
        list[k] = (struct lrt_named_tensor){
            .name = t->name, .type = t->type, .rank = t->rank, .source = {.data = t->data, .type = t->type}};
        memcpy(list[k++].shape, t->shape, sizeof t->shape);
    }
    if (lrt_gguf_write(p->part[part], entries, n, list, k, NULL, NULL, &p->report) != LRT_OK)
        fail_msg("%s", p->report.text);
    lrt_weight_file_close(whole);
}

static void write_parts(struct place *p) {
    for (int i = 0; i < 3; i++) write_part(p, i, i, 3, PLAN_WEIGHTS);
}

static int use(struct place *p, const char *path) {
    struct lrt_weight_file *file;
    struct lrt_tensor slots[SLOTS];
    struct lrt_weights w;
    int status = lrt_weight_file_open(&file, path, &p->report);
    if (!status) status = lrt_weights_bind(file, &p->plan.plan, slots, SLOTS, 0, &w, &p->report);
    lrt_weight_file_close(file);
    return status;
}

static void refused(struct place *p, const char *path, const char *says) {
    assert_int_equal(use(p, path), LRT_ERR_FILE);
    if (!strstr(p->report.text, says)) fail_msg("%s: %s", says, p->report.text);
}

static void parts_are_one_file(void **state) {
    struct place *p = *state;
    struct lrt_weight_file *whole, *parts;
    write_parts(p);
    if (use(p, p->part[0]) != LRT_OK) fail_msg("%s", p->report.text);
    assert_int_equal(lrt_weight_file_open(&whole, p->whole, &p->report), LRT_OK);
    assert_int_equal(lrt_weight_file_open(&parts, p->part[0], &p->report), LRT_OK);
    assert_int_equal(lrt_weight_file_count(parts), lrt_weight_file_count(whole));
    for (size_t i = 0; i < lrt_weight_file_count(whole); i++) {
        const struct lrt_file_tensor *a = lrt_weight_file_tensor(whole, i), *b = lrt_weight_file_find(parts, a->name);
        assert_true(b && a->bytes == b->bytes && memcmp(a->data, b->data, a->bytes) == 0);
    }
    assert_string_equal(lrt_weight_file_path(parts, 2), p->part[2]);
    // A whole model written from it is no part of anything.
    struct lrt_tensor slots[SLOTS];
    struct lrt_weights w;
    assert_int_equal(lrt_weights_bind(parts, &p->plan.plan, slots, SLOTS, 0, &w, &p->report), LRT_OK);
    const struct lrt_adapter_source from = {.plan = &p->plan.plan, .rope_interleaved = 1};
    unlink(p->whole);
    assert_int_equal(lrt_write_model_gguf(p->whole, &from, &w, parts, NULL, UINT32_MAX, &p->report), LRT_OK);
    lrt_weight_file_close(whole);
    lrt_weight_file_close(parts);
    assert_int_equal(lrt_weight_file_open(&whole, p->whole, &p->report), LRT_OK);
    assert_int_equal(lrt_weight_file_count(whole), PLAN_WEIGHTS);
    assert_false(lrt_gguf_has(whole, "split.count"));
    lrt_weight_file_close(whole);
}

static void parts_that_do_not_fit_are_refused(void **state) {
    struct place *p = *state;
    char other[256];
    write_parts(p);
    refused(p, p->part[1], "part 2 of 3; give the first one");
    snprintf(other, sizeof other, "%s/renamed.gguf", p->folder);
    assert_int_equal(rename(p->part[0], other), 0);
    refused(p, other, "whose name must end with -00001-of-00003.gguf");
    assert_int_equal(rename(other, p->part[0]), 0);
    write_part(p, 2, 1, 3, PLAN_WEIGHTS);
    refused(p, p->part[0], "m-00003-of-00003.gguf: its split.no and split.count are those of another part");
    write_part(p, 2, 2, 4, PLAN_WEIGHTS);
    refused(p, p->part[0], "those of another part");
    write_part(p, 2, 2, 3, PLAN_WEIGHTS);
    write_part(p, 0, 0, 3, PLAN_WEIGHTS + 1);
    refused(p, p->part[0], "split.tensors.count is not how many tensors there are");
    write_part(p, 0, 0, 100000, PLAN_WEIGHTS);
    refused(p, p->part[0], "no number of parts");
    write_parts(p);
    FILE *f = fopen(p->part[1], "wb");
    assert_true(f && fputs("{\"no\": \"GGUF\"}", f) >= 0 && fclose(f) == 0);
    refused(p, p->part[0], "it is no GGUF");
    unlink(p->part[1]);
    refused(p, p->part[0], "m-00002-of-00003.gguf: cannot be opened");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(parts_are_one_file, make_place, remove_place),
        cmocka_unit_test_setup_teardown(parts_that_do_not_fit_are_refused, make_place, remove_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
