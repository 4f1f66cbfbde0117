/* Records of a data file: the reader of its kind. */
#include "runtime/text/data_records.h"
#include <lorac/lrt_foreign.h>
#include <stdlib.h>

int lrt_records_open(struct lrt *c, struct lrt_records *r, const char *path, const char *text, size_t bytes,
                     char mark) {
    *r = (struct lrt_records){.c = c, .path = path, .at = text, .end = text + bytes, .line = 1, .mark = mark};
    r->record_line = 1;
    r->at += lrt_text_mark(text, bytes);
    return mark ? lrt_records_open_table(r) : lrt_records_open_json(r);
}

void lrt_records_close(struct lrt_records *r) {
    json_decref(r->header);
    free(r->cell);
    r->header = NULL;
    r->cell = NULL;
}

int lrt_records_next(struct lrt_records *r, json_t **object) {
    *object = NULL;
    return r->kind == LRT_RECORDS_TABLE ? lrt_records_next_row(r, object) : lrt_records_next_json(r, object);
}
