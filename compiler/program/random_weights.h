// Random weights: a weights file with the model's shapes, to try memory and speed without real weights.
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct arena;
struct diagnostics;
struct program;

// type: "q4_0", ...; NULL: f32. Returns false after a report.
bool write_random_weights(const struct program *p, struct arena *a, const char *path, const char *type, uint64_t seed,
                          struct diagnostics *d);
