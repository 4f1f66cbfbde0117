// Receipt read: a file of a stranger becomes a receipt, or an error that names the member. It is bounded: at most so
// many bytes, and entries; numbers are those that a run can have.
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lorac/lrt_files.h>
#include "runtime/trainer/receipt.h"
#include "runtime/weights/weight_file.h"

enum { BYTES_MAX = 32 << 20 };

struct reading {
    const char *path;
    struct lrt_report *report;
};

static int wrong(const struct reading *g, const char *member, const char *what) {
    return lrt_file_fail(g->report, LRT_ERR_FILE, "%s: %s is %s; the receipt was changed, or is none", g->path, member,
                         what);
}

static bool read_hash(const json_t *value, char text[LRT_SHA256_TEXT]) {
    const char *string = json_string_value(value);
    const size_t n = json_string_length(value);
    if (!string || n != strspn(string, "0123456789abcdef") || (n != 0 && n != LRT_SHA256_TEXT - 1)) return false;
    memcpy(text, string, n + 1);
    return true;
}

static bool read_text(const json_t *value, char text[RECEIPT_TEXT_BYTES]) {
    const char *string = json_string_value(value);
    const size_t n = json_string_length(value);
    if (!string || n >= RECEIPT_TEXT_BYTES || strlen(string) != n) return false;
    memcpy(text, string, n + 1);
    return true;
}

// Half the range is the limit, as in checkpoints: a run of these numbers cannot overflow.
static bool read_integer(const json_t *value, int64_t *n) {
    *n = json_integer_value(value);
    return json_is_integer(value) && *n >= 0;
}

static bool read_number(const json_t *value, double *x) {
    *x = json_number_value(value);
    return json_is_number(value) && isfinite(*x) && *x >= 0;
}

static int read_field(const struct reading *g, const struct receipt_field *f, const json_t *value, char *to) {
    char member[80];
    bool good = false;
    snprintf(member, sizeof member, "%s.%s", f->section, f->key);
    if (!value) return wrong(g, member, "missing");
    switch (f->kind) {
    case RECEIPT_KIND_TEXT: good = read_text(value, to); break;
    case RECEIPT_KIND_HASH: good = read_hash(value, to); break;
    case RECEIPT_KIND_INTEGER: good = read_integer(value, (int64_t *)to); break;
    case RECEIPT_KIND_NUMBER: good = read_number(value, (double *)to); break;
    case RECEIPT_KIND_FLAG:
        good = json_is_boolean(value);
        *(bool *)to = json_is_true(value);
        break;
    }
    return good ? LRT_OK : wrong(g, member, "nothing that a run writes there");
}

// "": no chat was in the data.
static bool is_date(const char *text) {
    int year, month, day, end = 0;
    if (!*text) return true;
    return sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &end) == 3 && text[end] == 0 && year >= 1 && month >= 1 &&
           month <= 12 && day >= 1 && day <= 31;
}

// Numbers that no run has.
static int check_numbers(const struct reading *g, const struct receipt *r) {
    const int64_t most = INT64_MAX / 2;
    const char *member = r->options_accumulate < 1 || r->options_accumulate > INT32_MAX ? "options.accumulate"
                         : r->options_warmup > most                                     ? "options.warmup"
                         : r->options_schedule_steps > most                             ? "options.schedule_steps"
                         : r->options_run_steps < 1 || r->options_run_steps > most      ? "options.run_steps"
                         : r->options_floor > 1                                         ? "options.floor"
                         : r->options_every < 1 || r->options_every > most              ? "options.every"
                         : r->options_shards > INT32_MAX                                ? "options.shards"
                         : r->options_shard > r->options_shards                         ? "options.shard"
                         : r->options_shards > 0 && r->options_shard < 1                ? "options.shard"
                                                                                        : NULL;
    if (!is_date(r->data_chat_date)) return wrong(g, "data.chat_date", "no date");
    return member ? wrong(g, member, "a number that no run has") : LRT_OK;
}

static bool read_entry(const json_t *value, struct receipt_entry *e, bool first) {
    const json_t *loss = json_object_get(value, "loss");
    e->loss = json_number_value(loss);
    return read_integer(json_object_get(value, "step"), &e->step) && e->step <= INT64_MAX / 2 &&
           (first || (json_is_number(loss) && isfinite(e->loss))) &&
           read_hash(json_object_get(value, "adapter_sha256"), e->adapter) && e->adapter[0];
}

static int read_entries(const struct reading *g, const json_t *list, struct receipt *r) {
    const size_t n = json_array_size(list);
    if (n < 2 || n > RECEIPT_ENTRIES_MAX) return wrong(g, "steps", "no list of 2 to 50000 entries");
    r->entries = malloc(n * sizeof *r->entries);
    if (!r->entries) return lrt_file_fail(g->report, LRT_ERR_MEMORY, "%s: out of memory", g->path);
    for (size_t i = 0; i < n; i++) {
        struct receipt_entry *e = &r->entries[i];
        char member[40];
        snprintf(member, sizeof member, "steps[%zu]", i);
        if (!read_entry(json_array_get(list, i), e, i == 0)) return wrong(g, member, "no entry of a step");
        const int64_t next = i > 0 ? lrt_receipt_next(e[-1].step, r->options_every) : e->step;
        if (i > 0 && (e->step <= e[-1].step || e->step > next || (i + 1 < n && e->step != next)))
            return wrong(g, member, "not of the step that comes next");
    }
    r->n = n;
    return LRT_OK;
}

static int read_root(const struct reading *g, const json_t *root, struct receipt *r) {
    const json_t *format = json_object_get(root, "lorac_receipt"), *ended = json_object_get(root, "ended");
    if (!json_is_integer(format))
        return lrt_file_fail(g->report, LRT_ERR_FILE, "%s: it is no receipt of lorac", g->path);
    if (json_integer_value(format) != RECEIPT_FORMAT)
        return lrt_file_fail(g->report, LRT_ERR_FILE, "%s: it is a receipt of form %lld; this program reads form %d",
                             g->path, (long long)json_integer_value(format), RECEIPT_FORMAT);
    for (size_t i = 0; i < RECEIPT_FIELDS; i++) {
        const struct receipt_field *f = lrt_receipt_field(i);
        const int status =
            read_field(g, f, json_object_get(json_object_get(root, f->section), f->key), (char *)r + f->offset);
        if (status != LRT_OK) return status;
    }
    if (!json_is_boolean(ended)) return wrong(g, "ended", "missing");
    r->ended = json_is_true(ended);
    const int status = check_numbers(g, r);
    return status == LRT_OK ? read_entries(g, json_object_get(root, "steps"), r) : status;
}

int lrt_receipt_read(const char *path, struct receipt *r, struct lrt_report *report) {
    const struct reading g = {path, report};
    *r = (struct receipt){.n = 0};
    json_t *root = lrt_file_read_json(path, BYTES_MAX, report);
    if (!root) return LRT_ERR_FILE;
    const int status = read_root(&g, root, r);
    json_decref(root);
    if (status != LRT_OK) {
        free(r->entries);
        *r = (struct receipt){.n = 0};
    }
    return status;
}
