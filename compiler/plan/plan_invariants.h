// Plan invariants: static checks of a plan. Offsets are aligned and inside the arena, buffers alive together do not
// overlap, and every value fits its buffer in bytes and time.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct graph;
struct plan;

// Returns false on an error and writes the first one to `text` (size bytes).
bool plan_check_invariants(const struct plan *p, char *text, size_t size);

// A position in buffer order (compiler/plan/plan.h), computed without the planner's code.
uint32_t plan_buffer_position(const struct graph *g, uint32_t at);
