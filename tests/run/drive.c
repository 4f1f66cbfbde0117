// Drive: runs any generated model through its interface and prints what must not change: losses, gradients and
// parameters as bits. Weights are random from a fixed seed. --trained: parameters and optimizer state after every step
// instead of gradients, of which a program with update fused has no more than a layer's.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lorac/lrt.h>

#ifndef INTERFACE
#error "compile with -DINTERFACE=<prefix>_interface"
#endif
const struct lrt_interface *INTERFACE(void);

enum { NO_SUCH_KERNELS = 4 }; // exit

struct run {
    const struct lrt_interface *model;
    const struct lrt_plan_info *info;
    struct lrt_weights weights;
    struct lrt_tensor *slots;
    void *context, *memory;
    int32_t *tokens, *targets;
    int trained;
};

static void *get(size_t bytes) {
    void *memory = aligned_alloc(LRT_ALIGNMENT, (bytes + LRT_ALIGNMENT) / LRT_ALIGNMENT * LRT_ALIGNMENT);
    if (!memory) exit(3);
    memset(memory, 0, bytes);
    return memory;
}

static void random_weights(struct run *r) {
    uint64_t tensor = 1000;
    for (size_t w = 0; w < r->info->n_weights; w++) {
        const struct lrt_weight_info *info = &r->info->weights[w];
        int64_t count = 1;
        for (int d = 0; d < info->rank; d++) count *= info->shape[d];
        for (int64_t i = 0; i < info->instances; i++) {
            float *data = get((size_t)count * sizeof *data);
            lrt_random_normal(data, count, 7, tensor++, 0);
            for (int64_t k = 0; k < count; k++) data[k] = info->rank > 1 ? 0.08f * data[k] : 1 + 0.1f * data[k];
            r->slots[info->first_slot + (size_t)i * info->slot_stride] = lrt_floats(data);
        }
    }
    r->weights = (struct lrt_weights){r->slots, r->info->n_slots, 0};
}

static uint64_t hash(const void *data, size_t bytes) { // FNV-1a
    uint64_t h = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < bytes; i++) h = (h ^ ((const unsigned char *)data)[i]) * UINT64_C(1099511628211);
    return h;
}

static void show(const char *what, const void *data, size_t bytes) {
    printf("%s %016" PRIx64 "\n", what, hash(data, bytes));
}

static void check(struct run *r, int status) {
    if (status == LRT_OK) return;
    printf("status %d: %s\n", status, lrt_error(r->model->run(r->context)));
    exit(1);
}

// Tokens of no particular meaning; every 5th target is ignored where the model can.
static void make_tokens(struct run *r, int64_t micro_batches) {
    int64_t n = r->info->batch * r->info->seq * micro_batches;
    r->tokens = get((size_t)n * sizeof *r->tokens);
    r->targets = get((size_t)n * sizeof *r->targets);
    for (int64_t i = 0; i < n; i++) {
        r->tokens[i] = (int32_t)((i * 7919 + i * i * 31 + 3) % r->info->vocab);
        r->targets[i] = (int32_t)((i * 104729 + 11) % r->info->vocab);
        if (r->info->ignore != INT64_MIN && i % 5 == 2) r->targets[i] = (int32_t)r->info->ignore;
    }
}

static void show_pool(struct run *r, const char *what, float *(*pool)(void *m, size_t *floats)) {
    size_t n;
    const float *values = pool(r->context, &n);
    show(what, values, n * sizeof *values);
}

// A step that is dropped when its backward pass is nearly through: with update fused it has changed what is trained.
static void torn_step(struct run *r) {
    size_t n;
    int64_t iterations = 0;
    const float *adapter = r->model->adapter(r->context, &n);
    const uint64_t before = hash(adapter, n * sizeof *adapter);
    check(r, r->model->begin(r->context, r->tokens, r->targets, 1));
    while (r->model->advance(r->context) == LRT_MORE) iterations++;
    const struct lrt *state = r->model->run(r->context);
    if (state->torn_steps != 0) exit(2);
    for (int64_t last = 0; last < 2; last++) { // dropped complete, then at once
        check(r, r->model->begin(r->context, r->tokens, r->targets, 1));
        printf("torn %lld changed %d\n", (long long)state->torn_steps, hash(adapter, n * sizeof *adapter) != before);
    }
    const int status = r->model->begin(r->context, r->tokens, r->targets, 2);
    printf("two micro-batches: %d\n", status);
    if (status != LRT_OK) printf("%s\n", lrt_error(state));
    exit(iterations > 0 ? 0 : 2);
}

// A pager in memory. It fails at call `fail_at` (counted from 1); 0: never.
struct memory_pager {
    unsigned char *bytes;
    size_t size;
    int64_t calls, fail_at;
};

static int page_move(struct memory_pager *p, struct lrt *c, uint64_t offset, size_t bytes, const char *what) {
    if (offset > p->size || bytes > p->size - offset) exit(2);
    if (++p->calls == p->fail_at) return lrt_fail(c, LRT_ERR_FILE, "%s was told to fail", what);
    return LRT_OK;
}

static int page_write(void *context, struct lrt *c, uint64_t offset, const void *data, size_t bytes) {
    struct memory_pager *p = context;
    int status = page_move(p, c, offset, bytes, "writing");
    if (status == LRT_OK) memcpy(p->bytes + offset, data, bytes);
    return status;
}

static int page_read(void *context, struct lrt *c, uint64_t offset, void *data, size_t bytes) {
    struct memory_pager *p = context;
    int status = page_move(p, c, offset, bytes, "reading");
    if (status == LRT_OK) memcpy(data, p->bytes + offset, bytes);
    if (status == LRT_OK) memset(p->bytes + offset, 0xff, bytes); // read once: NaNs from here on
    return status;
}

static size_t page_bytes(const struct lrt_plan_info *info) {
    for (size_t i = 0; i < info->n_pools; i++)
        if (strcmp(info->pools[i].name, "file") == 0) return info->pools[i].bytes;
    return 0;
}

// Every call of the pager fails once: the step ends with its words and has changed nothing, or counts as torn.
static void failing_steps(struct run *r, struct memory_pager *p, int64_t micro_batches) {
    struct lrt_step out;
    size_t n;
    const float *adapter = r->model->adapter(r->context, &n);
    const struct lrt *state = r->model->run(r->context);
    int64_t failures = 0;
    for (p->fail_at = 1;; p->fail_at++) {
        const uint64_t before = hash(adapter, n * sizeof *adapter);
        const int64_t torn = state->torn_steps;
        p->calls = 0;
        int status = r->model->begin(r->context, r->tokens, r->targets, micro_batches);
        while (status == LRT_OK && (status = r->model->advance(r->context)) == LRT_MORE) status = LRT_OK;
        if (p->calls < p->fail_at) break;
        if (status != LRT_ERR_FILE || !strstr(lrt_error(state), "told to fail")) exit(2);
        if (r->model->finish(r->context, &out) != LRT_ERR_STATE) exit(2);
        if (state->torn_steps - torn != (hash(adapter, n * sizeof *adapter) != before)) exit(2);
        failures++;
    }
    p->fail_at = 0;
    double loss;
    int64_t counted;
    check(r, r->model->eval(r->context, r->tokens, r->targets, &loss, &counted)); // drops the one that did not fail
    fprintf(stderr, "%lld failures told, %lld of torn steps\n", (long long)failures, (long long)state->torn_steps);
    if (p->size && failures < 2 * micro_batches) exit(2);
}

static void one_step(struct run *r, int64_t micro_batches, int sliced) {
    struct lrt_step out;
    const int64_t torn = r->model->run(r->context)->torn_steps;
    if (!sliced) {
        check(r, r->model->step(r->context, r->tokens, r->targets, micro_batches, &out));
    } else {
        check(r, r->model->begin(r->context, r->tokens, r->targets, micro_batches));
        r->model->advance(r->context); // abandoned
        double loss;
        int64_t counted;
        check(r, r->model->eval(r->context, r->tokens, r->targets, &loss, &counted));
        if (r->model->advance(r->context) != LRT_ERR_STATE) exit(2);
        check(r, r->model->begin(r->context, r->tokens, r->targets, micro_batches));
        int status;
        while ((status = r->model->advance(r->context)) == LRT_MORE) continue;
        check(r, status);
        check(r, r->model->finish(r->context, &out));
    }
    printf("loss %a counted %lld norm %a rate %a\n", out.loss, (long long)out.counted, out.grad_norm,
           out.learning_rate);
    if (r->model->run(r->context)->torn_steps != torn) exit(2);
    if (!r->trained) show_pool(r, "gradient", r->model->gradient);
    if (r->trained) show_pool(r, "adapter", r->model->adapter), show_pool(r, "state", r->model->state);
}

// A step in which no target counts has its number and changes no parameter.
static void step_of_nothing(struct run *r) {
    int64_t n = r->info->batch * r->info->seq, before = r->model->run(r->context)->step;
    struct lrt_step out;
    size_t floats;
    const float *adapter = r->model->adapter(r->context, &floats);
    const uint64_t unchanged = hash(adapter, floats * sizeof *adapter);
    if (r->info->ignore == INT64_MIN) return;
    for (int64_t i = 0; i < n; i++) r->targets[i] = (int32_t)r->info->ignore;
    check(r, r->model->step(r->context, r->tokens, r->targets, 1, &out));
    if (out.counted != 0 || out.loss != 0 || r->model->run(r->context)->step != before + 1) exit(2);
    if (hash(adapter, floats * sizeof *adapter) != unchanged) exit(2);
}

static void finish(struct run *r) {
    double loss;
    int64_t counted;
    size_t n;
    const float *adapter = r->model->adapter(r->context, &n);
    show("adapter", adapter, n * sizeof *adapter);
    check(r, r->model->eval(r->context, r->tokens, r->targets, &loss, &counted));
    printf("eval %a counted %lld\n", loss, (long long)counted);
    int32_t rows[2] = {(int32_t)(r->info->seq - 1), 0};
    int64_t n_rows = r->info->logits_rows < 2 ? 1 : 2;
    float *logits = get((size_t)(n_rows * r->info->vocab) * sizeof *logits);
    check(r, r->model->logits(r->context, r->tokens, rows, n_rows, logits));
    show("logits", logits, (size_t)(n_rows * r->info->vocab) * sizeof *logits);
    free(logits);
}

int main(int argc, char **argv) {
    struct run r = {.model = INTERFACE()};
    const char *kernels = NULL;
    int threads = 1, sliced = 0, steps = 3, torn = 0, failing = 0;
    int64_t micro_batches = 2;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--threads") == 0 && i + 1 < argc) threads = atoi(argv[++i]);
        if (strcmp(argv[i], "--steps") == 0 && i + 1 < argc) steps = atoi(argv[++i]);
        if (strcmp(argv[i], "--micro-batches") == 0 && i + 1 < argc) micro_batches = atoi(argv[++i]);
        if (strcmp(argv[i], "--kernels") == 0 && i + 1 < argc) kernels = argv[++i];
        if (strcmp(argv[i], "--sliced") == 0) sliced = 1;
        if (strcmp(argv[i], "--trained") == 0) r.trained = 1;
        if (strcmp(argv[i], "--torn") == 0) torn = 1;
        if (strcmp(argv[i], "--failing") == 0) failing = 1;
    }
    r.info = r.model->plan();
    r.slots = get(r.info->n_slots * sizeof *r.slots);
    random_weights(&r);
    r.context = get(r.model->context_bytes);
    r.memory = get(r.model->memory_bytes);
    make_tokens(&r, torn ? 2 : micro_batches);
    struct memory_pager file = {.size = page_bytes(r.info)};
    file.bytes = get(file.size);
    const struct lrt_pager pager = {&file, page_write, page_read, NULL};
    struct lrt_options o = {.threads = threads, .seed = 5, .pager = file.size ? &pager : NULL};
    check(&r, r.model->init(r.context, r.memory, r.model->memory_bytes, &r.weights, &o));
    if (kernels && lrt_choose_kernels(r.model->run(r.context), kernels) != LRT_OK) return NO_SUCH_KERNELS;
    if (torn) torn_step(&r);
    if (failing) failing_steps(&r, &file, micro_batches);
    for (int s = 0; s < steps; s++) one_step(&r, micro_batches, sliced);
    finish(&r);
    step_of_nothing(&r);
    r.model->stop(r.context);
    for (size_t i = 0; i < r.info->n_slots; i++) free((void *)(uintptr_t)r.slots[i].data);
    free(file.bytes);
    free(r.slots);
    free(r.context);
    free(r.memory);
    free(r.tokens);
    free(r.targets);
    return 0;
}
