/* Blocks: layout of the element types, as GGUF stores them. All numbers little-endian, at any address. The types are
 * the rows of formats.def. */
#ifndef LRT_BLOCKS_H
#define LRT_BLOCKS_H
#include <stddef.h>
#include <stdint.h>

struct lrt_block {
    size_t elements, bytes; /* of one block; 0 when the type is unknown */
    int scales[2];          /* where half floats are that scale the block or are added to it; -1: nowhere */
    int exponent;           /* where a byte is its power of two, plus 128; -1: nowhere */
    uint32_t otherwise;     /* the type of rows that do not fill such blocks */
    int file_type;          /* llama.cpp's number of files that are mostly of this type */
};
struct lrt_block lrt_type_block(uint32_t type);

enum { LRT_UNPACKED = 32 }; /* elements that one step of a dequantiser gives: a block, or an eighth of a K block */
#endif
