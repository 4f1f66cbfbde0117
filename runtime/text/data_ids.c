/* The stream of ids: each is four bytes, little-endian, in a .tok file as in the temporary one. */
#include "runtime/text/data_rows.h"
#include <string.h>

int32_t lrt_data_id(const struct lrt_data *d, int64_t index) {
    const unsigned char *b = (const unsigned char *)d->ids.data + 4 * index;
    const uint32_t value = (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
    int32_t id;
    memcpy(&id, &value, sizeof id);
    return id;
}

int lrt_data_write_ids(struct lrt_data_writer *w, const int32_t *ids, size_t n) {
    unsigned char bytes[4 * 256];
    for (size_t done = 0; done < n;) {
        const size_t count = n - done < 256 ? n - done : 256;
        for (size_t i = 0; i < count; i++) {
            const uint32_t value = (uint32_t)ids[done + i];
            for (size_t k = 0; k < 4; k++) bytes[4 * i + k] = (unsigned char)(value >> 8 * k);
        }
        int status = lrt_spool_write(w->c, &w->ids, bytes, 4 * count);
        if (status) return status;
        done += count;
    }
    w->written += (int64_t)n;
    return LRT_OK;
}
