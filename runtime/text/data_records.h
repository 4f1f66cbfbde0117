/* Records of a data file, one after the other, each a JSON object: of a stream of objects, of a list of them, or of a
 * table with a header. Memory is that of one record. */
#ifndef LRT_TEXT_DATA_RECORDS_H
#define LRT_TEXT_DATA_RECORDS_H
#include <jansson.h>
#include <lorac/lrt.h>

enum lrt_records_kind { LRT_RECORDS_STREAM, LRT_RECORDS_LIST, LRT_RECORDS_TABLE };
struct lrt_records {
    struct lrt *c;
    const char *path;
    const char *at, *end; /* what is left */
    int64_t line;         /* of `at`, counted from 1 */
    int64_t record_line;  /* of the record that was read last */
    int64_t number;       /* how many records were read */
    enum lrt_records_kind kind;
    const char *row_end; /* of a table: where a row must have ended */
    int by_line;         /* 1: a record ends with its line, since an earlier one did not end at all */
    int fatal;           /* 1: after an error nothing can be read any more */
    int ended;           /* of a list: its end was read */
    int wrapped;         /* of a list: it is the only member of an object */
    char mark;           /* of a table: what separates columns */
    json_t *header;      /* of a table: the names of its columns */
    char *cell;
    size_t cell_bytes, cell_capacity;
};
/* To be closed, also after an error. mark: of a table, what separates columns; 0: JSON. */
int lrt_records_open(struct lrt *c, struct lrt_records *r, const char *path, const char *text, size_t bytes, char mark);
void lrt_records_close(struct lrt_records *r);
/* The next object, for json_decref; NULL at the end. After an error that is not fatal, the next call goes on behind the
 * record that is wrong. */
int lrt_records_next(struct lrt_records *r, json_t **object);
/* An error of the record that was read last, by file, line and number. */
int lrt_records_fail(struct lrt_records *r, int status, const char *what);

/* data_json.c and data_table.c, for data_records.c; data_place.c for all */
int lrt_records_open_json(struct lrt_records *r);
int lrt_records_next_json(struct lrt_records *r, json_t **object);
int lrt_records_open_table(struct lrt_records *r);
int lrt_records_next_row(struct lrt_records *r, json_t **object);
/* Moves on, counting lines. */
void lrt_records_move(struct lrt_records *r, const char *to);
void lrt_records_skip_blanks(struct lrt_records *r);
const char *lrt_records_line_end(const struct lrt_records *r, const char *from); /* the line feed, or the end */
#endif
