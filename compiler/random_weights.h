// Random weights: a file of the model's shapes, so that memory and speed can be tried without its weights.
#pragma once
#include "compiler/compilation.h"

// type: "q4_0", ...; NULL: f32. False after a message; c->status says what of it ends with.
bool write_random_weights(struct compilation *c, const char *path, const char *type);
