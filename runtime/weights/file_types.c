// file_types: names and block sizes of the element types that occur in files. Types that no kernel reads are included,
// so that the bounds of every tensor can be checked. Sizes: the block table of the GGUF specification.
#include "runtime/weights/weight_file.h"

#include "runtime/formats/blocks.h"

struct file_type {
    uint32_t type;
    const char *name;
    uint16_t elements, bytes;
};

static const struct file_type file_types[] = {
#define FORMAT(TYPE, suffix, name, elements, bytes, ...) {LRT_##TYPE, name, elements, bytes},
#include "runtime/formats/formats.def"
#undef FORMAT
    {9, "q8_1", 32, 40},      {15, "q8_K", 256, 292}, {16, "iq2_xxs", 256, 66}, {17, "iq2_xs", 256, 74},
    {18, "iq3_xxs", 256, 98}, {19, "iq1_s", 256, 50}, {21, "iq3_s", 256, 110},  {22, "iq2_s", 256, 82},
    {LRT_I8, "i8", 1, 1},     {LRT_I16, "i16", 1, 2}, {LRT_I32, "i32", 1, 4},   {LRT_I64, "i64", 1, 8},
    {LRT_F64, "f64", 1, 8},   {29, "iq1_m", 256, 56}, {34, "tq1_0", 256, 54},
};

static const struct file_type *find_type(uint32_t type) {
    for (size_t i = 0; i < sizeof file_types / sizeof file_types[0]; i++)
        if (file_types[i].type == type) return &file_types[i];
    return NULL;
}

bool lrt_file_type_block(uint32_t type, size_t *elements, size_t *bytes) {
    const struct file_type *t = find_type(type);
    if (!t) return false;
    *elements = t->elements;
    *bytes = t->bytes;
    return true;
}

const char *lrt_file_type_name(uint32_t type) {
    const struct file_type *t = find_type(type);
    return t ? t->name : "unknown";
}

bool lrt_file_type_usable(uint32_t type) { return lrt_type_block(type).elements > 0; }

bool lrt_file_tensor_bytes(uint32_t type, const int64_t *shape, int rank, uint64_t *bytes) {
    size_t block, block_bytes;
    if (!lrt_file_type_block(type, &block, &block_bytes)) return false;
    uint64_t total = block_bytes;
    for (int i = 0; i < rank; i++) {
        if (shape[i] < 0) return false;
        uint64_t n = (uint64_t)shape[i];
        if (i == rank - 1) {
            if (n % block) return false;
            n /= block;
        }
        if (__builtin_mul_overflow(total, n, &total)) return false;
    }
    if (rank == 0 && block != 1) return false;
    *bytes = total;
    return true;
}
