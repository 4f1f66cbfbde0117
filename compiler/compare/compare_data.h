// Compare data: the training and evaluation data of a comparison.
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct compilation;
struct sandbox;

struct compare_data {
    const char *train;               // file for the trainer
    const char *held;                // held-out file, not trained on; NULL: random tokens
    const char *unit;                // "windows of 256 tokens", "examples"
    int64_t train_units, held_units; // 0: the file is used as given
};

// Takes --data and --eval. Without --eval the end of --data is held out. Returns false after a message.
bool compare_data_split(struct sandbox *w, const struct compilation *c, struct compare_data *out);
// Makes random ids for `steps` steps; no batch repeats the one before. Returns false after a message.
bool compare_data_random(struct sandbox *w, const struct compilation *c, int64_t steps, struct compare_data *out);
