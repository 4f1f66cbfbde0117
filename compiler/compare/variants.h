// Variants: the same model compiled in other ways, as far as its plan: what each takes and works. Nothing is written.
#pragma once
#include "compiler/compilation/compilation.h"
#include "compiler/report/report.h"

struct variant {
    const char *const *words; // what is added to the command line, ended by NULL; none: as asked
    const char *name;         // "structured(tile: 8)": the values of its words
    struct compilation *compilation;
    const char *refused; // why there is no program; NULL otherwise
    bool fits;           // the budget, when there is one
    bool chosen;         // it is what the command line asks for
    struct report_measured measured;
};

struct variants {
    struct variant *items;
    size_t count, capacity;
};

// Whether its gradient is the exact one, of which all such have the same bits.
bool variant_is_exact(const struct variant *v);

// The model with these words, ended by NULL, added to the command line. Its plans are replayed where it will run
// (--measure).
struct variant variant_compile(const struct compilation *c, const char *const *words);
// Every gradient method that trains and every row of variants.def, or those of --methods; none when there is no loss.
// What was asked for comes first when it is none of them.
struct variants variants_make(struct compilation *c);
// Whether all rows of --methods can be had, as a comparison wants them (a report says it in the row); false after a
// report.
bool variants_are_had(const struct compilation *c, const struct variants *all);
// What reports tell of them: the alternatives, and what they say of the least and the most that this model can take.
void variants_report(const struct compilation *c, const struct variants *all, struct report *r);
