/* Tensor types: their names and the bytes of their rows. */
#include <string.h>

#include "runtime/formats/blocks.h"
#include <lorac/lrt.h>

static const struct {
    uint32_t type;
    const char *name;
    struct lrt_block block;
} types[] = {
#define FORMAT(TYPE, suffix, name, elements, bytes, scale, second, exponent, otherwise, file_type)                     \
    {LRT_##TYPE, name, {elements, bytes, {scale, second}, exponent, LRT_##otherwise, file_type}},
#include "runtime/formats/formats.def"
#undef FORMAT
};

struct lrt_block lrt_type_block(uint32_t type) {
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (types[i].type == type) return types[i].block;
    static const struct lrt_block none;
    return none;
}

const char *lrt_type_name(uint32_t type) {
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (types[i].type == type) return types[i].name;
    return NULL;
}

const char *lrt_type_names(void) {
    static const char names[] =
#define FORMAT(TYPE, suffix, name, ...) ", " name
#include "runtime/formats/formats.def"
#undef FORMAT
        ;
    return names + 2;
}

int lrt_type_named(const char *name, uint32_t *type) {
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(types[i].name, name) != 0) continue;
        *type = types[i].type;
        return 1;
    }
    return 0;
}

size_t lrt_row_bytes(uint32_t type, size_t n) {
    struct lrt_block b = lrt_type_block(type);
    if (b.elements == 0 || n % b.elements != 0 || n / b.elements > SIZE_MAX / b.bytes) return 0;
    return n / b.elements * b.bytes;
}
