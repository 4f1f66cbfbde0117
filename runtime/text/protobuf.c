/* Fields of a message: a key, which is a number and a form, and what follows in that form. Nothing is read behind the
 * end.
 */
#include "runtime/text/protobuf.h"
#include <string.h>

static int read_varint(struct lrt_message *m, uint64_t *value) {
    *value = 0;
    for (unsigned shift = 0; shift < 70 && m->at < m->end; shift += 7) {
        const unsigned char byte = (unsigned char)*m->at++;
        if (shift == 63 && byte > 1) return 0;
        *value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) return 1;
    }
    return 0;
}

static int read_fixed(struct lrt_message *m, size_t bytes, uint64_t *value) {
    if ((size_t)(m->end - m->at) < bytes) return 0;
    *value = 0;
    for (size_t i = 0; i < bytes; i++) *value |= (uint64_t)(unsigned char)*m->at++ << (8 * i);
    return 1;
}

static int read_bytes(struct lrt_message *m, struct lrt_field *f) {
    uint64_t length;
    if (!read_varint(m, &length) || length > (uint64_t)(m->end - m->at)) return 0;
    f->is_bytes = 1;
    f->bytes = m->at;
    f->length = (size_t)length;
    m->at += length;
    return 1;
}

int lrt_message_next(struct lrt_message *m, struct lrt_field *f) {
    uint64_t key;
    int good = 0;
    memset(f, 0, sizeof *f);
    if (m->at == m->end) return 0;
    if (!read_varint(m, &key) || key >> 3 == 0 || key >> 3 > UINT32_MAX) return -1;
    f->number = (uint32_t)(key >> 3);
    switch (key & 7) {
    case 0: good = read_varint(m, &f->value); break;
    case 1: good = read_fixed(m, 8, &f->value); break;
    case 2: good = read_bytes(m, f); break;
    case 5: good = read_fixed(m, 4, &f->value); break;
    default: break; /* groups are no more */
    }
    return good ? 1 : -1;
}

float lrt_field_float(const struct lrt_field *f) {
    const uint32_t bits = (uint32_t)f->value;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}
