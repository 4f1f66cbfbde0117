// adapter_match: which tensor of an adapter's file belongs to which entry: by a name that the entry has in the file's
// format. Sorted names, so the time grows with the file alone.
#pragma once
#include "runtime/adapter/adapter_entries.h"

enum { ADAPTER_KEY_BYTES = ADAPTER_NAME_BYTES + 64 };

struct adapter_match {
    const struct adapter_entries *entries;
    char (*names)[ADAPTER_KEY_BYTES]; // [entries->n]; "": the format has no place for it
    uint32_t *by_name;                // [entries->n], sorted
};
// The name of an entry in a format; "" when it has none.
typedef void adapter_name(const struct adapter_entry *e, char *name, size_t size);

// Freed by match_end, also after a failure.
int lrt_match_begin(struct adapter_match *m, const struct adapter_entries *e, adapter_name *name,
                    struct lrt_report *report);
void lrt_match_end(struct adapter_match *m);
// The index of the entry of that name; entries->n: none.
size_t lrt_match_find(const struct adapter_match *m, const char *name);

// Fills found [entries->n] with the file's tensors. `key` converts a tensor's name to the entries' form; NULL: it has
// that form. Refused are a tensor without an entry, two tensors of one entry, and with `all` an entry without a tensor.
typedef int adapter_key(void *context, const struct adapter_match *m, const char *tensor, size_t *entry,
                        struct lrt_report *report);
int lrt_match_file(const struct adapter_match *m, const struct lrt_weight_file *file, adapter_key *key, void *context,
                   bool all, const struct lrt_file_tensor **found, struct lrt_report *report);
