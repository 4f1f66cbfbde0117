// weight_names: names of tensors in files.
#pragma once
#include <stdbool.h>

#include <lorac/lrt_files.h>

enum { WEIGHT_NAME_BYTES = 512 };

// Replaces every "{i}" by the instance. Returns the full length; the result is cut when >= size.
size_t lrt_name_expand(char *name, size_t size, const char *pattern, int64_t instance);
// Edit distance, about 2 to 3 a letter, for naming the nearest.
size_t lrt_name_distance(const char *a, const char *b);
// GPT-2's Conv1D keeps its matrices as [in, out] in safetensors.
bool lrt_name_is_conv1d(const char *name);
bool lrt_name_ends(const char *name, const char *end);
