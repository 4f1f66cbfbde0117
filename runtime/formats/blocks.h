/* Blocks: layout of the element types, as GGUF stores them. All numbers little-endian, at any address. */
#ifndef LRT_BLOCKS_H
#define LRT_BLOCKS_H
#include <stddef.h>
#include <stdint.h>

struct lrt_block {
    size_t elements, bytes; /* of one block; 0 when the type is unknown */
};
struct lrt_block lrt_type_block(uint32_t type);

enum { LRT_UNPACKED = 32 }; /* elements that one step of a dequantiser gives: a block, or an eighth of a K block */
#endif
