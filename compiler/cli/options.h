// Options: the command line, checked for form. What the values mean is for the stages that use them.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compiler/base/diag.h"

struct arena;
struct diagnostics;
struct text;

enum { EXIT_GOOD = 0, EXIT_INPUT = 1, EXIT_USAGE = 2, EXIT_BUDGET = 3, EXIT_INTERNAL = 70 };

struct option_list {
    const char **items;
    size_t count, capacity;
};

struct options {
    const char *input;
    const char *output, *header;
    struct option_list dims, folders, reports; // a report "-": the text form on stdout
    const char *prefix, *gradient, *memory, *optimizer, *update, *page;
    int64_t threads;
    const char *arena; // "planned", "separate", "poisoned"
    const char *dump, *stop_after;
    const char *place;
    const char *random_weights, *dtype;
    uint64_t seed;
    bool depend;
    const char *depend_file;
    enum diag_format diagnostics;
    bool color;
    const char *explain;
    bool compare, measure, pareto;
    const char *weights, *data, *eval, *tokenizer, *methods;
    struct option_list rates; // "METHOD=X"
    int64_t seconds, seeds;
    bool main, check, cflags, libs, print_ops, print_targets, help, version;
};

// Reads argv. False after a report, E0010 to E0013; o->diagnostics and o->color are what argv says in any case.
bool options_read(struct options *o, struct arena *a, struct diagnostics *d, int argc, char **argv);
// Adds words (ended by NULL) as if they stood at the end of the command line. False after a report.
bool options_add(struct options *o, struct arena *a, struct diagnostics *d, const char *const *words);
bool options_ask(const struct options *o); // for something that needs no model: compiler/cli/questions.h
void options_help(struct text *out);
