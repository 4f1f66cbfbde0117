// Gradient: the table of methods.
#include "compiler/ad/gradient.h"

#include <stddef.h>
#include <string.h>

static const struct gradient *const table[] = {
#define GRADIENT(name) &gradient_##name,
#include "compiler/ad/gradients.def"
#undef GRADIENT
};

const char *const gradient_names[] = {
#define GRADIENT(name) #name,
#include "compiler/ad/gradients.def"
#undef GRADIENT
    NULL,
};

const struct gradient *gradient_find(const char *name) {
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(table[i]->name, name) == 0) return table[i];
    return NULL;
}
