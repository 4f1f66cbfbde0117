/* A precompiled map: u32 bytes of a trie, the trie, then texts that each end with a NUL. The trie is Darts-clone's
 * double array of u32 units; its values are places in the texts. All places are checked when they are read. */
#include "runtime/text/charsmap.h"
#include "runtime/text/utf8.h"
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

struct lrt_charsmap {
    size_t units, bytes; /* of texts, the last NUL among them */
    const char *texts;
    char blob[];
};

static uint32_t read_u32(const char *p) {
    const unsigned char *b = (const unsigned char *)p;
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

int lrt_charsmap_open(struct lrt *c, const char *blob, size_t bytes, struct lrt_charsmap **out) {
    *out = NULL;
    const uint32_t trie = bytes >= 4 ? read_u32(blob) : 0;
    if (trie < 4 || trie % 4 || trie > bytes - 4 || trie + 4 == bytes || blob[bytes - 1] != 0 ||
        lrt_utf8_valid(blob + 4 + trie, bytes - 4 - trie) != bytes - 4 - trie)
        return lrt_fail(c, LRT_ERR_FILE, "tokenizer: the precompiled_charsmap of %zu bytes is damaged", bytes);
    struct lrt_charsmap *map = malloc(sizeof *map + bytes - 4);
    if (!map) return lrt_fail(c, LRT_ERR_MEMORY, "tokenizer: no memory for a map of %zu bytes", bytes);
    memcpy(map->blob, blob + 4, bytes - 4);
    map->units = trie / 4;
    map->texts = map->blob + trie;
    map->bytes = bytes - 4 - trie;
    *out = map;
    return LRT_OK;
}

void lrt_charsmap_free(struct lrt_charsmap *map) { free(map); }

/* A unit: bits 0-7 the label, bit 8 whether a value lies below, bit 9 the size of the step, bits 10-30 the step to the
 * children; bit 31 marks a value, which is in bits 0-30. */
static uint32_t unit_at(const struct lrt_charsmap *map, size_t at) {
    return at < map->units ? read_u32(map->blob + 4 * at) : 0;
}
static size_t step_of(uint32_t unit) { return (size_t)(unit >> 10) << ((unit & 1u << 9) >> 6); }

/* What a beginning of text becomes, NULL: no rule. *used: its bytes. shortest: the shortest that is known, else the
 * longest. */
static const char *find(const struct lrt_charsmap *map, const char *text, size_t bytes, int shortest, size_t *used) {
    const char *found = NULL;
    size_t at = step_of(unit_at(map, 0));
    for (size_t i = 0; i < bytes; i++) {
        const unsigned char label = (unsigned char)text[i];
        at ^= label;
        const uint32_t unit = unit_at(map, at);
        if ((unit & (1u << 31 | 0xFF)) != label || at >= map->units) break;
        at ^= step_of(unit);
        if (!(unit >> 8 & 1)) continue;
        const uint32_t value = unit_at(map, at) & ~(1u << 31);
        if (value >= map->bytes || ((unsigned char)map->texts[value] & 0xC0) == 0x80) break;
        found = map->texts + value;
        *used = i + 1;
        if (shortest) break;
    }
    return found;
}

static int apply_longest(struct lrt *c, const struct lrt_charsmap *map, const struct lrt_specials *kept,
                         const char *text, size_t bytes, struct lrt_text_buffer *to) {
    for (size_t at = 0, used; at < bytes; at += used) {
        const size_t stays = lrt_specials_begin(kept, text + at, bytes - at);
        const char *found = stays ? NULL : find(map, text + at, bytes - at, 0, &used);
        if (stays)
            used = stays;
        else if (!found)
            used = lrt_utf8_character(text + at, bytes - at, NULL);
        int status = found ? lrt_buffer_add(c, to, found, strlen(found)) : lrt_buffer_add(c, to, text + at, used);
        if (status) return status;
    }
    return LRT_OK;
}

/* Bytes of the cluster of characters that a reader takes for one. */
static size_t cluster(const char *text, size_t bytes) {
    uint32_t code, next;
    utf8proc_int32_t state = 0;
    size_t at = lrt_utf8_character(text, bytes, &code), length;
    while ((length = lrt_utf8_character(text + at, bytes - at, &next))) {
        if (utf8proc_grapheme_break_stateful((utf8proc_int32_t)code, (utf8proc_int32_t)next, &state)) break;
        code = next;
        at += length;
    }
    return at;
}

int lrt_charsmap_apply(struct lrt *c, const struct lrt_charsmap *map, const struct lrt_specials *kept, int by_clusters,
                       const char *text, size_t bytes, struct lrt_text_buffer *to) {
    if (!by_clusters) return apply_longest(c, map, kept, text, bytes, to);
    int status = LRT_OK;
    for (size_t at = 0, used; at < bytes && !status;) {
        const size_t end = at + cluster(text + at, bytes - at);
        const char *whole = end - at < 6 ? find(map, text + at, end - at, 1, &used) : NULL;
        if (whole) status = lrt_buffer_add(c, to, whole, strlen(whole));
        for (size_t length; !whole && at < end && !status; at += length) {
            length = lrt_utf8_character(text + at, end - at, NULL);
            const char *found = find(map, text + at, length, 1, &used);
            status = found ? lrt_buffer_add(c, to, found, strlen(found)) : lrt_buffer_add(c, to, text + at, length);
        }
        at = end;
    }
    return status;
}
