// safetensors_write: named tensors become a safetensors file. Larger elements come first, so that with a header of
// whole 8 bytes every tensor is aligned to its element. The header is written without a tree in memory.
#include <stdlib.h>
#include <string.h>

#include "runtime/weights/json_writer.h"
#include "runtime/weights/tensor_rows.h"

static const char *dtype_of(uint32_t type) {
    switch (type) {
    case LRT_F32: return "F32";
    case LRT_F16: return "F16";
    case LRT_BF16: return "BF16";
    case LRT_F64: return "F64";
    case LRT_I8: return "I8";
    case LRT_I16: return "I16";
    case LRT_I32: return "I32";
    case LRT_I64: return "I64";
    default: return NULL;
    }
}

static size_t element_bytes(uint32_t type) {
    size_t elements, bytes = 0;
    return lrt_file_type_block(type, &elements, &bytes) ? bytes : 0;
}

// Indices of the tensors, larger elements first, otherwise as given.
static size_t *place_order(const struct lrt_named_tensor *tensors, size_t n) {
    size_t *order = malloc((n + 1) * sizeof *order), used = 0;
    for (size_t bytes = 8; order && bytes > 0; bytes /= 2)
        for (size_t i = 0; i < n; i++)
            if (element_bytes(tensors[i].type) == bytes) order[used++] = i;
    return order;
}

static int compare_names(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static int check_names(const struct lrt_named_tensor *tensors, size_t n, const char *path, struct lrt_report *report) {
    const char **names = malloc((n + 1) * sizeof *names);
    int status = names ? LRT_OK : lrt_file_fail(report, LRT_ERR_MEMORY, "%s: out of memory", path);
    for (size_t i = 0; names && i < n; i++) names[i] = tensors[i].name;
    if (names) names[n] = "__metadata__"; // taken
    if (names) qsort(names, n + 1, sizeof *names, compare_names);
    for (size_t i = 1; i <= n && !status; i++)
        if (strcmp(names[i - 1], names[i]) == 0)
            status = lrt_file_fail(report, LRT_ERR_ARGUMENT, "%s: tensor %s is given twice", path, names[i]);
    free(names);
    return status;
}

static int put_tensor(struct json_writer *header, const struct lrt_named_tensor *t, uint64_t *offset, const char *path,
                      struct lrt_report *report) {
    uint64_t bytes = lrt_rows_bytes(t, path, report);
    bool empty = false;
    for (int i = 0; i < t->rank; i++) empty = empty || t->shape[i] == 0;
    if (bytes == 0 && !empty) return LRT_ERR_ARGUMENT;
    lrt_json_put(header, ",");
    lrt_json_put_string(header, t->name);
    lrt_json_put(header, ":{\"dtype\":");
    lrt_json_put_string(header, dtype_of(t->type));
    lrt_json_put(header, ",\"shape\":[");
    for (int i = 0; i < t->rank; i++) {
        if (i) lrt_json_put(header, ",");
        lrt_json_put_integer(header, t->shape[i]);
    }
    lrt_json_put(header, "],\"data_offsets\":[");
    lrt_json_put_integer(header, (int64_t)*offset);
    *offset += bytes;
    lrt_json_put(header, ",");
    lrt_json_put_integer(header, (int64_t)*offset);
    lrt_json_put(header, "]}");
    return LRT_OK;
}

static int put_header(struct json_writer *header, const size_t *order, const struct lrt_named_tensor *tensors,
                      size_t n_tensors, const struct lrt_metadata *metadata, size_t n_metadata, const char *path,
                      struct lrt_report *report) {
    lrt_json_put(header, "{\"__metadata__\":{\"format\":\"pt\"");
    for (size_t i = 0; i < n_metadata; i++) {
        lrt_json_put(header, ",");
        lrt_json_put_string(header, metadata[i].key);
        lrt_json_put(header, ":");
        lrt_json_put_string(header, metadata[i].value);
    }
    lrt_json_put(header, "}");
    uint64_t offset = 0;
    int status = LRT_OK;
    for (size_t i = 0; i < n_tensors && !status; i++)
        status = put_tensor(header, &tensors[order[i]], &offset, path, report);
    lrt_json_put(header, "}");
    if (!status && header->out_of_memory) status = lrt_file_fail(report, LRT_ERR_MEMORY, "%s: out of memory", path);
    if (!status && header->not_utf8)
        status = lrt_file_fail(report, LRT_ERR_ARGUMENT, "%s: a name of a tensor or its metadata is not UTF-8", path);
    return status;
}

int lrt_write_safetensors(const char *path, const struct lrt_named_tensor *tensors, size_t n_tensors,
                          const struct lrt_metadata *metadata, size_t n_metadata, struct lrt_report *report) {
    lrt_file_clear(report);
    for (size_t i = 0; i < n_tensors; i++)
        if (!dtype_of(tensors[i].type))
            return lrt_file_fail(report, LRT_ERR_ARGUMENT, "%s: tensor %s: safetensors has no type %s", path,
                                 tensors[i].name, lrt_file_type_name(tensors[i].type));
    struct json_writer header = {0};
    size_t *order = place_order(tensors, n_tensors);
    int status = order ? check_names(tensors, n_tensors, path, report)
                       : lrt_file_fail(report, LRT_ERR_MEMORY, "%s: out of memory", path);
    if (!status) status = put_header(&header, order, tensors, n_tensors, metadata, n_metadata, path, report);
    struct file_output o;
    if (!status && !(status = lrt_output_open(&o, path, report))) {
        size_t length = header.length, padded = (length + 7) / 8 * 8;
        lrt_output_u64(&o, padded);
        lrt_output_write(&o, header.bytes, length);
        for (; length < padded; length++) lrt_output_write(&o, " ", 1);
        for (size_t i = 0; i < n_tensors && !status; i++) status = lrt_rows_write(&o, &tensors[order[i]], report);
        status = lrt_output_close(&o, status, report);
    }
    free(header.bytes);
    free(order);
    return status;
}
