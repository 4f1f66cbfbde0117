// Driver: one call of lorac from the command line to written files.
#pragma once

struct arena;

// Returns the exit code. Messages go to stderr.
int driver_run(struct arena *a, int argc, char **argv);
