// Receipt: what a training was made of, and what became of it step by step, as a JSON file that anybody can check by
// training again. docs/receipts.md describes the format for readers.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lorac/lrt_sha256.h>

enum {
    RECEIPT_FORMAT = 1,
    RECEIPT_TEXT_BYTES = 512,
    RECEIPT_ENTRIES_MAX = 50000, // some 6 MB of JSON, which take 80 MB while they are read
};

#define RECEIPT_TEXT(name) char name[RECEIPT_TEXT_BYTES]
#define RECEIPT_HASH(name) char name[LRT_SHA256_TEXT] // "": there is none
#define RECEIPT_INTEGER(name) int64_t name
#define RECEIPT_NUMBER(name) double name
#define RECEIPT_FLAG(name) bool name

struct receipt_entry {
    int64_t step; // updates done
    double loss;  // of this step; 0 of the first entry
    char adapter[LRT_SHA256_TEXT];
};

struct receipt {
#define FIELD(section, key, kind, role, what) RECEIPT_##kind(section##_##key);
#include "runtime/trainer/receipt_fields.def"
#undef FIELD
    bool ended; // false: the run was interrupted, or is at work
    // The first is the state that the hashes begin with: step 0, unless a resumed run began the receipt. Then every
    // options_every-th step, and the last one.
    struct receipt_entry *entries;
    size_t n;
};

enum receipt_kind {
    RECEIPT_KIND_TEXT,
    RECEIPT_KIND_HASH,
    RECEIPT_KIND_INTEGER,
    RECEIPT_KIND_NUMBER,
    RECEIPT_KIND_FLAG
};
enum receipt_role { RECEIPT_INFO = 1, RECEIPT_CAUSE = 2, RECEIPT_SAME = 4, RECEIPT_TAKEN = 8 };
struct receipt_field {
    const char *section, *key, *what;
    enum receipt_kind kind;
    enum receipt_role role;
    size_t offset; // in struct receipt
};
enum {
#define FIELD(section, key, kind, role, what) +1
    RECEIPT_FIELDS = 0
#include "runtime/trainer/receipt_fields.def"
#undef FIELD
};
const struct receipt_field *lrt_receipt_field(size_t index);

// The first field of these roles in which they differ; NULL: none.
const struct receipt_field *lrt_receipt_difference(const struct receipt *a, const struct receipt *b, int roles);
// The step that the entry behind one of this step is of, unless the run ends before.
static inline int64_t lrt_receipt_next(int64_t step, int64_t every) { return step - step % every + every; }

struct lrt_report;
// Replaces the file at once, or not at all. A status of lrt.h, the report says why.
int lrt_receipt_write(const char *path, const struct receipt *r, struct lrt_report *report);
// A file of a stranger: every number is checked, and no entry may be missing between the first and the last one. The
// entries are malloc'd.
int lrt_receipt_read(const char *path, struct receipt *r, struct lrt_report *report);
