// Place file: `--place FILE.csv`.
#pragma once
#include "compiler/cli/options.h"

struct sources;

// Solves the instance, prints peak, bound and time, writes the offsets where -o says. Mistakes, and a capacity that is
// too small, are reported.
void place_file(const struct options *o, struct arena *a, struct sources *sources, struct diagnostics *d);
