// Instance: a placement problem as a CSV file: a header that names the columns id, lower, upper, size in any order, a
// buffer a line, alive in [lower, upper): at no step when both are the same, as in reports of plans. A column `offset`
// (of a solution) is passed over.
#pragma once
#include "compiler/plan/place.h"

struct text;

struct instance {
    const char **ids; // [n]
    struct place_buffer *buffers;
    size_t n, c_ids, c_buffers;
};

// Reads the text of a file. False after adding to `problem` what is wrong and the cure; *line: where, from 1.
bool instance_read(struct instance *i, struct arena *a, const char *bytes, size_t length, struct text *problem,
                   uint32_t *line);
// NAME.CAPACITY.csv: the number in the name; -1: there is none.
int64_t instance_capacity(const char *path);
// id,lower,upper,size,offset in the order of the file.
void instance_write(const struct instance *i, struct text *out);
