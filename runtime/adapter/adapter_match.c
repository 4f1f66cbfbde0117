// adapter_match: see the header.
#include "runtime/adapter/adapter_match.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/weights/weight_file.h"

static int compare_names(const void *a, const void *b, void *names) {
    const char(*n)[ADAPTER_KEY_BYTES] = names;
    return strcmp(n[*(const uint32_t *)a], n[*(const uint32_t *)b]);
}

int lrt_match_begin(struct adapter_match *m, const struct adapter_entries *e, adapter_name *name,
                    struct lrt_report *report) {
    *m = (struct adapter_match){.entries = e};
    m->names = calloc(e->n + 1, sizeof *m->names);
    m->by_name = calloc(e->n + 1, sizeof *m->by_name);
    if (!m->names || !m->by_name) return lrt_file_fail(report, LRT_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < e->n; i++) {
        name(&e->entries[i], m->names[i], sizeof m->names[i]);
        m->by_name[i] = (uint32_t)i;
    }
    qsort_r(m->by_name, e->n, sizeof *m->by_name, compare_names, m->names);
    return LRT_OK;
}

void lrt_match_end(struct adapter_match *m) {
    free(m->names);
    free(m->by_name);
    *m = (struct adapter_match){0};
}

size_t lrt_match_find(const struct adapter_match *m, const char *name) {
    size_t low = 0, high = m->entries->n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = strcmp(name, m->names[m->by_name[middle]]);
        if (order == 0) return name[0] ? m->by_name[middle] : m->entries->n;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return m->entries->n;
}

int lrt_match_file(const struct adapter_match *m, const struct lrt_weight_file *file, adapter_key *key, void *context,
                   bool all, const struct lrt_file_tensor **found, struct lrt_report *report) {
    const char *path = lrt_weight_file_path(file, 0);
    for (size_t i = 0; i < m->entries->n; i++) found[i] = NULL;
    for (size_t i = 0; i < lrt_weight_file_count(file); i++) {
        const struct lrt_file_tensor *t = lrt_weight_file_tensor(file, i);
        size_t at = lrt_match_find(m, t->name);
        const int status = key ? key(context, m, t->name, &at, report) : LRT_OK;
        if (status) return status;
        if (at == m->entries->n)
            return lrt_file_fail(
                report, LRT_ERR_FILE,
                "%s: tensor %s is none that the model trains; generate the program with the adapter's `adapt`", path,
                t->name);
        if (found[at])
            return lrt_file_fail(report, LRT_ERR_FILE, "%s: tensors %s and %s are both of %s; leave one of them out",
                                 path, found[at]->name, t->name, m->names[at]);
        found[at] = t;
    }
    for (size_t i = 0; i < m->entries->n && all; i++)
        if (!found[i] && m->names[i][0])
            return lrt_file_fail(report, LRT_ERR_FILE,
                                 "%s: tensor %s, which the model trains, is not in the adapter; generate the program "
                                 "with the adapter's `adapt`",
                                 path, m->names[i]);
    return LRT_OK;
}
