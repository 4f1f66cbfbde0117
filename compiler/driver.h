// Driver: one compilation from the command line's options to written files.
#pragma once
#include "compiler/options.h"

// Returns the exit code. Messages go to stderr.
int driver_run(const struct options *o, struct arena *a);
