/* Memory that is freed at once, with a limit. */
#ifndef LRT_TEMPLATE_ARENA_H
#define LRT_TEMPLATE_ARENA_H
#include <stddef.h>

struct template_arena {
    struct template_block *blocks;
    size_t used, taken, limit; /* bytes: of the newest block, of all, at most */
    int refused;               /* 1: the system had none, though the limit was not reached */
};
void *lrt_template_take(struct template_arena *a, size_t bytes); /* aligned to 16; NULL: none is left */
/* Makes an array of `count` elements hold one more. 0: no memory. */
int lrt_template_make_room(struct template_arena *a, void *array, size_t count, size_t *capacity, size_t element_bytes);
void lrt_template_release(struct template_arena *a);
#endif
