/* Tensor types: their names and the bytes of their rows. */
#include "runtime/formats/blocks.h"
#include <lorac/lrt.h>

static const struct {
    uint32_t type;
    const char *name;
    struct lrt_block block;
} types[] = {
    {LRT_F32, "f32", {1, 4}},       {LRT_F16, "f16", {1, 2}},       {LRT_BF16, "bf16", {1, 2}},
    {LRT_Q8_0, "q8_0", {32, 34}},   {LRT_Q4_0, "q4_0", {32, 18}},   {LRT_Q4_1, "q4_1", {32, 20}},
    {LRT_Q4_K, "q4_K", {256, 144}}, {LRT_Q6_K, "q6_K", {256, 210}},
};

struct lrt_block lrt_type_block(uint32_t type) {
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (types[i].type == type) return types[i].block;
    struct lrt_block none = {0, 0};
    return none;
}

const char *lrt_type_name(uint32_t type) {
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (types[i].type == type) return types[i].name;
    return NULL;
}

size_t lrt_row_bytes(uint32_t type, size_t n) {
    struct lrt_block b = lrt_type_block(type);
    if (b.elements == 0 || n % b.elements != 0 || n / b.elements > SIZE_MAX / b.bytes) return 0;
    return n / b.elements * b.bytes;
}
