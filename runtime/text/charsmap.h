/* SentencePiece's precompiled map of characters (its rules nmt_nfkc and others). */
#ifndef LRT_TEXT_CHARSMAP_H
#define LRT_TEXT_CHARSMAP_H
#include "runtime/text/normalize.h"

struct lrt_charsmap;
/* Copies the blob. NULL in *map on an error. */
int lrt_charsmap_open(struct lrt *c, const char *blob, size_t bytes, struct lrt_charsmap **map);
void lrt_charsmap_free(struct lrt_charsmap *map); /* NULL is fine */
/* kept: texts that stay. by_clusters: as Hugging Face applies it, to a whole cluster of less than 6 bytes or to its
 * characters; else as SentencePiece does, to the longest text that the map knows. */
int lrt_charsmap_apply(struct lrt *c, const struct lrt_charsmap *map, const struct lrt_specials *kept, int by_clusters,
                       const char *text, size_t bytes, struct lrt_text_buffer *to);
#endif
