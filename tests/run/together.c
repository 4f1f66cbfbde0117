// Together: three clients and a server as four models in one program, through the interface alone. A client's gradient
// leaves its adapter alone, sends 4 bytes a scalar, and what the server makes of them are the same bits everywhere.
// Prints what must not change between threads and plans; says what went wrong and exits 1.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lorac/lrt.h>

const struct lrt_interface *INTERFACE(void);

enum { CLIENTS = 3, ALL = CLIENTS + 1, SERVER = CLIENTS, STEPS = 4, MICRO_BATCHES_MOST = 2, WIRE = 4 };

struct model {
    void *context, *memory;
    float *adapter, *before; // views of the pool, and a copy
    size_t floats;
    uint64_t seed;
    int32_t shard, shards;
};

static const struct lrt_interface *interface;
static const struct lrt_plan_info *info;
static struct lrt_weights weights;
static struct model all[ALL];
static int32_t *tokens, *targets;
static int threads;

static void expect(int holds, const char *what) {
    if (holds) return;
    printf("not so: %s\n", what);
    exit(1);
}

static void check(struct model *m, int status) {
    if (status == LRT_OK) return;
    printf("status %d: %s\n", status, lrt_error(interface->run(m->context)));
    exit(1);
}

static void *get(size_t bytes) {
    void *memory = aligned_alloc(LRT_ALIGNMENT, (bytes + LRT_ALIGNMENT) / LRT_ALIGNMENT * LRT_ALIGNMENT);
    expect(memory != NULL, "there is memory");
    memset(memory, 0, bytes);
    return memory;
}

static void random_weights(void) {
    struct lrt_tensor *slots = get(info->n_slots * sizeof *slots);
    uint64_t tensor = 1000;
    for (size_t w = 0; w < info->n_weights; w++) {
        const struct lrt_weight_info *i = &info->weights[w];
        int64_t count = 1;
        for (int d = 0; d < i->rank; d++) count *= i->shape[d];
        for (int64_t k = 0; k < i->instances; k++) {
            float *data = get((size_t)count * sizeof *data);
            lrt_random_normal(data, count, 7, tensor++, 0);
            for (int64_t e = 0; e < count; e++) data[e] = i->rank > 1 ? 0.08f * data[e] : 1 + 0.1f * data[e];
            slots[i->first_slot + (size_t)k * i->slot_stride] = lrt_floats(data);
        }
    }
    weights = (struct lrt_weights){slots, info->n_slots, 0};
}

static void make_tokens(void) {
    const int64_t n = info->batch * info->seq * MICRO_BATCHES_MOST * ALL;
    tokens = get((size_t)n * sizeof *tokens);
    targets = get((size_t)n * sizeof *targets);
    for (int64_t i = 0; i < n; i++) {
        tokens[i] = (int32_t)((i * 7919 + i * i * 31 + 3) % info->vocab);
        targets[i] = i % 5 == 2 ? (int32_t)info->ignore : (int32_t)((i * 104729 + 11) % info->vocab);
    }
}

static void start(struct model *m, uint64_t seed, int32_t shard, int32_t shards) {
    const struct lrt_options o = {
        .threads = threads, .seed = seed, .run_steps = 2 * STEPS, .shard = shard, .shards = shards};
    m->seed = seed;
    m->shard = shard;
    m->shards = shards;
    if (m->context)
        interface->stop(m->context);
    else
        m->context = get(interface->context_bytes);
    if (!m->memory) m->memory = get(interface->memory_bytes);
    check(m, interface->init(m->context, m->memory, interface->memory_bytes, &weights, &o));
    m->adapter = interface->adapter(m->context, &m->floats);
    if (!m->before) m->before = get(m->floats * sizeof *m->before);
    memcpy(m->adapter, all[0].adapter, m->floats * sizeof *m->adapter); // all begin with the first one's
}

static int unchanged(const struct model *m) {
    return memcmp(m->adapter, m->before, m->floats * sizeof *m->before) == 0;
}

// The adapter is what it was before: after begin, after every slice, and when another step has been dropped.
static void complete_step(struct model *m, int client, int64_t micro_batches) {
    const int64_t row = info->batch * info->seq;
    const int32_t *ids = tokens + client * MICRO_BATCHES_MOST * row,
                  *goals = targets + client * MICRO_BATCHES_MOST * row;
    double loss;
    int64_t counted;
    int status;
    memcpy(m->before, m->adapter, m->floats * sizeof *m->before);
    check(m, interface->begin(m->context, ids, goals, micro_batches));
    expect(unchanged(m), "begin leaves the adapter");
    for (int i = 0; i < 2 * client; i++) interface->advance(m->context);
    check(m, interface->eval(m->context, ids, goals, &loss, &counted)); // drops it
    check(m, interface->begin(m->context, ids, goals, micro_batches));
    do {
        status = interface->advance(m->context);
        expect(unchanged(m), "advance leaves the adapter");
    } while (status == LRT_MORE);
    check(m, status);
}

// What goes over the wire: [tangents] of 4 bytes.
static void send_scalars(struct model *m, unsigned char *wire) {
    float *scalars = get((size_t)info->tangents * sizeof *scalars);
    check(m, interface->scalars(m->context, scalars));
    expect(unchanged(m), "scalars leave the adapter");
    memcpy(wire, scalars, (size_t)info->tangents * WIRE);
    free(scalars);
}

static size_t receive(const struct model *m, int64_t step, const unsigned char *wire, float share,
                      struct lrt_noise_term *terms) {
    for (int32_t k = 0; k < info->tangents; k++) {
        terms[k] = (struct lrt_noise_term){m->seed, step, k, m->shard, m->shards, 0};
        memcpy(&terms[k].scalar, wire + WIRE * k, WIRE);
        terms[k].scalar *= share;
    }
    return (size_t)info->tangents;
}

static uint64_t hash(const void *data, size_t bytes) { // FNV-1a
    uint64_t h = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < bytes; i++) h = (h ^ ((const unsigned char *)data)[i]) * UINT64_C(1099511628211);
    return h;
}

static void show(const char *what, const struct model *m, const struct lrt_step *done) {
    printf("%s step %" PRId64 " norm %a rate %a adapter %016" PRIx64 "\n", what, interface->run(m->context)->step,
           done->grad_norm, done->learning_rate, hash(m->adapter, m->floats * sizeof *m->adapter));
}

static void same(const struct model *a, const struct model *b, const char *what) {
    size_t n = 0;
    expect(memcmp(a->adapter, b->adapter, a->floats * sizeof *a->adapter) == 0, what);
    const float *x = interface->state(a->context, &n), *y = interface->state(b->context, &n);
    expect(n == 0 || memcmp(x, y, n * sizeof *x) == 0, "optimizer states are the same");
}

// A client finishes its steps, the server applies what it sent: the same bits. The estimate has the norm of the step.
static void one_client(void) {
    unsigned char *wire = get((size_t)info->tangents * WIRE);
    struct lrt_noise_term *terms = get((size_t)info->tangents * sizeof *terms);
    float *estimate;
    start(&all[0], 5, 0, 0);
    start(&all[SERVER], 99, 0, 0);
    estimate = get(all[0].floats * sizeof *estimate);
    for (int64_t step = 1; step <= STEPS; step++) {
        struct lrt_step done, applied;
        double squares = 0;
        complete_step(&all[0], 0, step % 2 + 1);
        send_scalars(&all[0], wire);
        check(&all[0], interface->estimate(all[0].context, estimate));
        for (size_t i = 0; i < all[0].floats; i++) squares += (double)estimate[i] * (double)estimate[i];
        check(&all[0], interface->finish(all[0].context, &done));
        check(&all[SERVER],
              interface->apply(all[SERVER].context, terms, receive(&all[0], step, wire, 1, terms), &applied));
        same(&all[0], &all[SERVER], "the server's adapter is the client's");
        expect(done.grad_norm == applied.grad_norm && done.learning_rate == applied.learning_rate, "norm and rate");
        if (info->tangents && done.grad_norm > 0)
            expect(fabs(sqrt(squares) / done.grad_norm - 1) < 1e-6, "the estimate has the step's norm");
        expect(!unchanged(&all[0]), "finish changes the adapter");
        printf("loss %a counted %" PRId64 "\n", done.loss, done.counted);
        show("one", &all[0], &done);
    }
    free(wire);
    free(terms);
    free(estimate);
}

// Clients with their own data; with shards of their own, or all with all tensors and seeds of their own.
static void many_clients(int shards) {
    unsigned char *wire = get((size_t)info->tangents * WIRE);
    struct lrt_noise_term *terms = get((size_t)info->tangents * CLIENTS * sizeof *terms);
    for (int i = 0; i < ALL; i++)
        start(&all[i], shards ? 5 : 5 + (uint64_t)i, shards && i < CLIENTS ? i + 1 : 0,
              shards && i < CLIENTS ? CLIENTS : 0);
    for (int64_t step = 1; step <= STEPS; step++) {
        struct lrt_step applied;
        size_t n = 0;
        for (int i = 0; i < CLIENTS; i++) {
            complete_step(&all[i], i, 1);
            send_scalars(&all[i], wire);
            n += receive(&all[i], step, wire, shards ? 1 : 1.0f / CLIENTS, terms + n);
        }
        for (int i = 0; i < ALL; i++) check(&all[i], interface->apply(all[i].context, terms, n, &applied));
        for (int i = 0; i < CLIENTS; i++) same(&all[i], &all[SERVER], "all adapters are the same");
        show(shards ? "shards" : "seeds", &all[SERVER], &applied);
    }
    free(wire);
    free(terms);
}

// A round: every client trains its shard alone and sends that; the server's adapter is put together from the shards.
static void a_round(void) {
    float *shard = NULL;
    size_t floats = 0, sum = 0;
    struct lrt_step done;
    memset(&done, 0, sizeof done);
    for (int i = 0; i < ALL; i++) start(&all[i], 5, i < CLIENTS ? i + 1 : 0, i < CLIENTS ? CLIENTS : 0);
    check(&all[SERVER], interface->shard_get(all[SERVER].context, 0, 0, NULL, &floats));
    shard = get(floats * sizeof *shard);
    const size_t whole = floats;
    for (int32_t i = 0; i < CLIENTS; i++) {
        for (int64_t step = 1; step <= 2; step++) {
            complete_step(&all[i], i, 1);
            check(&all[i], interface->finish(all[i].context, &done));
        }
        for (int32_t other = 1; other <= CLIENTS; other++) { // those of others are as they began
            float *began = get(whole * sizeof *began);
            check(&all[i], interface->shard_get(all[i].context, other, CLIENTS, shard, &floats));
            if (i == 0) check(&all[SERVER], interface->shard_get(all[SERVER].context, other, CLIENTS, began, &floats));
            if (i == 0)
                expect((memcmp(shard, began, floats * sizeof *shard) == 0) == (other != 1), "only the shard moved");
            free(began);
        }
        check(&all[i], interface->shard_get(all[i].context, i + 1, CLIENTS, shard, &floats));
        check(&all[SERVER], interface->shard_set(all[SERVER].context, i + 1, CLIENTS, shard, floats));
        sum += floats;
    }
    expect(sum == whole, "the shards are all there is");
    show("round", &all[SERVER], &done);
    free(shard);
}

int main(int argc, char **argv) {
    threads = argc > 1 ? atoi(argv[1]) : 1;
    interface = INTERFACE();
    info = interface->plan();
    expect(info->tangents > 0, "the program estimates its gradient");
    random_weights();
    make_tokens();
    one_client();
    many_clients(0);
    many_clients(1);
    a_round();
    printf("%d scalars a step, %d bytes from a client to the server\n", info->tangents, info->tangents * WIRE);
    for (int i = 0; i < ALL; i++) interface->stop(all[i].context);
    return 0;
}
