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
    struct model *model;   // NULL after a mistake
    struct graph *forward; // pipeline_forward; NULL after a mistake
    double *inputs[8];     // by input; after the model's: rows, n_rows of the logits graph
};

// In place: the fixture must not move afterwards.
void model_fixture_start(struct model_fixture *f, const char *text);
// Of a file, with these values for its dims ("seq=5", ended by NULL).
void model_fixture_start_file(struct model_fixture *f, const char *path, const char *const *dims);
// Random numbers in all pools' values (norm weights about 1); the same for every call, whatever the graph's order.
void model_fixture_fill(const struct model_fixture *f, const struct graph *g, struct interpreter_pools *p);
void model_fixture_stop(struct model_fixture *f);
// Everything that was reported, in the text form; free it.
char *model_fixture_words(const struct model_fixture *f);

// A method by itself: its head 8 rows, its blocks 32 where it runs them in tiles.
struct schedule_choice plain_choice(const struct gradient *method);
// The graph of logits, `head` rows at a time; NULL after a mistake.
struct graph *model_fixture_logits(struct model_fixture *f, int64_t head);
