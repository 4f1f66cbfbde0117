// gguf_write: header, metadata and tensor list first, for which all sizes are known, then the rows of one tensor after
// another.
#include <stdlib.h>
#include <string.h>

#include "runtime/weights/gguf_write.h"
#include "runtime/weights/tensor_rows.h"

enum { VERSION = 3, ALIGNMENT = 32, STRING = 8, ARRAY = 9 };

static void put_string(struct file_output *o, const char *bytes, size_t length) {
    lrt_output_u64(o, length);
    lrt_output_write(o, bytes, length);
}

static bool is_alignment(const struct gguf_entry *e) {
    static const char key[] = "general.alignment";
    return e->key_length == sizeof key - 1 && memcmp(e->key, key, sizeof key - 1) == 0;
}

static void put_entry(struct file_output *o, const struct gguf_entry *e) {
    put_string(o, e->key, e->key_length);
    lrt_output_u32(o, e->type);
    if (e->type == ARRAY) lrt_output_u32(o, e->element_type);
    if (e->type == ARRAY || e->type == STRING) lrt_output_u64(o, e->count);
    lrt_output_write(o, e->data, e->bytes);
}

static void pad(struct file_output *o) { lrt_output_zeros(o, (size_t)(-o->position % ALIGNMENT)); }

static int put_header(struct file_output *o, const struct gguf_entry *entries, size_t n_entries,
                      const struct lrt_named_tensor *tensors, size_t n_tensors, bool generated, const char *path,
                      struct lrt_report *report) {
    size_t kept = 0;
    for (size_t i = 0; i < n_entries; i++) kept += !is_alignment(&entries[i]);
    lrt_output_write(o, "GGUF", 4);
    lrt_output_u32(o, VERSION);
    lrt_output_u64(o, n_tensors);
    lrt_output_u64(o, kept);
    for (size_t i = 0; i < n_entries; i++)
        if (!is_alignment(&entries[i])) put_entry(o, &entries[i]);
    uint64_t offset = 0;
    for (size_t i = 0; i < n_tensors; i++) {
        const struct lrt_named_tensor *t = &tensors[i];
        uint64_t bytes = 0;
        bool sized = generated ? lrt_file_tensor_bytes(t->type, t->shape, t->rank, &bytes)
                               : (bytes = lrt_rows_bytes(t, path, report)) > 0;
        if (!sized || bytes == 0) {
            if (generated)
                lrt_file_fail(report, LRT_ERR_ARGUMENT, "%s: tensor %s cannot be written as %s", path, t->name,
                              lrt_file_type_name(t->type));
            return LRT_ERR_ARGUMENT;
        }
        put_string(o, t->name, strlen(t->name));
        lrt_output_u32(o, (uint32_t)t->rank);
        for (int d = t->rank; d-- > 0;) lrt_output_u64(o, (uint64_t)t->shape[d]);
        lrt_output_u32(o, t->type);
        lrt_output_u64(o, offset);
        offset += (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }
    pad(o);
    return LRT_OK;
}

static int make_rows(struct file_output *o, const struct lrt_named_tensor *t, size_t index, gguf_row_maker *generator,
                     void *arg, struct lrt_report *report) {
    int64_t columns = t->shape[t->rank - 1], rows = 1;
    for (int i = 0; i < t->rank - 1; i++) rows *= t->shape[i];
    size_t bytes = lrt_row_bytes(t->type, (size_t)columns);
    float *values = malloc((size_t)columns * sizeof *values);
    uint8_t *row = malloc(bytes);
    int status =
        values && row ? LRT_OK : lrt_file_fail(report, LRT_ERR_MEMORY, "tensor %s: out of memory for a row", t->name);
    for (int64_t r = 0; r < rows && !status && !o->error; r++) {
        generator(arg, index, r, values, columns);
        lrt_quantise(row, values, t->type, columns);
        lrt_output_write(o, row, bytes);
    }
    free(values);
    free(row);
    return status;
}

int lrt_gguf_write(const char *path, const struct gguf_entry *entries, size_t n_entries,
                   const struct lrt_named_tensor *tensors, size_t n_tensors, gguf_row_maker *generator, void *arg,
                   struct lrt_report *report) {
    struct file_output o;
    int status = lrt_output_open(&o, path, report);
    if (status) return status;
    status = put_header(&o, entries, n_entries, tensors, n_tensors, generator != NULL, path, report);
    for (size_t i = 0; i < n_tensors && !status; i++) {
        status =
            generator ? make_rows(&o, &tensors[i], i, generator, arg, report) : lrt_rows_write(&o, &tensors[i], report);
        pad(&o);
    }
    return lrt_output_close(&o, status, report);
}
