// Place file: `--place FILE.csv`.
#pragma once
#include "compiler/cli/options.h"

// Solves the instance, prints peak, bound and time, writes the offsets where -o says. Returns the exit status.
int place_file(const struct options *o, struct arena *a);
