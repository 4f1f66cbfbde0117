// A generated stories260k against golden numbers of an independent double-precision program: losses by position,
// logits, greedy text. Usage: stories_golden GOLDEN.json WEIGHTS TOKENIZER [TEXT NAME_OF_ITS_LOSS]...
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lorac/lrt_files.h>
#include <lorac/lrt_text.h>
#include "stories.h"

struct run {
    struct stories260k *model;
    struct lrt_tokenizer *tokenizer;
    json_t *golden;
    const char *file; // of weights, without its folder
    int exact;        // the file holds the golden weights themselves, not a coarser copy
    int passed, failed;
    int64_t seq;
};

static void check(struct run *r, int ok, const char *what, double ours, double theirs) {
    printf("%s %s: %s: %.9g, golden %.9g\n", ok ? "PASS" : "FAIL", r->file, what, ours, theirs);
    ok ? r->passed++ : r->failed++;
}

// ids [n]: inputs and targets of one row of the model, the rest ignored.
static void row_of(const struct run *r, const int32_t *ids, size_t n, int32_t *tokens, int32_t *targets) {
    for (int64_t t = 0; t < r->seq; t++) {
        tokens[t] = t < (int64_t)n ? ids[t] : 0;
        targets[t] = t + 1 < (int64_t)n ? ids[t + 1] : -100;
    }
}

static double mean_loss(struct run *r, const int32_t *ids, size_t n) {
    int32_t tokens[512], targets[512];
    double sum = 0;
    int64_t counted = 0;
    row_of(r, ids, n, tokens, targets);
    if (stories260k_eval(r->model, tokens, targets, &sum, &counted) != LRT_OK) return NAN;
    return sum / (double)counted;
}

static size_t golden_ids(const struct run *r, const char *name, int32_t *ids) {
    json_t *list = json_object_get(r->golden, name);
    for (size_t i = 0; i < json_array_size(list); i++) ids[i] = (int32_t)json_integer_value(json_array_get(list, i));
    return json_array_size(list);
}

static void check_mean(struct run *r) {
    int32_t ids[512];
    size_t n = golden_ids(r, "ids_with_bos", ids);
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(r->golden, "mean_nll_same_text_other_files"), name, value) {
        if (strncmp(name, r->file, strlen(r->file)) != 0) continue;
        double ours = mean_loss(r, ids, n), theirs = json_real_value(value);
        check(r, fabs(ours - theirs) < 2e-6, "mean loss of the golden text", ours, theirs);
        return;
    }
    check(r, 0, "a golden loss for this file", 0, 0);
}

static void check_positions(struct run *r) {
    int32_t ids[512], tokens[512], targets[512], rows[2] = {0, 1};
    float logits[2 * 512];
    row_of(r, ids, golden_ids(r, "ids_with_bos", ids), tokens, targets);
    if (stories260k_logits(r->model, tokens, rows, 2, logits) != LRT_OK) {
        check(r, 0, lrt_error(&r->model->model.run), 0, 0);
        return;
    }
    for (int p = 0; p < 2; p++) {
        json_t *entry = json_object_get(r->golden, p ? "logits_pos1" : "logits_pos0");
        json_t *first = json_object_get(entry, "first8");
        double sum = 0, worst = 0;
        int best = 0;
        for (int i = 0; i < 512; i++) {
            sum += (double)logits[512 * p + i];
            if (logits[512 * p + i] > logits[512 * p + best]) best = i;
        }
        for (size_t i = 0; i < 8; i++) {
            double error = fabs((double)logits[512 * p + (int)i] - json_real_value(json_array_get(first, i)));
            if (error > worst) worst = error;
        }
        check(r, worst < 2e-5, "first eight logits, largest difference", worst, 0);
        double golden_sum = json_real_value(json_object_get(entry, "sum"));
        check(r, fabs(sum - golden_sum) < 2e-3, "sum of logits", sum, golden_sum);
        double likeliest = (double)json_integer_value(json_object_get(entry, "argmax"));
        check(r, best == (int)likeliest, "likeliest token", best, likeliest);
    }
}

static void check_greedy(struct run *r) {
    int32_t golden[512], ids[512], tokens[512], targets[512];
    size_t n = golden_ids(r, "greedy_from_bos", golden), equal = 1;
    ids[0] = golden[0];
    for (size_t i = 1; i < n; i++) {
        int32_t row = (int32_t)i - 1, best = 0;
        float logits[512];
        row_of(r, ids, i, tokens, targets);
        if (stories260k_logits(r->model, tokens, &row, 1, logits) != LRT_OK) break;
        for (int32_t v = 1; v < 512; v++)
            if (logits[v] > logits[best]) best = v;
        ids[i] = best;
        equal += best == golden[i];
    }
    check(r, equal == n, "tokens of the greedy text as golden", (double)equal, (double)n);
    char text[2048];
    size_t length = 0;
    struct lrt_decoder decoder;
    lrt_decode_start(&decoder, r->tokenizer, 0);
    for (size_t i = 0; i < n && length < sizeof text - 64; i++) {
        int64_t added = lrt_decode(&decoder, ids[i], text + length, 64);
        if (added > 0) length += (size_t)added;
    }
    text[length] = '\0';
    const char *theirs = json_string_value(json_object_get(r->golden, "greedy_text"));
    int same = theirs && strcmp(text, theirs) == 0;
    check(r, same, same ? "the greedy text, word for word" : text, (double)length, theirs ? (double)strlen(theirs) : 0);
}

// The first seq targets of a text, tokenised with the file's own tokenizer after its first-token mark.
static void check_text(struct run *r, const char *path, const char *name) {
    char text[4096];
    FILE *f = fopen(path, "rb");
    size_t bytes = f ? fread(text, 1, 1200, f) : 0, n = 0;
    if (f) fclose(f);
    if (strstr(name, ".strip()"))
        while (bytes && (text[bytes - 1] == ' ' || text[bytes - 1] == '\n')) bytes--;
    int32_t ids[2048] = {lrt_tokenizer_info(r->tokenizer)->bos};
    struct lrt c = {0};
    lrt_encode_array(&c, r->tokenizer, text, bytes, 0, ids + 1, 2047, &n);
    double theirs = json_real_value(json_object_get(json_object_get(r->golden, "mean_nll_first_256_targets"), name));
    double ours = (int64_t)n >= r->seq ? mean_loss(r, ids, (size_t)r->seq + 1) : NAN;
    check(r, fabs(ours - theirs) < 5e-6, name, ours, theirs);
}

static int usable(struct run *r, int status, const char *what, const char *why) {
    if (status == LRT_OK) return 1;
    printf("FAIL %s: %s: %s\n", r->file, what, why);
    r->failed++;
    return 0;
}

int main(int argc, char **argv) {
    if (argc < 4) return 2;
    const char *slash = strrchr(argv[2], '/');
    struct run r = {.golden = json_load_file(argv[1], 0, NULL), .file = slash ? slash + 1 : argv[2]};
    r.exact = strstr(r.file, "-q") == NULL;
    const struct lrt_interface *interface = stories260k_interface();
    const struct lrt_plan_info *plan = interface->plan();
    r.seq = plan->seq;
    struct lrt_report report = {{0}};
    struct lrt_weight_file *file = NULL;
    struct lrt_weights weights;
    struct lrt_tensor *slots = calloc(plan->n_slots, sizeof *slots);
    struct stories260k *model = r.model = calloc(1, sizeof *model);
    void *memory =
        aligned_alloc(LRT_ALIGNMENT, (interface->memory_bytes + LRT_ALIGNMENT) / LRT_ALIGNMENT * LRT_ALIGNMENT);
    struct lrt_options options = {.threads = 2};
    struct lrt c = {0};
    if (usable(&r, lrt_weight_file_open(&file, argv[2], &report), "open", report.text) &&
        usable(&r, lrt_weights_bind(file, plan, slots, plan->n_slots, 0, &weights, &report), "bind", report.text) &&
        usable(&r, stories260k_init(model, memory, interface->memory_bytes, &weights, &options), "init",
               lrt_error(&model->model.run)) &&
        usable(&r, lrt_tokenizer_open(&c, &r.tokenizer, argv[3]), "tokenizer", lrt_error(&c))) {
        check_mean(&r);
        if (r.exact) {
            check_positions(&r);
            check_greedy(&r);
            for (int i = 4; i + 1 < argc; i += 2) check_text(&r, argv[i], argv[i + 1]);
        }
        stories260k_stop(model);
    }
    lrt_tokenizer_close(r.tokenizer);
    lrt_weight_file_close(file);
    json_decref(r.golden);
    free(memory), free(model), free(slots);
    return r.failed != 0;
}
