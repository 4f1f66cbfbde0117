// Shard files: some of the trained tensors under PEFT's names, which a client sends to a server after a round. A tensor
// in several files becomes their mean.
#include <stdlib.h>
#include <string.h>

#include "runtime/adapter/adapter_match.h"
#include "runtime/kernels/generated.h"
#include "runtime/weights/tensor_list.h"
#include "runtime/weights/weight_file.h"

enum { NAME_BYTES = ADAPTER_NAME_BYTES + 64 };

static bool has_entry(int32_t shard, int32_t shards, const struct adapter_entry *e) {
    const struct lrt_param_info *p = e->param;
    return lrt_noise_has(p->first_noise + (uint32_t)(e->instance - p->first) * p->noise_stride, shard, shards);
}

int lrt_write_shard(const char *path, const struct lrt_adapter_source *from, int shard, int shards,
                    struct lrt_report *report) {
    lrt_file_clear(report);
    struct adapter_entries e;
    struct tensor_list list = {0};
    int status = lrt_entries_collect(&e, from->plan, true, false, report);
    for (size_t i = 0; i < e.n && !status; i++) {
        char name[NAME_BYTES];
        if (!has_entry(shard, shards, &e.entries[i])) continue;
        lrt_entry_peft_name(&e.entries[i], name, sizeof name);
        struct lrt_named_tensor *t = lrt_tensor_list_add(&list, name);
        if (!t)
            status = lrt_file_fail(report, LRT_ERR_MEMORY, "%s: out of memory", path);
        else
            lrt_entry_fill(&e.entries[i], from, t);
    }
    if (!status && list.n == 0)
        status = lrt_file_fail(report, LRT_ERR_ARGUMENT, "%s: shard %d of %d has no tensor", path, shard, shards);
    if (!status) status = lrt_write_safetensors(path, list.tensors, list.n, NULL, 0, report);
    lrt_tensor_list_free(&list);
    lrt_entries_free(&e);
    return status;
}

// ---- reading ----
struct shard_files {
    struct adapter_entries entries;
    struct adapter_match names;
    const struct lrt_file_tensor **found; // [entries.n], of the file opened last
    struct lrt_weight_file **files;       // [n]
    size_t n;
    float *buffer; // a pool: of the tensor read last
    double *sum;   // [longest tensor]
    size_t left;   // tensors that no file has
};

// A tensor of both files, if all tensors of both are equal byte for byte; else NULL.
static const char *same_tensors(const struct lrt_weight_file *a, const struct lrt_weight_file *b) {
    const char *name = NULL;
    for (size_t i = 0; i < lrt_weight_file_count(a); i++) {
        const struct lrt_file_tensor *x = lrt_weight_file_tensor(a, i), *y = lrt_weight_file_find(b, x->name);
        if (!y) continue;
        if (x->type != y->type || x->bytes != y->bytes || memcmp(x->data, y->data, x->bytes) != 0) return NULL;
        name = x->name;
    }
    return name;
}

// Two runs never give the same numbers, so this is one file twice, and another one may be missing.
static int check_apart(const struct shard_files *s, size_t file, struct lrt_report *report) {
    for (size_t i = 0; i < file; i++) {
        const char *name = same_tensors(s->files[i], s->files[file]);
        if (!name) continue;
        return lrt_file_fail(report, LRT_ERR_FILE,
                             "%s and %s both give %s, with the same numbers: one shard given twice, and another one "
                             "forgotten? Leave one of them out",
                             lrt_weight_file_path(s->files[i], 0), lrt_weight_file_path(s->files[file], 0), name);
    }
    return LRT_OK;
}

static int read_entry(struct shard_files *s, const struct adapter_entry *e, int order, float *values,
                      struct lrt_report *report) {
    char name[NAME_BYTES];
    int found = 0;
    const struct adapter_reading how = {.order = order, .scale = 1};
    lrt_entry_peft_name(e, name, sizeof name);
    memset(s->sum, 0, (size_t)e->floats * sizeof *s->sum);
    for (size_t f = 0; f < s->n; f++) {
        const struct lrt_file_tensor *t = lrt_weight_file_find(s->files[f], name);
        if (!t) continue;
        const int status = lrt_entry_read(e, t, lrt_weight_file_path(s->files[f], 0), how, s->buffer, report);
        if (status) return status;
        for (int64_t i = 0; i < e->floats; i++) s->sum[i] += (double)s->buffer[e->offset + i];
        found++;
    }
    s->left += found == 0;
    for (int64_t i = 0; found && i < e->floats; i++) values[e->offset + i] = (float)(s->sum[i] / found);
    return LRT_OK;
}

static int read_all(struct shard_files *s, const char *const *paths, size_t n, int order, float *values,
                    struct lrt_report *report) {
    int64_t longest = 1, pool = 1;
    for (size_t i = 0; i < s->entries.n; i++) {
        const struct adapter_entry *e = &s->entries.entries[i];
        if (e->floats > longest) longest = e->floats;
        if (e->offset + e->floats > pool) pool = e->offset + e->floats;
    }
    s->files = calloc(n + 1, sizeof(struct lrt_weight_file *));
    s->found = calloc(s->entries.n + 1, sizeof *s->found);
    s->buffer = malloc((size_t)pool * sizeof *s->buffer);
    s->sum = malloc((size_t)longest * sizeof *s->sum);
    if (!s->files || !s->found || !s->buffer || !s->sum) return lrt_file_fail(report, LRT_ERR_MEMORY, "out of memory");
    for (; s->n < n; s->n++) {
        int status = lrt_weight_file_open(&s->files[s->n], paths[s->n], report);
        if (status) return status;
        status = lrt_match_file(&s->names, s->files[s->n], NULL, NULL, false, s->found, report);
        if (!status) status = check_apart(s, s->n, report);
        if (status) return status;
    }
    for (size_t i = 0; i < s->entries.n; i++) {
        const int status = read_entry(s, &s->entries.entries[i], order, values, report);
        if (status) return status;
    }
    return LRT_OK;
}

int lrt_read_shards(const char *const *paths, size_t n, const struct lrt_plan_info *plan, int rope_interleaved,
                    float *values, struct lrt_report *report) {
    lrt_file_clear(report);
    struct shard_files s = {.n = 0};
    int status = lrt_entries_collect(&s.entries, plan, true, false, report);
    if (!status) status = lrt_match_begin(&s.names, &s.entries, lrt_entry_peft_name, report);
    if (!status) status = read_all(&s, paths, n, rope_interleaved ? LRT_ROPE_TO_GGUF : LRT_ROPE_KEEP, values, report);
    if (!status && s.left > 0)
        lrt_file_note(report, "%zu of %zu tensors are in no file and stay as they began", s.left, s.entries.n);
    for (size_t i = 0; s.files && i < n; i++) lrt_weight_file_close(s.files[i]);
    free(s.files);
    free(s.found);
    lrt_match_end(&s.names);
    free(s.buffer);
    free(s.sum);
    lrt_entries_free(&s.entries);
    return status;
}
