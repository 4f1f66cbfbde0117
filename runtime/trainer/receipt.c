// Receipt: the table of its fields, and the JSON that they become. Each entry is a line.
#include "runtime/trainer/receipt.h"

#include <stdlib.h>
#include <string.h>

#include <lorac/lrt_files.h>
#include "runtime/formats/bits.h"
#include "runtime/trainer/trainer_line.h"
#include "runtime/weights/file_output.h"
#include "runtime/weights/json_writer.h"

static const struct receipt_field fields[] = {
#define FIELD(section, key, kind, role, what)                                                                          \
    {#section, #key, what, RECEIPT_KIND_##kind, RECEIPT_##role, offsetof(struct receipt, section##_##key)},
#include "runtime/trainer/receipt_fields.def"
#undef FIELD
};

const struct receipt_field *lrt_receipt_field(size_t index) { return &fields[index]; }

static bool is_same(const struct receipt_field *f, const char *a, const char *b) {
    switch (f->kind) {
    case RECEIPT_KIND_TEXT:
    case RECEIPT_KIND_HASH: return strcmp(a, b) == 0;
    case RECEIPT_KIND_INTEGER: return *(const int64_t *)a == *(const int64_t *)b;
    case RECEIPT_KIND_NUMBER: return lrt_double_bits(*(const double *)a) == lrt_double_bits(*(const double *)b);
    case RECEIPT_KIND_FLAG: return *(const bool *)a == *(const bool *)b;
    }
    return false;
}

const struct receipt_field *lrt_receipt_difference(const struct receipt *a, const struct receipt *b, int roles) {
    for (size_t i = 0; i < RECEIPT_FIELDS; i++)
        if (((int)fields[i].role & roles) &&
            !is_same(&fields[i], (const char *)a + fields[i].offset, (const char *)b + fields[i].offset))
            return &fields[i];
    return NULL;
}

// ---- writing ----
static void put_number(struct json_writer *w, double value) {
    struct trainer_line l = {.length = 0};
    lrt_line_exact(&l, value);
    l.text[l.length] = 0;
    lrt_json_put(w, l.text);
}

static void put_field(struct json_writer *w, const struct receipt_field *f, const char *value) {
    lrt_json_put_string(w, f->key);
    lrt_json_put(w, ": ");
    switch (f->kind) {
    case RECEIPT_KIND_TEXT:
    case RECEIPT_KIND_HASH: lrt_json_put_string(w, value); break;
    case RECEIPT_KIND_INTEGER: lrt_json_put_integer(w, *(const int64_t *)value); break;
    case RECEIPT_KIND_NUMBER: put_number(w, *(const double *)value); break;
    case RECEIPT_KIND_FLAG: lrt_json_put(w, *(const bool *)value ? "true" : "false"); break;
    }
}

static void put_fields(struct json_writer *w, const struct receipt *r) {
    const char *section = "";
    for (size_t i = 0; i < RECEIPT_FIELDS; i++) {
        const bool begins = strcmp(section, fields[i].section) != 0;
        if (begins) {
            lrt_json_put(w, *section ? "\n  },\n  " : "  ");
            lrt_json_put_string(w, section = fields[i].section);
        }
        lrt_json_put(w, begins ? ": {\n    " : ",\n    ");
        put_field(w, &fields[i], (const char *)r + fields[i].offset);
    }
    lrt_json_put(w, "\n  },\n");
}

static void put_entries(struct json_writer *w, const struct receipt *r) {
    lrt_json_put(w, "  \"steps\": [\n");
    for (size_t i = 0; i < r->n; i++) {
        const struct receipt_entry *e = &r->entries[i];
        lrt_json_put(w, "    {\"step\": ");
        lrt_json_put_integer(w, e->step);
        if (i > 0) lrt_json_put(w, ", \"loss\": ");
        if (i > 0) put_number(w, e->loss);
        lrt_json_put(w, ", \"adapter_sha256\": ");
        lrt_json_put_string(w, e->adapter);
        lrt_json_put(w, i + 1 < r->n ? "},\n" : "}\n");
    }
    lrt_json_put(w, "  ]\n");
}

int lrt_receipt_write(const char *path, const struct receipt *r, struct lrt_report *report) {
    struct json_writer w = {0};
    struct file_output o;
    lrt_json_put(&w, "{\n  \"lorac_receipt\": ");
    lrt_json_put_integer(&w, RECEIPT_FORMAT);
    lrt_json_put(&w, ",\n");
    put_fields(&w, r);
    lrt_json_put(&w, r->ended ? "  \"ended\": true,\n" : "  \"ended\": false,\n");
    put_entries(&w, r);
    lrt_json_put(&w, "}\n");
    int status = LRT_OK;
    if (!lrt_json_is_whole(&w))
        status = lrt_file_fail(report, LRT_ERR_MEMORY, "%s: out of memory", path);
    else
        status = lrt_output_open(&o, path, report);
    if (status == LRT_OK) {
        lrt_output_write(&o, w.bytes, w.length);
        status = lrt_output_close(&o, LRT_OK, report);
    }
    free(w.bytes);
    return status;
}
