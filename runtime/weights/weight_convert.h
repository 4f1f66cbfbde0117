// weight_convert: copies of tensors whose bytes differ from what kernels read. The file owns them.
#pragma once
#include "runtime/weights/weight_file.h"

int lrt_convert_align(struct lrt_weight_file *file, const struct lrt_file_tensor *t, struct lrt_tensor *slot,
                      struct lrt_report *report);
// [in, out] becomes [out, in]; F32, F16 or BF16.
int lrt_convert_transpose(struct lrt_weight_file *file, const struct lrt_file_tensor *t, struct lrt_tensor *slot,
                          struct lrt_report *report);
// F32 values with `shift` added.
int lrt_convert_shift(struct lrt_weight_file *file, const struct lrt_file_tensor *t, float shift,
                      struct lrt_tensor *slot, struct lrt_report *report);
