// Claims: what a plan states of itself, without running anything: places inside the arena and aligned, nothing alive
// together at one place, every value inside its buffer in room and in time.
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct plan;

// Writes the first objection to `text` (size bytes) and returns false.
bool plan_check_claims(const struct plan *p, char *text, size_t size);
