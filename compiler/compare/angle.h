// Angle: how a gradient lies beside another one.
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "compiler/report/report.h"

struct angle {
    double cosine, norm; // norm: of the first over the second's
    double numbers;      // that were compared
};

// Of two files that trainers wrote by --dump-grads. Tensors of the first that are zero throughout are not part of it
// (of another shard): they are left out of both. False: `why` says what is wrong with which file.
bool angle_between(const char *first, const char *second, struct angle *out, char *why, size_t why_bytes);

// The mean of n samples and its standard error, 0 of a single one.
struct report_mean mean_of(const double *samples, size_t n);
