/* Ids on their way to the sink, and what becomes of text without a token. */
#include "runtime/text/encode.h"

static int flush_ids(struct lrt_encoding *e) {
    const size_t n = e->count;
    e->count = 0;
    return n ? e->sink(e->arg, e->ids, n) : LRT_OK;
}

static int put_id(struct lrt_encoding *e, int32_t id) {
    e->last = id;
    e->ids[e->count++] = id;
    return e->count == sizeof e->ids / sizeof *e->ids ? flush_ids(e) : LRT_OK;
}

int lrt_emit(struct lrt_encoding *e, int32_t id) {
    const int32_t due = e->due;
    e->after_unknown = 0;
    e->due = -1;
    int status = due < 0 || due == id ? LRT_OK : put_id(e, due);
    return status ? status : put_id(e, id);
}

int lrt_emit_end(struct lrt_encoding *e, int32_t eos) {
    int status = e->due >= 0 ? lrt_emit(e, e->due) : LRT_OK;
    if (!status && eos >= 0 && e->last != eos) status = put_id(e, eos);
    return status ? status : flush_ids(e);
}

static int has_all_bytes(const struct lrt_tokenizer *t, const char *text, size_t bytes) {
    for (size_t i = 0; i < bytes; i++)
        if (t->byte_ids[(unsigned char)text[i]] < 0) return 0;
    return t->byte_level || t->byte_fallback;
}

int lrt_emit_fallback(struct lrt_encoding *e, const char *text, size_t bytes) {
    const struct lrt_tokenizer *t = e->t;
    int status = LRT_OK;
    if (has_all_bytes(t, text, bytes)) {
        for (size_t i = 0; i < bytes && !status; i++) status = lrt_emit(e, t->byte_ids[(unsigned char)text[i]]);
        return status;
    }
    if (t->info.unknown < 0)
        return lrt_fail(e->c, LRT_ERR_FILE, "tokenizer: it has no token for the byte 0x%02x and none for unknown text",
                        (unsigned char)*text);
    if (!e->after_unknown || !t->fuse_unknown) status = lrt_emit(e, t->info.unknown);
    e->after_unknown = 1;
    return status;
}
