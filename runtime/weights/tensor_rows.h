// tensor_rows: tensors of any type as rows of floats, and rows on their way into a file, one at a time.
#pragma once
#include "runtime/weights/file_output.h"
#include "runtime/weights/weight_file.h"

// The rows of `t` go to the output in its order and type. False: the output has failed, or a type cannot be converted
// (then the report says so).
int lrt_rows_write(struct file_output *o, const struct lrt_named_tensor *t, struct lrt_report *report);
// Bytes that rows_write will write; 0 and a report when the tensor is not sound.
uint64_t lrt_rows_bytes(const struct lrt_named_tensor *t, const char *path, struct lrt_report *report);
