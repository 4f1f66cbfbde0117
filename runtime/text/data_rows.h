/* Data inside: one stream of ids, cut into rows either every seq tokens or where `starts` says. */
#ifndef LRT_TEXT_DATA_ROWS_H
#define LRT_TEXT_DATA_ROWS_H
#include <lorac/lrt_text.h>
#include "runtime/text/data_forms.h"
#include "runtime/text/mapped_file.h"

struct lrt_data {
    struct lrt_data_options options;
    struct lrt_data_info info;
    char forms[600], ignored[600]; /* what info points to */
    struct lrt_mapping ids;        /* int32 little-endian; an id that does not count as a target is stored as ~id */
    struct lrt_mapping
        starts; /* of examples: int64 [rows + 1], row r is ids starts[r] .. starts[r+1]; empty: a stream */
};

/* What tokenising writes to. */
struct lrt_data_writer {
    struct lrt *c;
    struct lrt_data *data;
    struct lrt_tokenizer *tokenizer;
    const char *path;
    struct lrt_spool ids, starts;
    int64_t written;
    int32_t *example; /* ids of the example under way, ~id as above */
    size_t example_count, example_capacity;
    int counted;              /* whether ids that come count */
    int64_t forms[LRT_FORMS]; /* examples of each */
    struct lrt_data_notes ignored;
};
/* True for a text that begins as an object, or a list of objects, does. */
int lrt_data_looks_like_json(const char *text, size_t bytes);
/* Why a file is no text, with the cure; NULL: it may be one. */
const char *lrt_data_cure(const char *path, const char *text, size_t bytes);
char lrt_data_mark(const char *path); /* what separates the columns of a table; 0: it is none */
/* The id at a place of the stream, as it is stored. */
int32_t lrt_data_id(const struct lrt_data *d, int64_t index);
int lrt_data_write_ids(struct lrt_data_writer *w, const int32_t *ids, size_t n);
/* Reads the examples of a file into the writer. */
int lrt_data_read_examples(struct lrt_data_writer *w, const struct lrt_mapping *file);
#endif
