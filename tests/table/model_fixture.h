// Model fixture: a .lora text as a model and its forward graph, with random weights and inputs, for the interpreter.
#pragma once
#include "compiler/base/arena.h"
#include "compiler/base/diag.h"
#include "compiler/model/model.h"
#include "compiler/pipeline/pipeline.h"
#include "tests/table/interpreter.h"

struct model_fixture {
    struct arena arena;
    struct sources sources;
    struct diagnostics *diagnostics;
    struct model *model;   // NULL after an error in the model
    struct graph *forward; // of pipeline_forward; NULL after an error
    double *inputs[8];     // by input; after the model's: rows, n_rows of the logits graph
};

// In place: the fixture must not move afterwards.
void model_fixture_start(struct model_fixture *f, const char *text);
// The same from a file, with these values for its dims ("seq=5", ended by NULL).
void model_fixture_start_file(struct model_fixture *f, const char *path, const char *const *dims);
// Fills the values of all pools with random numbers (norm weights about 1); the same numbers for every order of the
// graph.
void model_fixture_fill(const struct model_fixture *f, const struct graph *g, struct interpreter_pools *p);
void model_fixture_stop(struct model_fixture *f);
// All diagnostics as text; the caller frees it.
char *model_fixture_words(const struct model_fixture *f);

// A method with fixed heights: 8 rows of the LM head at a time, and tiles of 32 rows where it tiles blocks.
struct schedule_choice plain_choice(const struct gradient *method);
// The graph of logits, `head` rows at a time; NULL after an error.
struct graph *model_fixture_logits(struct model_fixture *f, int64_t head);
