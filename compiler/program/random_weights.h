// Random weights: a file of the model's shapes, so that memory and speed can be tried without its weights.
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct arena;
struct diagnostics;
struct program;

// type: "q4_0", ...; NULL: f32. False after a report.
bool write_random_weights(const struct program *p, struct arena *a, const char *path, const char *type, uint64_t seed,
                          struct diagnostics *d);
