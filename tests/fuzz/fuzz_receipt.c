// fuzz_receipt: a receipt of a stranger. One that is taken has only numbers that a run can have, and is the same when
// it is written and read again.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lorac/lrt_files.h>
#include "runtime/trainer/receipt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_same(const struct receipt *a, const struct receipt *b) {
    const int all = RECEIPT_INFO | RECEIPT_CAUSE | RECEIPT_SAME | RECEIPT_TAKEN;
    if (lrt_receipt_difference(a, b, all) || a->n != b->n || a->ended != b->ended) abort();
    for (size_t i = 0; i < a->n; i++) {
        const struct receipt_entry *x = &a->entries[i], *y = &b->entries[i];
        if (x->step != y->step || strcmp(x->adapter, y->adapter) != 0 || (i > 0 && x->loss != y->loss)) abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char path[64];
    struct receipt *r = calloc(2, sizeof *r);
    struct lrt_report report = {{0}};
    const char *folder = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(path, sizeof path, "%s/fuzz-receipt-%ld", folder, (long)getpid());
    const int file = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    if (!r || file < 0 || write(file, data, size) != (ssize_t)size) abort();
    close(file);
    if (lrt_receipt_read(path, &r[0], &report) == LRT_OK) {
        if (r[0].options_every < 1 || r[0].options_accumulate < 1 || r[0].n < 2) abort();
        if (lrt_receipt_write(path, &r[0], &report) != LRT_OK || lrt_receipt_read(path, &r[1], &report) != LRT_OK)
            abort();
        check_same(&r[0], &r[1]);
        free(r[1].entries);
    }
    free(r[0].entries);
    free(r);
    unlink(path);
    return 0;
}
