// Every kernel, by the rows of the op table: on all samples of its op, at the sample's dims and at larger ones, in
// every kernel set. It gives what the op's reference gives; threads, splits of the rows and the buffers that the row
// allows to share change no bit; sets with fused multiply-adds have the bits of the set "reference"; no more scratch is
// written than the row says.
#include "tests/unit/kernel_fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/table/kernel_case.h"

enum { FUSED_FROM = 2, THREADS = 3 };
// The last of ops with heads alone: their size becomes a multiple of 16. The sanitizers look at addresses, which fewer
// rows reach as well, in a tenth of the time.
#ifdef __SANITIZE_ADDRESS__
static const struct kernel_scale scales[] = {{1, 1}, {4, 4}, {2, 16}};
#else
static const struct kernel_scale scales[] = {{1, 1}, {9, 9}, {16, 16}};
#endif

struct sets { // [kernel set][threads]; NULL: this processor does not run the set
    struct fixture *f[KERNEL_SETS][THREADS + 1];
};

static void fail_at(const struct kernel_case *k, int set, int threads, const char *what) {
    fail_msg("%s, %s, set %s, %d threads, %d rows: %s", k->op->name, k->sample->what, kernel_sets[set], threads,
             (int)k->rows, what);
}

// Losses are given only the rows that count: the compiler takes the others away before.
static bool is_tested(const struct op *op, const struct op_sample *s, int64_t scale) {
    bool ascending = strcmp(op->kernel.family, "clear_other_rows") == 0;
    for (size_t i = 0; i < s->n_attrs; i++)
        if (op->is_loss && strcmp(s->attrs[i].name, "ignore") == 0) return false;
    return scale == 1 || (!ascending && (scale < 16 || kernel_case_has_heads(s)));
}

static void each_case(void **state, void (*check)(struct kernel_case *k, const struct sets *sets)) {
    uint32_t random = 2024;
    for (size_t i = 0; i < op_count; i++)
        for (size_t s = 0; s < op_table[i]->n_samples; s++)
            for (size_t z = 0; z < sizeof scales / sizeof *scales; z++) {
                struct kernel_case k;
                const struct kernel_scale scale = scales[z];
                if (!is_tested(op_table[i], &op_table[i]->samples[s], scale.columns)) continue;
                kernel_case_new(&k, op_table[i], &op_table[i]->samples[s], scale, &random);
                check(&k, *state);
                kernel_case_free(&k);
            }
}

static struct kernel_operands run_whole(const struct kernel_case *k, struct fixture *f) {
    struct kernel_operands o = kernel_operands_new(k);
    kernel_case_run(k, &f->run, &o, 0, k->rows);
    return o;
}

// ---- the reference ----
// How many elements of a result mean something: of the rows that count as many as there are, of work space none.
static int64_t meaning(const struct kernel_case *k, const struct kernel_operands *o, int result) {
    for (const struct op_member *m = k->op->kernel.members; m->name; m++)
        if (m->source == FROM_RESULT && m->which == result && m->work) return 0;
    if (strcmp(k->op->kernel.family, "counted_rows") == 0 && result == 0) return *(const int32_t *)o->result[1];
    return kernel_case_count(k, true, result);
}

// Sums over all rows of a larger sample run over thousands of floats.
static bool is_near(double got, double want, bool sum) {
    return fabs(got - want) <= (sum ? 2e-4 : 2e-5) * (1 + fabs(want));
}

static void check_numbers(const struct kernel_case *k, const struct kernel_operands *o, int set, int threads) {
    for (int r = 0; r < k->op->n_results; r++)
        for (int64_t i = 0; i < meaning(k, o, r); i++)
            if (!is_near(kernel_case_element(k, o, true, r, i), k->reference.result[r].data[i], k->op->accumulates[r]))
                fail_at(k, set, threads, "a result is not the reference's");
    // Also of updates, whose results are arguments.
    for (int a = 0; a < k->op->max_args; a++)
        for (int64_t i = 0; i < kernel_case_count(k, false, a); i++)
            if (!is_near(kernel_case_element(k, o, false, a, i), k->reference.arg[a].data[i], false))
                fail_at(k, set, threads, "an argument is not the reference's");
    if (!is_near(o->grad_scale, k->grad_scale, false) || !is_near(o->grad_norm, k->grad_norm, false))
        fail_at(k, set, threads, "clipping is not the reference's");
}

// The fixture's scratch is full of 0x7f.
static void check_scratch(const struct kernel_case *k, const struct fixture *f, int set, int threads) {
    const struct node *n = graph_node(k->bench.graph, (node_id){1});
    int64_t bytes = k->op->scratch ? k->op->scratch(k->bench.graph, n, threads) : 0;
    const unsigned char *scratch = f->scratch;
    for (int64_t i = bytes; i < FIXTURE_SCRATCH; i++)
        if (scratch[i] != 0x7f) fail_at(k, set, threads, "writes more scratch than its row says");
}

static void check_reference(struct kernel_case *k, const struct sets *sets) {
    kernel_case_reference(k);
    for (int set = 0; set < KERNEL_SETS; set++)
        for (int threads = 1; threads <= THREADS; threads += THREADS - 1) {
            struct fixture *f = sets->f[set][threads];
            if (!f) continue;
            memset(f->scratch, 0x7f, FIXTURE_SCRATCH);
            struct kernel_operands o = run_whole(k, f);
            check_numbers(k, &o, set, threads);
            check_scratch(k, f, set, threads);
            kernel_operands_free(&o);
        }
}

// ---- the same bits ----
static void same_bits(const struct kernel_case *k, const struct kernel_operands *a, const struct kernel_operands *b,
                      int set, int threads, const char *what) {
    for (int r = 0; r < k->op->n_results; r++) {
        size_t bytes = (size_t)meaning(k, a, r) * kernel_case_bytes(k, true, r);
        if (memcmp(a->result[r], b->result[r], bytes) != 0) fail_at(k, set, threads, what);
    }
    for (int i = 0; i < k->op->max_args && !k->op->n_results; i++) {
        size_t bytes = (size_t)kernel_case_count(k, false, i) * 4;
        if (bytes && k->op->writes_params && memcmp(a->arg[i], b->arg[i], bytes) != 0) fail_at(k, set, threads, what);
    }
}

// Result r in the buffer of argument a.
static void check_place(const struct kernel_case *k, const struct sets *sets, int set, int r, int a,
                        const struct kernel_operands *whole) {
    struct kernel_operands o = kernel_operands_new(k);
    void *apart = o.result[r];
    o.result[r] = o.arg[a];
    kernel_case_run(k, &sets->f[set][1]->run, &o, 0, k->rows);
    same_bits(k, whole, &o, set, 1, "a result in the place of an argument has other bits");
    o.result[r] = apart;
    kernel_operands_free(&o);
}

static void check_split(const struct kernel_case *k, const struct sets *sets, int set, int64_t at,
                        const struct kernel_operands *whole) {
    struct kernel_operands o = kernel_operands_new(k);
    kernel_case_run(k, &sets->f[set][1]->run, &o, 0, at);
    kernel_case_run(k, &sets->f[set][1]->run, &o, at, k->rows);
    same_bits(k, whole, &o, set, 1, "the rows in two calls have other bits");
    kernel_operands_free(&o);
}

static void check_bits(struct kernel_case *k, const struct sets *sets) {
    struct kernel_operands reference = run_whole(k, sets->f[0][1]);
    for (int set = 0; set < KERNEL_SETS; set++) {
        if (!sets->f[set][1]) continue;
        struct kernel_operands whole = run_whole(k, sets->f[set][1]);
        if (set >= FUSED_FROM) same_bits(k, &reference, &whole, set, 1, "not the bits of the set \"reference\"");
        for (int threads = 2; threads <= THREADS; threads++) {
            struct kernel_operands o = run_whole(k, sets->f[set][threads]);
            same_bits(k, &whole, &o, set, threads, "threads change bits");
            kernel_operands_free(&o);
        }
        for (int r = 0; r < k->op->n_results; r++)
            for (int a = 0; a < k->op->max_args; a++)
                if ((k->op->in_place[r] >> a & 1) && !k->op->accumulates[r] && kernel_case_count(k, false, a))
                    check_place(k, sets, set, r, a, &whole);
        if (k->rows > 1) check_split(k, sets, set, k->rows / 3 + 1, &whole);
        if (k->rows > 5) check_split(k, sets, set, k->rows - 1, &whole);
        kernel_operands_free(&whole);
    }
    kernel_operands_free(&reference);
}

static void rows_and_kernels_agree(void **state) {
    (void)state;
    for (size_t i = 0; i < op_count; i++)
        if (kernel_case_mistake(op_table[i])) fail_msg("%s: %s", op_table[i]->name, kernel_case_mistake(op_table[i]));
}
static void kernels_are_the_references(void **state) { each_case(state, check_reference); }
static void bits_depend_on_the_inputs_alone(void **state) { each_case(state, check_bits); }

static int start_sets(void **state) {
    struct sets *sets = calloc(1, sizeof *sets);
    for (int set = 0; set < KERNEL_SETS; set++)
        for (int threads = 1; threads <= THREADS; threads++)
            sets->f[set][threads] = fixture_start(kernel_sets[set], threads);
    *state = sets;
    return 0;
}

static int stop_sets(void **state) {
    struct sets *sets = *state;
    for (int set = 0; set < KERNEL_SETS; set++)
        for (int threads = 1; threads <= THREADS; threads++)
            if (sets->f[set][threads]) fixture_stop(sets->f[set][threads]);
    free(sets);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_and_kernels_agree),
        cmocka_unit_test(kernels_are_the_references),
        cmocka_unit_test(bits_depend_on_the_inputs_alone),
    };
    return cmocka_run_group_tests(tests, start_sets, stop_sets);
}
