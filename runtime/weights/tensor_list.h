// tensor_list: a growing list of tensors to be written; owns their names.
#pragma once
#include <lorac/lrt_files.h>

struct tensor_list {
    struct lrt_named_tensor *tensors;
    size_t n, capacity;
};
// A new, zeroed tensor with a copy of the name, valid until the next call; NULL when memory runs out.
struct lrt_named_tensor *lrt_tensor_list_add(struct tensor_list *list, const char *name);
void lrt_tensor_list_free(struct tensor_list *list);
