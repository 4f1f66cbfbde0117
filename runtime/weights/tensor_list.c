// tensor_list: see the header.
#include <stdlib.h>
#include <string.h>

#include "runtime/weights/tensor_list.h"

struct lrt_named_tensor *lrt_tensor_list_add(struct tensor_list *list, const char *name) {
    if (list->n == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 64;
        struct lrt_named_tensor *tensors = realloc(list->tensors, capacity * sizeof *tensors);
        if (!tensors) return NULL;
        list->tensors = tensors;
        list->capacity = capacity;
    }
    char *copy = strdup(name);
    if (!copy) return NULL;
    struct lrt_named_tensor *t = &list->tensors[list->n++];
    memset(t, 0, sizeof *t);
    t->name = copy;
    return t;
}

void lrt_tensor_list_free(struct tensor_list *list) {
    for (size_t i = 0; i < list->n; i++) free((void *)(uintptr_t)list->tensors[i].name);
    free(list->tensors);
    *list = (struct tensor_list){0};
}
