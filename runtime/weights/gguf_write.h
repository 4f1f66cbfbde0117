// gguf_write: metadata entries and tensors become a GGUF file.
#pragma once
#include "runtime/weights/weight_file.h"

// Values of a row that no tensor in memory holds: row `row` [columns] of tensor `tensor`.
typedef void gguf_row_maker(void *arg, size_t tensor, int64_t row, float *values, int64_t columns);

// generator NULL: the tensors' sources are written. Entries keep their bytes, except general.alignment: it is left out,
// and the file has the default of 32.
int lrt_gguf_write(const char *path, const struct gguf_entry *entries, size_t n_entries,
                   const struct lrt_named_tensor *tensors, size_t n_tensors, gguf_row_maker *generator, void *arg,
                   struct lrt_report *report);
