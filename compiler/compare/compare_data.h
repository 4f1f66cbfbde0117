// Compare data: what every program of a comparison trains on, and what its loss is measured on.
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct compilation;
struct sandbox;

struct compare_data {
    const char *train;               // a file for the trainer
    const char *held;                // another, of which nothing is trained on; NULL: random tokens
    const char *unit;                // "windows of 256 tokens", "examples"
    int64_t train_units, held_units; // 0: of a file as it was given
};

// From --data and --eval: the end of --data is held out when there is no --eval. False after a message.
bool compare_data_split(struct sandbox *w, const struct compilation *c, struct compare_data *out);
// Random ids for so many steps, never the same twice in a row. False after a message.
bool compare_data_random(struct sandbox *w, const struct compilation *c, int64_t steps, struct compare_data *out);
