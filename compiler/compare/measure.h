// Measure: variants are built and run, in a folder that is gone afterwards.
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
    const char *adapter;   // PEFT folder that all gradients are taken at; NULL: fresh ones, as the seed makes them
    const char *gradients; // the file of the first exact one that wrote them
    double losses[MEASURE_STEPS], norms[MEASURE_STEPS]; // of the first exact one
    bool first_done;
};

// Makes the folder; the data, or random ids without --data; random weights unless --weights names some. False after a
// report. Call measure_end in any case.
bool measure_begin(struct measuring *m, struct compilation *c);
void measure_end(struct measuring *m);

// Emits and compiles a variant's program, which the functions below run until the next is built. What goes wrong in
// these is told: false.
bool measure_build(struct measuring *m, struct variant *v);
// With data, once, by an exact program: trains the adapter that gradients are taken at, where it has a PEFT form, and
// fills in adapter_steps and loss_before.
bool measure_prepare(struct measuring *m, struct variant *v, struct report_comparison *told);
// A few steps: time, memory, bits held against the first exact one's. Fills v->measured.
bool measure_steps(struct measuring *m, struct variant *v);
// Estimates of the gradient, by several seeds, beside the exact one.
bool measure_angles(struct measuring *m, struct variant *v);
// --seconds of training, and the loss then.
bool measure_training(struct measuring *m, struct variant *v);

// ---- for these ----
// Whether there are adapters that --out writes as a PEFT folder, from which all programs can start.
bool measure_has_adapters(const struct model *model);
// The command of the program that was built of v: --weights, --threads and the like, then `rest`.
const char *measure_command(const struct measuring *m, const struct variant *v, const char *rest);
const char *measure_path(const struct measuring *m, const char *name); // of a file in the folder, quoted for the shell
// The log that the last run wrote by --log measure_path(m, "log"): an array of its lines, never NULL.
json_t *measure_log(const struct measuring *m);
