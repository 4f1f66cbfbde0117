// Trainer run: a temporary folder with weights and data of the bigram model, and a call of the trainer on them that
// captures its output.
#pragma once
#include <stdbool.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <lorac/lrt_files.h>
#include <lorac/lrt_trainer.h>
#include "tests/unit/bigram_model.h"

enum { RUN_TOKENS = 400, RUN_EVAL_TOKENS = 60, RUN_TEXT = 1 << 16 };

enum { RUN_PATH_BYTES = 512 };

struct trainer_run {
    char folder[RUN_PATH_BYTES];
    const struct lrt_interface *model; // run_setup: the bigram model; tests may change it
    float w[BIGRAM_VOCAB * BIGRAM_VOCAB];
    int32_t tokens[RUN_TOKENS], eval[RUN_EVAL_TOKENS];
    char out[RUN_TEXT], err[RUN_TEXT]; // of the last run
};

void run_write(const char *path, const void *data, size_t n);

// Reads a whole file; the caller frees. *n its length; a NUL follows.
char *run_read(const char *path, size_t *n);

const char *run_path(const struct trainer_run *r, const char *name);

// A Markov chain: each token is followed by one of two others, so there is something to learn.
void run_markov_chain(int32_t *tokens, int n, uint32_t seed);

int run_setup(void **state);

void run_write_tokenizer(const struct trainer_run *r);

int run_teardown(void **state);

// Calls the trainer with words separated by blanks; '@' at the start of a word or after '=' is the temporary folder.
int run_trainer(struct trainer_run *r, const char *words);

void run_expect(struct trainer_run *r, int code, const char *words);
// The same, and that `text` stands in what it says to stderr.
void run_says(struct trainer_run *r, int code, const char *words, const char *text);

// Whether two files of the temporary folder have the same bytes, and some; run_expect_same fails otherwise.
bool run_same_file(const struct trainer_run *r, const char *a, const char *b);
void run_expect_same(const struct trainer_run *r, const char *a, const char *b);

#define BASE "--weights @w.safetensors --data @data.tok "
