// Order search against brute force on thousands of random graphs, against the published optima of MODeL's graphs
// (shared data), and on constructed graphs.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler/base/arena.h"
#include "compiler/plan/order_search.h"

enum { MOST = 9, ITEMS_MOST = 16, VALUES = 24, PAIRS = 6, GRAPHS = 4000 };

// ---- a plain graph, and the peak of an order by its definition ----
struct plain_value {
    int64_t bytes;
    bool before, after;
    unsigned writers, readers; // bit i: item i
};

struct plain {
    int n, n_values, n_pairs;
    struct plain_value values[VALUES];
    unsigned needs[ITEMS_MOST];
    int64_t space[ITEMS_MOST];
    struct {
        int item, from, to;
    } pairs[PAIRS];
};

static bool alive_in(const struct plain_value *v, unsigned done,
                     unsigned with) { // `with`: the items done and the current one
    bool begun = v->before || (v->writers & with);
    bool ended = !v->after && (v->writers | v->readers) && !((v->writers | v->readers) & ~done);
    return begun && !ended;
}

static int64_t bytes_at(const struct plain *p, unsigned done, int item) {
    unsigned with = done | 1u << item, gone = 0, come = 0;
    int64_t bytes = p->space[item];
    for (int v = 0; v < p->n_values; v++)
        if (alive_in(&p->values[v], done, with)) bytes += p->values[v].bytes;
    for (int k = 0; k < p->n_pairs; k++) {
        if (p->pairs[k].item != item) continue;
        int f = p->pairs[k].from, t = p->pairs[k].to;
        const struct plain_value *from = &p->values[f], *to = &p->values[t];
        if ((gone >> f & 1) || (come >> t & 1) || from->bytes != to->bytes) continue;
        if (from->after || ((from->writers | from->readers) & ~with)) continue; // still needed
        if (to->before || (to->writers & done)) continue;                       // there already
        gone |= 1u << f;
        come |= 1u << t;
        bytes -= to->bytes;
    }
    return bytes;
}

static int64_t start_bytes(const struct plain *p) {
    int64_t bytes = 0;
    for (int v = 0; v < p->n_values; v++) bytes += p->values[v].before ? p->values[v].bytes : 0;
    return bytes;
}

static int64_t brute_force(const struct plain *p, unsigned done, int64_t peak, int64_t best) {
    if (peak >= best) return best;
    if (done == (1u << p->n) - 1) return peak;
    for (int i = 0; i < p->n; i++) {
        if ((done >> i & 1) || (p->needs[i] & ~done)) continue;
        int64_t here = bytes_at(p, done, i);
        best = brute_force(p, done | 1u << i, here > peak ? here : peak, best);
    }
    return best;
}

static int64_t peak_of(const struct plain *p, const uint32_t *sequence) {
    unsigned done = 0;
    int64_t peak = start_bytes(p);
    for (int k = 0; k < p->n; k++) {
        int64_t here = bytes_at(p, done, (int)sequence[k]);
        assert_int_equal(p->needs[sequence[k]] & ~done, 0);
        assert_int_equal(done >> sequence[k] & 1, 0);
        if (here > peak) peak = here;
        done |= 1u << sequence[k];
    }
    return peak;
}

// ---- random graphs ----
static uint32_t next_random(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

static void make_value(struct plain *p, uint64_t *seed) {
    struct plain_value *v = &p->values[p->n_values];
    *v = (struct plain_value){.bytes = 64 * (int64_t)(next_random(seed) % 6)};
    int writer = (int)(next_random(seed) % (unsigned)(p->n + 1)) - 1; // -1: there before
    v->before = writer < 0;
    v->after = next_random(seed) % 6 == 0;
    if (!v->before) v->writers = 1u << writer;
    if (!v->before && writer + 1 < p->n && next_random(seed) % 8 == 0) v->writers |= 1u << (writer + 1);
    int last_writer = writer;
    while (last_writer + 1 < p->n && v->writers >> (last_writer + 1)) last_writer++;
    for (int i = last_writer + 1; i < p->n; i++)
        if (next_random(seed) % 4 == 0) v->readers |= 1u << i;
    for (int i = 0; i < p->n; i++)
        if (v->readers >> i & 1) p->needs[i] |= v->writers;
    p->n_values++;
}

static void make_plain(struct plain *p, uint64_t *seed, int items) {
    memset(p, 0, sizeof *p);
    p->n = items;
    int values = 2 + (int)(next_random(seed) % (unsigned)(items + 8));
    while (p->n_values < values) make_value(p, seed);
    for (int i = 0; i < p->n; i++)
        if (next_random(seed) % 3 == 0) p->space[i] = 64 * (int64_t)(next_random(seed) % 5);
    if (p->n > 3 && next_random(seed) % 2) p->needs[p->n - 1] |= 1u << (next_random(seed) % (unsigned)(p->n - 1));
    for (int tries = 0; tries < 60 && p->n_pairs < PAIRS; tries++) {
        int item = (int)(next_random(seed) % (unsigned)p->n), from = (int)(next_random(seed) % (unsigned)values),
            to = (int)(next_random(seed) % (unsigned)values);
        if (!(p->values[from].readers >> item & 1) || !(p->values[to].writers >> item & 1)) continue;
        p->pairs[p->n_pairs].item = item;
        p->pairs[p->n_pairs].from = from;
        p->pairs[p->n_pairs++].to = to;
    }
}

static struct order_problem *problem_of(const struct plain *p, struct arena *a) {
    struct order_problem *o = order_problem_new(a, (size_t)p->n);
    for (int v = 0; v < p->n_values; v++) {
        const struct plain_value *from = &p->values[v];
        uint32_t value = order_add_value(o, from->bytes, from->before, from->after);
        for (uint32_t i = 0; i < (uint32_t)p->n; i++) {
            if (from->writers >> i & 1) order_write(o, i, value);
            if (from->readers >> i & 1) order_read(o, i, value);
        }
    }
    for (uint32_t i = 0; i < (uint32_t)p->n; i++) {
        order_use_space(o, i, p->space[i]);
        for (uint32_t e = 0; e < i; e++)
            if (p->needs[i] >> e & 1) order_precede(o, e, i);
    }
    for (int k = 0; k < p->n_pairs; k++)
        order_reuse(o, (uint32_t)p->pairs[k].item, (uint32_t)p->pairs[k].from, (uint32_t)p->pairs[k].to);
    return o;
}

static void test_brute_force(void **state) {
    (void)state;
    uint64_t seed = 20260401;
    int better = 0;
    for (int graph = 0; graph < GRAPHS; graph++) {
        struct arena a = {0};
        struct plain p;
        make_plain(&p, &seed, 2 + (int)(next_random(&seed) % (MOST - 1)));
        struct order_problem *o = problem_of(&p, &a);
        struct order_answer answer = order_solve(o, 1 << 10);
        int64_t least = brute_force(&p, 0, start_bytes(&p), INT64_MAX);
        assert_true(answer.exact);
        assert_int_equal(answer.peak, least);
        assert_int_equal(peak_of(&p, answer.sequence), least);
        assert_int_equal(order_peak(o, answer.sequence), least);
        uint32_t given[MOST] = {0, 1, 2, 3, 4, 5, 6, 7, 8};
        assert_int_equal(answer.given, peak_of(&p, given));
        if (answer.peak < answer.given)
            better++;
        else
            assert_memory_equal(answer.sequence, given, sizeof *given * (size_t)p.n); // kept when none is better
        arena_free(&a);
    }
    print_message("%d random graphs, %d with an order better than the given one\n", GRAPHS, better);
    assert_true(better > GRAPHS / 20);
}

// ---- graphs too large for all orders: dynamic programming over all sets, without the search's shortcuts ----
enum { WIDER = 13, WIDER_GRAPHS = 60 };

static int64_t over_all_sets(const struct plain *p) {
    int64_t *least = malloc(sizeof *least << p->n);
    assert_non_null(least);
    for (unsigned done = 0; done < 1u << p->n; done++) least[done] = INT64_MAX;
    least[0] = start_bytes(p);
    for (unsigned done = 0; done < 1u << p->n; done++) {
        for (int i = 0; i < p->n && least[done] < INT64_MAX; i++) {
            if ((done >> i & 1) || (p->needs[i] & ~done)) continue;
            int64_t here = bytes_at(p, done, i);
            if (here < least[done]) here = least[done];
            if (here < least[done | 1u << i]) least[done | 1u << i] = here;
        }
    }
    int64_t answer = least[(1u << p->n) - 1];
    free(least);
    return answer;
}

static void test_wider_graphs(void **state) {
    (void)state;
    uint64_t seed = 77;
    for (int graph = 0; graph < WIDER_GRAPHS; graph++) {
        struct arena a = {0};
        struct plain p;
        make_plain(&p, &seed, WIDER);
        struct order_answer answer = order_solve(problem_of(&p, &a), 1 << 14);
        assert_true(answer.exact);
        assert_int_equal(answer.peak, over_all_sets(&p));
        assert_int_equal(peak_of(&p, answer.sequence), answer.peak);
        arena_free(&a);
    }
}

// ---- MODeL's graphs: every edge is a value, live from its first producer to its last consumer ----
enum { NAMES = 16 };

struct named {
    const char *names[NAMES];
    size_t n;
    uint32_t position[NAMES]; // of each name, in an order that can run
};

static size_t find_name(struct named *m, const char *name) {
    size_t i = 0;
    while (i < m->n && strcmp(m->names[i], name) != 0) i++;
    assert_true(i < NAMES);
    if (i == m->n) m->names[m->n++] = name;
    return i;
}

// A name or a list of names; returns a mask of their numbers.
static unsigned mask_of(struct named *m, const json_t *who) {
    if (json_is_string(who)) return 1u << find_name(m, json_string_value(who));
    unsigned mask = 0;
    for (size_t i = 0; i < json_array_size(who); i++)
        mask |= 1u << find_name(m, json_string_value(json_array_get(who, i)));
    return mask;
}

static void put_in_order(struct named *m, const json_t *edges) {
    unsigned done = 0;
    for (uint32_t position = 0; position < m->n; position++) {
        size_t next = 0;
        for (; next < m->n; next++) {
            bool ready = !(done >> next & 1);
            for (size_t e = 0; e < json_array_size(edges); e++) {
                const json_t *edge = json_array_get(edges, e);
                if ((mask_of(m, json_array_get(edge, 1)) >> next & 1) && (mask_of(m, json_array_get(edge, 0)) & ~done))
                    ready = false;
            }
            if (ready) break;
        }
        assert_true(next < m->n);
        m->position[next] = position;
        done |= 1u << next;
    }
}

static int64_t solve_edges(const json_t *edges) {
    struct arena a = {0};
    struct named m = {.n = 0};
    for (size_t e = 0; e < json_array_size(edges); e++) {
        mask_of(&m, json_array_get(json_array_get(edges, e), 0));
        mask_of(&m, json_array_get(json_array_get(edges, e), 1));
    }
    put_in_order(&m, edges);
    struct order_problem *o = order_problem_new(&a, m.n);
    for (size_t e = 0; e < json_array_size(edges); e++) {
        const json_t *edge = json_array_get(edges, e);
        unsigned from = mask_of(&m, json_array_get(edge, 0)), to = mask_of(&m, json_array_get(edge, 1));
        uint32_t value = order_add_value(o, json_integer_value(json_array_get(edge, 2)), false, false);
        for (size_t i = 0; i < m.n; i++) {
            if (from >> i & 1) order_write(o, m.position[i], value);
            if (to >> i & 1) order_read(o, m.position[i], value);
        }
    }
    struct order_answer answer = order_solve(o, 1 << 10);
    assert_true(answer.exact);
    assert_int_equal(order_peak(o, answer.sequence), answer.peak);
    arena_free(&a);
    return answer.peak;
}

static void test_published(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int64_t peak;
    } expected[] = {
        {"simple", 70}, {"diamond", 130}, {"control_dep", 150}, {"multi_fanin", 110}, {"shared_multi_fanin", 60}};
    char path[1024];
    const char *folder = getenv("LORAC_DATA");
    snprintf(path, sizeof path, "%s/planning/unit/model_schedule_graphs.json",
             folder ? folder : LORAC_SOURCE_DIR "/../shared/data");
    if (access(path, R_OK) != 0) {
        print_message("skipped: %s is not there (set LORAC_DATA)\n", path);
        skip();
    }
    json_t *root = json_load_file(path, 0, NULL);
    assert_non_null(root);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const json_t *graph = json_object_get(json_object_get(root, "graphs"), expected[i].name);
        assert_non_null(graph);
        assert_int_equal(json_integer_value(json_object_get(graph, "peak_optimal")), expected[i].peak);
        assert_int_equal(solve_edges(json_object_get(graph, "edges")), expected[i].peak);
    }
    json_decref(root);
}

// ---- constructed graphs ----
// Pairs of items: the first produces a large value, the second turns it into a small one. In the given order all large
// values come first; pair by pair, only one large value is live at a time.
static struct order_problem *make_ladder(struct arena *a, uint32_t pairs, bool in_place) {
    struct order_problem *o = order_problem_new(a, 2 * pairs);
    for (uint32_t i = 0; i < pairs; i++) {
        uint32_t large = order_add_value(o, 1024, false, false);
        uint32_t small = order_add_value(o, in_place ? 1024 : 64, false, true);
        order_write(o, i, large);
        order_read(o, pairs + i, large);
        order_write(o, pairs + i, small);
        if (in_place) order_reuse(o, pairs + i, large, small);
    }
    return o;
}

static void test_ladder(void **state) {
    (void)state;
    struct arena a = {0};
    struct order_problem *o = make_ladder(&a, 10, false);
    struct order_answer answer = order_solve(o, ORDER_MOST_STATES);
    assert_true(answer.exact);
    assert_int_equal(answer.given, 10 * 1024 + 64);
    assert_int_equal(answer.peak, 1024 + 10 * 64);
    assert_int_equal(order_peak(o, answer.sequence), answer.peak);
    answer = order_solve(make_ladder(&a, 100, true), ORDER_MOST_STATES); // in place, no order is better
    assert_true(answer.exact);
    assert_int_equal(answer.given, 100 * 1024);
    assert_int_equal(answer.peak, answer.given);
    for (uint32_t i = 0; i < 200; i++) assert_int_equal(answer.sequence[i], i);
    arena_free(&a);
}

// A search that gives up keeps the given order and reports it.
static void test_given_up(void **state) {
    (void)state;
    struct arena a = {0};
    uint64_t seed = 7;
    enum { ITEMS = 60, WIDE = 40 };
    struct order_problem *o = order_problem_new(&a, ITEMS);
    for (uint32_t i = 0; i < ITEMS; i++) {
        uint32_t value = order_add_value(o, 64 * (1 + next_random(&seed) % 97), false, false);
        order_write(o, i, value);
        for (uint32_t k = 0; k < 3; k++)
            if (i < WIDE) order_read(o, WIDE + next_random(&seed) % (ITEMS - WIDE), value);
    }
    struct order_answer answer = order_solve(o, 50);
    assert_false(answer.exact);
    assert_int_equal(answer.peak, answer.given);
    for (uint32_t i = 0; i < ITEMS; i++) assert_int_equal(answer.sequence[i], i);
    const uint32_t twice[ITEMS] = {0};
    assert_int_equal(order_peak(o, twice), -1);
    arena_free(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_brute_force), cmocka_unit_test(test_wider_graphs), cmocka_unit_test(test_published),
        cmocka_unit_test(test_ladder),      cmocka_unit_test(test_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
