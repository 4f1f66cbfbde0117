// safetensors_write: named tensors become a safetensors file. Larger elements come first, so that with a header of
// whole 8 bytes every tensor is aligned to its element.
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

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

static int add_tensor(json_t *header, const struct lrt_named_tensor *t, uint64_t *offset, const char *path,
                      struct lrt_report *report) {
    uint64_t bytes = lrt_rows_bytes(t, path, report);
    bool empty = false;
    for (int i = 0; i < t->rank; i++) empty = empty || t->shape[i] == 0;
    if (bytes == 0 && !empty) return LRT_ERR_ARGUMENT;
    json_t *shape = json_array();
    for (int i = 0; i < t->rank; i++) json_array_append_new(shape, json_integer(t->shape[i]));
    json_t *entry = json_pack("{s:s, s:o, s:[I, I]}", "dtype", dtype_of(t->type), "shape", shape, "data_offsets",
                              (json_int_t)*offset, (json_int_t)(*offset + bytes));
    *offset += bytes;
    if (json_object_get(header, t->name)) {
        json_decref(entry);
        return lrt_file_fail(report, LRT_ERR_ARGUMENT, "%s: tensor %s is given twice", path, t->name);
    }
    if (!entry || json_object_set_new(header, t->name, entry) != 0)
        return lrt_file_fail(report, LRT_ERR_ARGUMENT, "%s: the name of a tensor is not UTF-8, or memory ran out",
                             path);
    return LRT_OK;
}

static int build_header(json_t *header, const size_t *order, const struct lrt_named_tensor *tensors, size_t n_tensors,
                        const struct lrt_metadata *metadata, size_t n_metadata, const char *path,
                        struct lrt_report *report) {
    json_t *words = json_pack("{s:s}", "format", "pt");
    json_object_set_new(header, "__metadata__", words);
    for (size_t i = 0; i < n_metadata; i++)
        if (json_object_set_new(words, metadata[i].key, json_string(metadata[i].value)) != 0)
            return lrt_file_fail(report, LRT_ERR_ARGUMENT, "%s: a metadata string is not UTF-8, or memory ran out",
                                 path);
    uint64_t offset = 0;
    int status = LRT_OK;
    for (size_t i = 0; i < n_tensors && !status; i++)
        status = add_tensor(header, &tensors[order[i]], &offset, path, report);
    return status;
}

int lrt_write_safetensors(const char *path, const struct lrt_named_tensor *tensors, size_t n_tensors,
                          const struct lrt_metadata *metadata, size_t n_metadata, struct lrt_report *report) {
    lrt_file_clear(report);
    for (size_t i = 0; i < n_tensors; i++)
        if (!dtype_of(tensors[i].type))
            return lrt_file_fail(report, LRT_ERR_ARGUMENT, "%s: tensor %s: safetensors has no type %s", path,
                                 tensors[i].name, lrt_file_type_name(tensors[i].type));
    size_t *order = place_order(tensors, n_tensors);
    json_t *header = json_object();
    int status = order && header ? build_header(header, order, tensors, n_tensors, metadata, n_metadata, path, report)
                                 : lrt_file_fail(report, LRT_ERR_MEMORY, "%s: out of memory", path);
    char *text = status ? NULL : json_dumps(header, JSON_COMPACT);
    json_decref(header);
    if (!status && !text) status = lrt_file_fail(report, LRT_ERR_MEMORY, "%s: out of memory", path);
    struct file_output o;
    if (!status && !(status = lrt_output_open(&o, path, report))) {
        size_t length = strlen(text), padded = (length + 7) / 8 * 8;
        lrt_output_u64(&o, padded);
        lrt_output_write(&o, text, length);
        for (; length < padded; length++) lrt_output_write(&o, " ", 1);
        for (size_t i = 0; i < n_tensors && !status; i++) status = lrt_rows_write(&o, &tensors[order[i]], report);
        status = lrt_output_close(&o, status, report);
    }
    free(text);
    free(order);
    return status;
}
