// Number: text becomes a number in the same way under every locale ('.' is the decimal point).
#pragma once
#include <stdbool.h>

// The whole string must be a decimal number, as in "12", "0.5", "1e-5"; a sign is allowed. False: it is not, or too
// large.
bool number_read(const char *string, double *value);
