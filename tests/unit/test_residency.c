// Residency: a program whose slices only record that they run. The test checks the exact calls of the callback, and for
// random programs the invariants.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include <lorac/lrt_files.h>

enum { LAYERS = 3, SLOTS = 2 + LAYERS, WIDTH = 4, TEXT = 1 << 12 };

// Slot 0 is the embedding, 1..3 the layers, 4 the head.
static const struct lrt_weight_info weights[] = {
    {.name = "embed", .rank = 2, .shape = {8, WIDTH}, .instances = 1, .first_slot = 0, .slot_stride = 1},
    {.name = "layer.w", .rank = 2, .shape = {2, WIDTH}, .instances = LAYERS, .first_slot = 1, .slot_stride = 1},
    {.name = "head", .rank = 1, .shape = {WIDTH}, .instances = 1, .first_slot = 1 + LAYERS, .slot_stride = 1},
};
static const size_t slot_bytes[SLOTS] = {8 * WIDTH * 4, 2 * WIDTH * 4, 2 * WIDTH * 4, 2 * WIDTH * 4, WIDTH * 4};
static const struct lrt_plan_info info = {.model = "fake",
                                          .weights = weights,
                                          .n_weights = 3,
                                          .n_slots = SLOTS,
                                          .vocab = 8,
                                          .ignore = INT64_MIN,
                                          .max_threads = 1};

struct fake {
    struct lrt_model model;
    float values[SLOTS][8 * WIDTH];
    struct lrt_tensor slots[SLOTS];
    char calls[TEXT];
    size_t length;
    int resident[SLOTS];
    void *memory;
};

static void say(struct fake *f, const char *word, int64_t number) {
    int n = snprintf(f->calls + f->length, TEXT - f->length, " %s%d", word, (int)number);
    assert_true(n > 0 && f->length + (size_t)n < TEXT);
    f->length += (size_t)n;
}

static void run_slice(struct lrt_model *m, int64_t iteration) { say((struct fake *)(void *)m, "run", iteration); }

static void listen(void *context, const void *data, size_t bytes, int needed) {
    struct fake *f = context;
    for (int i = 0; i < SLOTS; i++) {
        if (data != f->slots[i].data) continue;
        assert_int_equal(bytes, slot_bytes[i]);
        say(f, needed ? "+" : "-", i);
        f->resident[i] = needed;
        return;
    }
    fail_msg("no slot has this address");
}

static void start(struct fake *f, const struct lrt_program *p, lrt_residency *residency) {
    memset(f, 0, sizeof *f);
    for (int i = 0; i < SLOTS; i++) f->slots[i] = lrt_floats(f->values[i]);
    f->memory = aligned_alloc(LRT_ALIGNMENT, 1 << 16);
    assert_non_null(f->memory);
    const struct lrt_weights w = {f->slots, SLOTS, 0};
    const struct lrt_options o = {.residency = residency, .residency_context = f};
    assert_int_equal(lrt_model_init(&f->model, p, f->memory, 1 << 16, &w, &o), LRT_OK);
}

static void stop(struct fake *f) {
    lrt_model_stop(&f->model);
    free(f->memory);
}

static const struct lrt_slice_weight embed_rows[] = {{0, 0, 0}}, embed_whole[] = {{0, 0, 1}}, head[] = {{2, 0, 1}},
                                     layer[] = {{1, 1, 1}}, layer_twice[] = {{1, 2, 1}}, all[] = {{1, 0, 1}};

static struct lrt_program program(const struct lrt_slice *slices, size_t count) {
    return (struct lrt_program){
        .info = &info,
        .memory_bytes = 1 << 12,
        .arena_bytes = 64,
        .tokens = 1,
        .targets = 1,
        .gradient = {slices, count},
        .eval = {slices, count},
    };
}

// The calls of one step, or of one evaluation (micro_batches 0).
static const char *calls_of(struct fake *f, const struct lrt_slice *slices, size_t count, int micro_batches) {
    const struct lrt_program p = program(slices, count);
    const int32_t ids[4] = {0};
    double loss;
    int64_t counted;
    struct lrt_step done;
    start(f, &p, listen);
    if (micro_batches)
        assert_int_equal(lrt_model_step(&f->model, ids, ids, micro_batches, &done), LRT_OK);
    else
        assert_int_equal(lrt_model_eval(&f->model, ids, ids, &loss, &counted), LRT_OK);
    for (int i = 0; i < SLOTS; i++) assert_int_equal(f->resident[i], 0); // nothing stays behind
    stop(f);
    return f->calls;
}

static void a_step_is_told_layer_by_layer(void **state) {
    (void)state;
    struct fake f;
    const struct lrt_slice slices[] = {
        {run_slice, 0, 1, 1, embed_rows, 1, NULL, NULL},
        {run_slice, 0, 1, 3, layer, 1, NULL, NULL},
        {run_slice, 0, 1, 1, NULL, 0, NULL, NULL}, // reads nothing, so reading ahead passes over it
        {run_slice, 0, 1, 2, head, 1, NULL, NULL},
        {run_slice, 2, -1, 3, layer, 1, NULL, NULL}};
    const char *once = " +1 run0 -0 +2 run0 -1 +3 run1 -2 +4 run2 -3"
                       " +4 run0 run0 +3 run1 -4 +2 run2 -3 +1 run1 -2 run0 -1";
    assert_string_equal(calls_of(&f, slices, 5, 1), once);
    assert_string_equal(calls_of(&f, slices, 5, 0), once);
    // After the first micro-batch comes the embedding again, whose rows are not read ahead.
    char twice[TEXT];
    snprintf(twice, sizeof twice, "%s%s", once, once);
    assert_string_equal(calls_of(&f, slices, 5, 2), twice);
}

// Zeroth order runs the slices twice per micro-batch: after the first pass comes the second, then the next micro-batch.
static void both_passes_are_told(void **state) {
    (void)state;
    struct fake f;
    struct lrt_plan_info estimating = info;
    estimating.tangents = 1;
    estimating.perturbation = 0.01;
    const struct lrt_slice slices[] = {{run_slice, 0, 1, 1, head, 1, NULL, NULL},
                                       {run_slice, 0, 1, 2, layer, 1, NULL, NULL}};
    struct lrt_program p = program(slices, 2);
    p.info = &estimating;
    p.passes = 2;
    const int32_t ids[4] = {0};
    struct lrt_step done;
    start(&f, &p, listen);
    assert_int_equal(lrt_model_step(&f.model, ids, ids, 2, &done), LRT_OK);
    assert_string_equal(f.calls, " +1 run0 -4 +2 run0 -1 +4 run1 -2 +1 run0 -4 +2 run0 -1 +4 run1 -2"
                                 " +1 run0 -4 +2 run0 -1 +4 run1 -2 +1 run0 -4 +2 run0 -1 run1 -2");
    for (int i = 0; i < SLOTS; i++) assert_int_equal(f.resident[i], 0);
    stop(&f);
}

static void what_the_next_iteration_reads_stays(void **state) {
    (void)state;
    struct fake f;
    const struct lrt_slice each[] = {{run_slice, 0, 1, 6, layer_twice, 1, NULL, NULL}};
    assert_string_equal(calls_of(&f, each, 1, 1), " run0 +2 run1 -1 run2 +3 run3 -2 run4 run5 -3");
    const struct lrt_slice tied[] = {{run_slice, 0, 1, 1, embed_rows, 1, NULL, NULL},
                                     {run_slice, 0, 1, 1, embed_whole, 1, NULL, NULL}};
    assert_string_equal(calls_of(&f, tied, 2, 1), " +0 run0 run0 -0");
    // One layer again and again, and back to an earlier one.
    const struct lrt_slice jumps[] = {{run_slice, 1, 1, 1, layer, 1, NULL, NULL},
                                      {run_slice, 1, 1, 2, layer, 1, NULL, NULL},
                                      {run_slice, 0, 1, 1, layer, 1, NULL, NULL},
                                      {run_slice, 2, -1, 2, layer, 1, NULL, NULL}};
    assert_string_equal(calls_of(&f, jumps, 4, 1), " run1 +3 run1 -2 +1 run2 -3 +3 run0 -1 +2 run2 -3 run1 -2");
}

static void a_whole_stack_is_never_read_ahead(void **state) {
    (void)state;
    struct fake f;
    const struct lrt_slice slices[] = {{run_slice, 0, 1, 1, head, 1, NULL, NULL},
                                       {run_slice, 0, 1, 1, all, 1, NULL, NULL}};
    assert_string_equal(calls_of(&f, slices, 2, 1), " run0 -4 run0 -1 -2 -3");
}

static void nobody_need_listen(void **state) {
    (void)state;
    struct fake f;
    const struct lrt_slice slices[] = {{run_slice, 0, 1, 3, layer, 1, NULL, NULL}};
    const struct lrt_program p = program(slices, 1);
    const int32_t id = 0;
    struct lrt_step done;
    start(&f, &p, NULL);
    assert_int_equal(lrt_model_step(&f.model, &id, &id, 1, &done), LRT_OK);
    assert_string_equal(f.calls, " run0 run1 run2");
    stop(&f);
}

// Random slices in random order: never more than the current and the next iteration's tensors, nothing left at the end.
static void run_and_check(struct lrt_model *m, int64_t iteration) {
    struct fake *f = (struct fake *)(void *)m;
    int count = 0;
    f->resident[1 + iteration] = 1; // is read now, announced or not
    for (int i = 0; i < SLOTS; i++) count += f->resident[i];
    assert_true(count <= 2);
}

static void never_more_than_two_layers(void **state) {
    (void)state;
    srand(5);
    for (int trial = 0; trial < 500; trial++) {
        struct fake f;
        struct lrt_slice slices[8];
        const size_t count = 1 + (size_t)rand() % 8;
        for (size_t i = 0; i < count; i++) {
            const int64_t iterations = 1 + rand() % LAYERS, stride = rand() % 2 ? 1 : -1;
            const int64_t least = rand() % (int)(LAYERS - iterations + 1);
            slices[i] = (struct lrt_slice){
                run_and_check, stride > 0 ? least : least + iterations - 1, stride, iterations, layer, 1, NULL, NULL};
        }
        calls_of(&f, slices, count, 1 + rand() % 2);
    }
}

static void pages_leave_and_come_back(void **state) {
    (void)state;
    char path[] = "/tmp/lorac-residency-XXXXXX";
    const int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), numbers = 8 * page / sizeof(float);
    float *values = malloc(numbers * sizeof *values);
    assert_non_null(values);
    for (size_t i = 0; i < numbers; i++) values[i] = (float)i;
    struct lrt_named_tensor t = {.name = "w", .rank = 1, .shape = {(int64_t)numbers}, .source = lrt_floats(values)};
    assert_int_equal(lrt_write_safetensors(path, &t, 1, NULL, 0, NULL), LRT_OK);
    struct lrt_weight_file *file;
    assert_int_equal(lrt_weight_file_open(&file, path, NULL), LRT_OK);
    const float *w = lrt_weight_file_tensor(file, 0)->data;
    for (int needed = 0; needed < 2; needed++) {
        for (size_t i = 0; i < numbers; i++) assert_true(w[i] == values[i]);
        lrt_weights_stream(file, w, numbers * sizeof *w, needed);
    }
    lrt_weights_stream(file, values, numbers * sizeof *w, 0); // not in the file: nothing happens
    char *after = mmap(NULL, 4 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(after != MAP_FAILED);
    memset(after, 1, 4 * page);
    lrt_weights_stream(file, w, SIZE_MAX / 2, 0); // never beyond the mapping
    for (size_t i = 0; i < 4 * page; i++) assert_int_equal(after[i], 1);
    munmap(after, 4 * page);
    for (size_t i = 0; i < numbers; i++) assert_true(values[i] == (float)i);
    lrt_weight_file_release(file);
    for (size_t i = 0; i < numbers; i++) assert_true(w[i] == values[i]);
    lrt_weight_file_close(file);
    free(values);
    close(descriptor);
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_step_is_told_layer_by_layer),
                                       cmocka_unit_test(both_passes_are_told),
                                       cmocka_unit_test(what_the_next_iteration_reads_stays),
                                       cmocka_unit_test(a_whole_stack_is_never_read_ahead),
                                       cmocka_unit_test(nobody_need_listen),
                                       cmocka_unit_test(never_more_than_two_layers),
                                       cmocka_unit_test(pages_leave_and_come_back)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
