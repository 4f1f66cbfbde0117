// Variants: the same model compiled with other methods, up to its plan, to compare memory and work. Writes no files.
#pragma once
#include "compiler/compilation/compilation.h"
#include "compiler/report/report.h"

struct variant {
    const char *const *words; // words added to the command line, ended by NULL; none: as given
    const char *name;         // "structured(tile: 8)": the values of its words
    struct compilation *compilation;
    const char *refused; // why it has no program; NULL: it has one
    bool fits;           // fits the budget, if there is one
    bool chosen;         // the command line selects it
    struct report_measured measured;
};

struct variants {
    struct variant *items;
    size_t count, capacity;
};

// True when its gradient is exact; all exact gradients have the same bits.
bool variant_is_exact(const struct variant *v);

// Compiles the model with these words (NULL-terminated) added to the command line. If the program will run (--measure),
// its plans are verified by replay.
struct variant variant_compile(const struct compilation *c, const char *const *words);
// Makes all variants: every gradient method that trains and every row of variants.def, or the rows of --methods.
// Without a loss there are none. The command line's own choice comes first if it is none of them.
struct variants variants_make(struct compilation *c);
// True when every row of --methods has a program. A comparison requires that; returns false after a report. A report
// gives the reason in the row.
bool variants_are_had(const struct compilation *c, const struct variants *all);
// Adds to the report the alternatives, and what they show of this model's smallest and largest memory.
void variants_report(const struct compilation *c, const struct variants *all, struct report *r);
