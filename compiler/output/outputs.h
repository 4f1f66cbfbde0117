// Outputs: what a compilation leaves behind. Mistakes go to the compilation's diagnostics.
#pragma once
#include "compiler/compare/compare.h"
#include "compiler/compilation/compilation.h"

// Whether every --report ends like a form there is; false after a report.
bool report_names_are_good(const struct options *o, struct diagnostics *d);
// Tries whether the reports could be written, before what takes long; false after a report.
bool reports_may_be_written(struct compilation *c);
// Every --report; compared: what --compare made; NULL: made where a form tells of it.
void write_reports(struct compilation *c, const struct comparison *compared);
// Everything else that is asked for: the C files, the dependency file, random weights, the curve of --pareto.
void write_outputs(struct compilation *c);

// Reports that the pools of c->program do not fit the budget: by how much, and what would (E0401).
void tell_shortfall(struct compilation *c);
