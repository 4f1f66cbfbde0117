// Claims: what a plan states of itself, without running anything: places inside the arena and aligned, nothing alive
// together at one place, every value inside its buffer in room and in time.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct graph;
struct plan;

// Writes the first objection to `text` (size bytes) and returns false.
bool plan_check_claims(const struct plan *p, char *text, size_t size);

// A step in the order in which buffers live (compiler/plan/plan.h), worked out apart from the planner.
uint32_t claims_order(const struct graph *g, uint32_t step);
