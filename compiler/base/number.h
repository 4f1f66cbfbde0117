// Number: text becomes a number in the same way under every locale ('.' is the decimal point).
#pragma once
#include <stdbool.h>
#include <stdint.h>

// The whole string must be a decimal number, as in "12", "0.5", "1e-5"; a sign is allowed. False: it is not, or too
// large.
bool number_read(const char *string, double *value);

// Bytes of a unit: "B" "KiB" "MiB" "GiB" "kB" "MB" "GB"; 0: no such unit.
uint64_t number_unit(const char *unit);
