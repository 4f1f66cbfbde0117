// Random: a fixed sequence of numbers from a state, the same everywhere.
#pragma once
#include <stdint.h>

uint64_t random_next(uint64_t *state); // xorshift64*; a state of 0 stays 0
