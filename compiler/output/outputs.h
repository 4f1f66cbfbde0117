// Outputs: writes a compilation's files. Mistakes go to the compilation's diagnostics.
#pragma once
#include "compiler/compare/compare.h"
#include "compiler/compilation/compilation.h"

// True when every --report has the ending of a known format; false after a report.
bool report_names_are_good(const struct options *o, struct diagnostics *d);
// Checks early that the reports can be written; returns false after a report.
bool reports_may_be_written(struct compilation *c);
// Whether no output is a file that the compilation reads, and no two outputs are one file; false after a report.
bool outputs_are_apart(struct compilation *c);
// Writes every --report. compared: the result of --compare; NULL: computed if a format shows it.
void write_reports(struct compilation *c, const struct comparison *compared);
// Writes all other requested files: C files, the dependency file, random weights, the curve of --pareto.
void write_outputs(struct compilation *c);

// Reports that the pools of c->program exceed the budget, by how much, and what would fit (E0401).
void report_shortfall(struct compilation *c);
