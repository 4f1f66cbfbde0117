// tensor_rows: see the header. Whatever the types, it needs memory for one row of floats and one row of the result.
#include <stdlib.h>
#include <string.h>

#include "runtime/weights/tensor_rows.h"

// The table of lrt.h knows the types that kernels read; a context without threads is enough to convert them.
static bool start_converter(struct lrt *c) { return lrt_start(c, 1, NULL, NULL, 0) == LRT_OK; }

int lrt_file_tensor_floats(const struct lrt_file_tensor *t, float *y, int64_t elements) {
    struct lrt c;
    int64_t n = 1;
    if (!lrt_file_type_usable(t->type) || t->rank > 4) return 0; // the sizes of others may be anything
    for (int i = 0; i < t->rank; i++) n *= t->shape[i];
    if (n != elements) return 0;
    if (t->type == LRT_F32) {
        if (n) memcpy(y, t->data, (size_t)n * sizeof *y); // also where the file does not align it
        return 1;
    }
    if (!start_converter(&c)) return 0;
    int64_t row = t->rank ? t->shape[t->rank - 1] : 1;
    size_t bytes = lrt_row_bytes(t->type, (size_t)row);
    for (int64_t first = 0, i = 0; first < n; first += row, i++)
        lrt_dequantise(&c, y + first, (const uint8_t *)t->data + (size_t)i * bytes, t->type, 0, row);
    lrt_stop(&c);
    return 1;
}

int64_t lrt_rope_source_row(int64_t row, int64_t head, int order) {
    if (order == LRT_ROPE_KEEP) return row;
    int64_t first = row / head * head, r = row % head, half = head / 2;
    if (order == LRT_ROPE_TO_HF) return first + 2 * (r % half) + r / half; // r = s * half + j lies at 2j + s
    return first + r % 2 * half + r / 2;                                   // r = 2j + s lies at s * half + j
}

static int64_t rows_of(const struct lrt_named_tensor *t, int64_t *columns) {
    bool by_element = t->rank == 1 && t->rope_order; // a bias: every element is a row
    *columns = t->rank == 0 || by_element ? 1 : t->shape[t->rank - 1];
    int64_t rows = 1;
    for (int i = 0; i < t->rank - !by_element; i++) rows *= t->shape[i];
    return rows;
}

static bool reorder_fits(const struct lrt_named_tensor *t) {
    size_t block, bytes;
    if (!t->rope_order) return true;
    if (t->rope_head < 2 || t->rope_head % 2 || t->rank < 1 || t->shape[0] % t->rope_head || t->transposed)
        return false;
    if (t->rank > 1) return true;
    return lrt_file_type_block(t->type, &block, &bytes) && block == 1 &&
           lrt_file_type_block(t->source.type, &block, &bytes) && block == 1;
}

uint64_t lrt_rows_bytes(const struct lrt_named_tensor *t, const char *path, struct lrt_report *report) {
    uint64_t bytes = 0, source = 0;
    int64_t transposed[2] = {t->shape[1], t->shape[0]};
    bool convertible = lrt_file_type_usable(t->type) && lrt_file_type_usable(t->source.type);
    bool converted = t->type != t->source.type || t->shift != 0 || t->transposed;
    if (!t->source.data || !lrt_file_tensor_bytes(t->type, t->shape, t->rank, &bytes) ||
        !lrt_file_tensor_bytes(t->source.type, t->transposed ? transposed : t->shape, t->rank, &source) ||
        (converted && !convertible) || (t->transposed && t->rank != 2) || !reorder_fits(t)) {
        lrt_file_fail(report, LRT_ERR_ARGUMENT, "%s: tensor %s cannot be written as %s from %s", path, t->name,
                      lrt_file_type_name(t->type), lrt_file_type_name(t->source.type));
        return 0;
    }
    return bytes;
}

// The source [b, a] as floats, transposed to [a, b] in one piece.
static float *transpose(const struct lrt_named_tensor *t) {
    size_t a = (size_t)t->shape[0], b = (size_t)t->shape[1], bytes = lrt_row_bytes(t->source.type, a);
    float *transposed = malloc((a * b + a) * sizeof *transposed);
    struct lrt c;
    if (!transposed || !start_converter(&c)) {
        free(transposed);
        return NULL;
    }
    float *row = transposed + a * b;
    for (size_t i = 0; i < b; i++) {
        lrt_dequantise(&c, row, (const uint8_t *)t->source.data + i * bytes, t->source.type, 0, (int64_t)a);
        for (size_t j = 0; j < a; j++) transposed[j * b + i] = row[j];
    }
    lrt_stop(&c);
    return transposed;
}

static bool convert_rows(struct file_output *o, const struct lrt_named_tensor *t, int64_t rows, int64_t columns,
                         uint8_t *row, float *values) {
    struct lrt c;
    if (!start_converter(&c)) return false;
    size_t from = lrt_row_bytes(t->source.type, (size_t)columns), to = lrt_row_bytes(t->type, (size_t)columns);
    for (int64_t i = 0; i < rows; i++) {
        int64_t at = lrt_rope_source_row(i, t->rope_head, t->rope_order);
        lrt_dequantise(&c, values, (const uint8_t *)t->source.data + (size_t)at * from, t->source.type, 0, columns);
        for (int64_t j = 0; t->shift != 0 && j < columns; j++) values[j] += t->shift;
        lrt_quantise(row, values, t->type, columns);
        lrt_output_write(o, row, to);
    }
    lrt_stop(&c);
    return true;
}

int lrt_rows_write(struct file_output *o, const struct lrt_named_tensor *t, struct lrt_report *report) {
    int64_t columns, rows = rows_of(t, &columns);
    uint64_t row_bytes = 0;
    if (t->transposed) {
        float *transposed = transpose(t);
        if (!transposed)
            return lrt_file_fail(report, LRT_ERR_MEMORY, "tensor %s: out of memory for its transpose", t->name);
        struct lrt_named_tensor plain = *t;
        plain.source = lrt_floats(transposed);
        plain.transposed = 0;
        int status = lrt_rows_write(o, &plain, report);
        free(transposed);
        return status;
    }
    if (rows == 0 || columns == 0) return LRT_OK;
    if (!lrt_file_tensor_bytes(t->type, &columns, 1, &row_bytes))
        return lrt_file_fail(report, LRT_ERR_ARGUMENT, "tensor %s: its rows do not fill blocks of %s", t->name,
                             lrt_file_type_name(t->type));
    if (t->type == t->source.type && t->shift == 0) {
        for (int64_t i = 0; i < rows; i++)
            lrt_output_write(o,
                             (const uint8_t *)t->source.data +
                                 (size_t)lrt_rope_source_row(i, t->rope_head, t->rope_order) * row_bytes,
                             (size_t)row_bytes);
        return LRT_OK;
    }
    uint8_t *row = malloc((size_t)row_bytes);
    float *values = malloc((size_t)columns * sizeof *values);
    bool ok = row && values && convert_rows(o, t, rows, columns, row, values);
    free(row);
    free(values);
    return ok ? LRT_OK : lrt_file_fail(report, LRT_ERR_MEMORY, "tensor %s: out of memory for a row", t->name);
}
