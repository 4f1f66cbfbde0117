// Instance: a placement problem as a CSV file. The header names the columns id, lower, upper, size in any order; each
// line is a buffer, alive in [lower, upper). Equal numbers mean that it never lives, as in reports of plans. A column
// `offset` (of a solution) is ignored.
#pragma once
#include "compiler/plan/place.h"

struct text;

struct instance {
    const char **ids; // [n]
    struct place_buffer *buffers;
    size_t n, c_ids, c_buffers;
};

// Parses a file's text. On an error it returns false, adds the mistake and its cure to `problem`, and sets *line (from
// 1).
bool instance_read(struct instance *i, struct arena *a, const char *bytes, size_t length, struct text *problem,
                   uint32_t *line);
// Returns the number in a name NAME.CAPACITY.csv; -1: it has none.
int64_t instance_capacity(const char *path);
// Writes id,lower,upper,size,offset in the order of the file.
void instance_write(const struct instance *i, struct text *out);
