/* The place in a data file: what its readers share, and errors that name it. */
#include "runtime/text/data_records.h"
#include "runtime/text/utf8.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int lrt_records_fail(struct lrt_records *r, int status, const char *what) {
    char why[LRT_ERROR_BYTES], number[40] = "";
    snprintf(why, sizeof why, "%s", what); /* which may be the context's own text */
    if (r->kind == LRT_RECORDS_LIST) snprintf(number, sizeof number, " (record %" PRId64 ")", r->number);
    return lrt_fail(r->c, status, "%s:%" PRId64 "%s: %s", r->path, r->record_line, number, why);
}

void lrt_records_move(struct lrt_records *r, const char *to) {
    while (r->at < to) {
        const char *feed = memchr(r->at, '\n', (size_t)(to - r->at));
        r->at = feed ? feed + 1 : to;
        r->line += feed != NULL;
    }
}

void lrt_records_skip_blanks(struct lrt_records *r) {
    const char *at = r->at;
    while (at < r->end && lrt_is_blank(*at)) at++;
    lrt_records_move(r, at);
}

const char *lrt_records_line_end(const struct lrt_records *r, const char *from) {
    const char *feed = memchr(from, '\n', (size_t)(r->end - from));
    return feed ? feed : r->end;
}
