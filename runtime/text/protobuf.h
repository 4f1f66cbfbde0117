/* Messages of Protocol Buffers, read field by field: https://protobuf.dev/programming-guides/encoding */
#ifndef LRT_TEXT_PROTOBUF_H
#define LRT_TEXT_PROTOBUF_H
#include <stddef.h>
#include <stdint.h>

struct lrt_message {
    const char *at, *end;
};
struct lrt_field {
    uint32_t number;
    int is_bytes;   /* 1: bytes, length; 0: value */
    uint64_t value; /* a varint, or the bits of a fixed number */
    const char *bytes;
    size_t length;
};
/* 1: there is a field; 0: the end; -1: the message is damaged. */
int lrt_message_next(struct lrt_message *m, struct lrt_field *f);
float lrt_field_float(const struct lrt_field *f);
#endif
