/* Memory that is freed at once: blocks that double in size, up to a limit. */
#include "runtime/template/template_arena.h"
#include <stdlib.h>
#include <string.h>

struct template_block {
    struct template_block *older;
    size_t bytes;
    _Alignas(16) char memory[];
};

void *lrt_template_take(struct template_arena *a, size_t bytes) {
    if (bytes > a->limit) return NULL;
    const size_t needed = (bytes + 15) & ~(size_t)15;
    if (!a->blocks || needed > a->blocks->bytes - a->used) {
        size_t size = a->blocks ? 2 * a->blocks->bytes : (size_t)1 << 14;
        if (size > (size_t)1 << 22) size = (size_t)1 << 22;
        if (size < needed) size = needed;
        if (size > a->limit - a->taken) return NULL;
        struct template_block *block = malloc(sizeof *block + size);
        a->refused = a->refused || !block;
        if (!block) return NULL;
        block->older = a->blocks;
        block->bytes = size;
        a->blocks = block;
        a->taken += size;
        a->used = 0;
    }
    void *memory = a->blocks->memory + a->used;
    a->used += needed;
    return memory;
}

int lrt_template_make_room(struct template_arena *a, void *array, size_t count, size_t *capacity,
                           size_t element_bytes) {
    if (count < *capacity) return 1;
    const size_t wanted = *capacity ? 2 * *capacity : 16;
    void *grown = lrt_template_take(a, wanted * element_bytes);
    if (!grown) return 0;
    void *old;
    memcpy(&old, array, sizeof old);
    if (count) memcpy(grown, old, count * element_bytes);
    memcpy(array, &grown, sizeof grown);
    *capacity = wanted;
    return 1;
}

void lrt_template_release(struct template_arena *a) {
    while (a->blocks) {
        struct template_block *older = a->blocks->older;
        free(a->blocks);
        a->blocks = older;
    }
    a->used = a->taken = 0;
}
