// Model fixture: a .lora text as a model and its forward graph, with random weights and inputs, for the interpreter.
#pragma once
#include "compiler/base/arena.h"
#include "compiler/base/diag.h"
#include "compiler/model/model.h"
#include "compiler/pass/lower.h"
#include "tests/table/interpreter.h"

struct model_fixture {
    struct arena arena;
    struct sources sources;
    struct diagnostics *diagnostics;
    struct model *model;   // NULL after a mistake
    struct graph *forward; // lower_eval; NULL after a mistake
    double *inputs[8];     // by input; after the model's: rows, n_rows of lower_logits
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
