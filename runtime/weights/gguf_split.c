// gguf_split: a GGUF in parts, "NAME-00001-of-00003.gguf": the first brings the metadata, the others their tensors.
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/weights/weight_file.h"
#include "runtime/weights/weight_names.h"

enum { PARTS_MAX = 99999 }; // five digits

struct parts {
    int64_t n;           // 1: the file is whole
    char stem[PATH_MAX]; // what comes before "-00001-of-00003.gguf"
};

static int wrong_part(const struct lrt_weight_file *file, const char *what, struct lrt_report *report) {
    return lrt_file_fail(report, LRT_ERR_FILE, "%s: %s; the parts do not belong together: download all of them again",
                         file->shards[file->n_shards - 1].path, what);
}

// What the first part states about all parts.
static int find_parts(const struct lrt_weight_file *file, struct parts *p, struct lrt_report *report) {
    const char *path = file->shards[0].path;
    int64_t number = 0;
    char end[40];
    p->n = 1;
    if (!lrt_gguf_has(file, "split.count")) return LRT_OK;
    if (!lrt_gguf_integer(file, "split.count", &p->n) || p->n < 1 || p->n > PARTS_MAX ||
        !lrt_gguf_integer(file, "split.no", &number))
        return lrt_file_fail(report, LRT_ERR_FILE,
                             "%s: split.count or split.no is no number of parts; download it again", path);
    if (p->n == 1) return LRT_OK;
    snprintf(end, sizeof end, "-00001-of-%05" PRId64 ".gguf", p->n);
    if (number != 0 || !lrt_name_ends(path, end))
        return lrt_file_fail(report, LRT_ERR_FILE,
                             "%s: part %" PRId64 " of %" PRId64
                             "; give the first one, whose name must end with %s, and "
                             "have the others beside it",
                             path, number + 1, p->n, end);
    const size_t length = strlen(path) - strlen(end);
    if (length >= sizeof p->stem) return lrt_file_fail(report, LRT_ERR_FILE, "%.200s...: the path is too long", path);
    memcpy(p->stem, path, length);
    p->stem[length] = '\0';
    return LRT_OK;
}

// Adds the tensors of part `number` (counted from 1). Its metadata is checked and not used.
static int read_part(struct lrt_weight_file *file, const struct parts *p, int64_t number, struct lrt_report *report) {
    char path[PATH_MAX + 64];
    const struct lrt_weight_file first = *file;
    int64_t own = -1, count = -1;
    snprintf(path, sizeof path, "%s-%05" PRId64 "-of-%05" PRId64 ".gguf", p->stem, number, p->n);
    int status = lrt_file_map(file, path, report);
    if (status) return status;
    const struct file_shard *shard = &file->shards[file->n_shards - 1];
    if (shard->bytes < 4 || memcmp(shard->base, "GGUF", 4) != 0) return wrong_part(file, "it is no GGUF", report);
    file->entries = NULL;
    file->entry_by_key = NULL;
    file->n_entries = 0;
    status = lrt_gguf_read_tensors(file, report);
    if (!status && (!lrt_gguf_integer(file, "split.no", &own) || own != number - 1 ||
                    !lrt_gguf_integer(file, "split.count", &count) || count != p->n))
        status = wrong_part(file, "its split.no and split.count are those of another part", report);
    free(file->entries);
    free(file->entry_by_key);
    file->entries = first.entries;
    file->entry_by_key = first.entry_by_key;
    file->n_entries = first.n_entries;
    return status;
}

int lrt_gguf_read(struct lrt_weight_file *file, struct lrt_report *report) {
    struct parts *p = malloc(sizeof *p);
    int status = p ? lrt_gguf_read_tensors(file, report) : lrt_file_fail(report, LRT_ERR_MEMORY, "out of memory");
    int64_t tensors = 0;
    if (!status) status = find_parts(file, p, report);
    for (int64_t i = 2; !status && i <= p->n; i++) status = read_part(file, p, i, report);
    if (!status && p->n > 1 && lrt_gguf_integer(file, "split.tensors.count", &tensors) &&
        tensors != (int64_t)file->n_tensors)
        status = wrong_part(file, "split.tensors.count is not how many tensors there are", report);
    free(p);
    return status;
}
