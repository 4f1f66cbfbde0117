// Trainer receipt: --receipt writes what a run was made of and its adapter's hash every so many steps;
// --verify-receipt trains again and compares. Functions with an int return an exit code.
#pragma once
#include "runtime/trainer/receipt.h"

struct trainer;
struct lrt_tokenizer;

struct trainer_receipt {
    struct receipt now;   // of this run; has no entries while it verifies
    struct receipt given; // --verify-receipt: the one to compare with; --resume: the file as it was
    const char *path;
    size_t next; // of given.entries: the one to compare next
    double loss; // of the last step
    bool verifies;
};

// Before inputs are opened: a verification reads the receipt, and takes the options of its run.
int lrt_trainer_receipt_open(struct trainer *t);
void lrt_trainer_receipt_tokenizer(struct trainer *t, const struct lrt_tokenizer *tokenizer); // of --data
// The model is ready for its first step: what the run is made of is compared, or noted.
int lrt_trainer_receipt_begin(struct trainer *t);
int lrt_trainer_receipt_step(struct trainer *t, double loss); // after each step
// Writes the file, with an entry of this step; before a checkpoint, so that none is ahead of the receipt.
int lrt_trainer_receipt_write(struct trainer *t);
int lrt_trainer_receipt_end(struct trainer *t); // of a verification: all was compared
void lrt_trainer_receipt_close(struct trainer *t);

// ---- trainer_verify.c ----
int lrt_trainer_verify_open(struct trainer *t);
int lrt_trainer_verify_facts(struct trainer *t);
int lrt_trainer_verify_step(struct trainer *t); // t->receipt->loss is this step's

// ---- trainer_input_hashes.c: SHA-256, as docs/receipts.md says ----
int lrt_trainer_digest_data(struct trainer *t, char text[LRT_SHA256_TEXT]);
void lrt_trainer_digest_order(const struct trainer *t, char text[LRT_SHA256_TEXT]);
void lrt_trainer_digest_base(const struct trainer *t, char text[LRT_SHA256_TEXT]);
void lrt_trainer_digest_adapter(const struct trainer *t, char text[LRT_SHA256_TEXT]);
void lrt_trainer_digest_tokenizer(const struct lrt_tokenizer *tokenizer, char text[LRT_SHA256_TEXT]);
void lrt_trainer_digest_template(const struct lrt_tokenizer *tokenizer, char text[LRT_SHA256_TEXT]);
