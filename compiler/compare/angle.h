// Angle: the angle between two gradients.
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "compiler/report/report.h"

struct angle {
    double cosine, norm; // norm: that of the first over that of the second
    double numbers;      // count of the numbers compared
};

// Compares two files that trainers wrote with --dump-grads. Tensors that are all zero in the first belong to another
// shard and are left out. False: `why` names the file and its error.
bool angle_between(const char *first, const char *second, struct angle *out, char *why, size_t why_bytes);

// The mean of n samples and its standard error, 0 for one sample.
struct report_mean mean_of(const double *samples, size_t n);
