// Measure: builds and runs variants in a temporary folder.
#pragma once
#include <jansson.h>

#include "compiler/compare/compare_data.h"
#include "compiler/compare/sandbox.h"
#include "compiler/compare/variants.h"

enum { MEASURE_STEPS = 4, MEASURE_ADAPTER_STEPS = 10 };

struct measuring {
    struct compilation *c;
    struct sandbox *sandbox;
    const char *weights;
    struct compare_data data;
    const char *adapter; // PEFT folder of the adapters that all gradients are taken at; NULL: fresh ones from the seed
    const char *gradients;                              // gradient file of the first exact variant that wrote one
    double losses[MEASURE_STEPS], norms[MEASURE_STEPS]; // of the first exact variant
    bool first_done;
};

// Makes the folder and the data (random ids without --data), and random weights unless --weights is given. Returns
// false after a report. Call measure_end in any case.
bool measure_begin(struct measuring *m, struct compilation *c);
void measure_end(struct measuring *m);

// Emits and compiles a variant's program. The functions below run it until the next is built. They report errors and
// return false.
bool measure_build(struct measuring *m, struct variant *v);
// Runs once, if there is data, with an exact program. Trains the adapters that gradients are taken at, if they have a
// PEFT form. Sets adapter_steps and loss_before.
bool measure_prepare(struct measuring *m, struct variant *v, struct report_comparison *setup);
// Runs a few steps. Measures time and memory, compares bits with the first exact variant, and fills v->measured.
bool measure_steps(struct measuring *m, struct variant *v);
// Compares gradient estimates from several seeds with the exact gradient.
bool measure_angles(struct measuring *m, struct variant *v);
// Trains for --seconds and measures the loss.
bool measure_training(struct measuring *m, struct variant *v);

// ---- helpers of these ----
// True when the model has adapters that --out writes as a PEFT folder, from which all programs can start.
bool measure_has_adapters(const struct model *model);
// The command line of v's program: --weights, --threads and so on, then `rest`.
const char *measure_command(const struct measuring *m, const struct variant *v, const char *rest);
const char *measure_path(const struct measuring *m, const char *name); // path of a file in the folder, shell-quoted
// The log of the last run, written with --log measure_path(m, "log"), as an array of its lines; never NULL.
json_t *measure_log(const struct measuring *m);
