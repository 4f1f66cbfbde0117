/* A table of text (RFC 4180) becomes records: the first row names the columns, and every other row is an object of
 * texts. A quoted cell may hold the mark, quotes written twice, and line breaks. */
#include "runtime/formats/json_bounded.h"
#include "runtime/text/data_forms.h"
#include "runtime/text/data_records.h"
#include "runtime/text/data_rows.h"
#include "runtime/text/tokenizer.h"
#include "runtime/text/utf8.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char unended[] = "a quoted cell does not end";
enum { COLUMNS_MAX = 1000 };

static int add(struct lrt_records *r, const char *from, size_t n) {
    int status = lrt_grow(r->c, (void **)&r->cell, &r->cell_capacity, r->cell_bytes + n + 1, 1);
    if (status) return status;
    memcpy(r->cell + r->cell_bytes, from, n);
    r->cell_bytes += n;
    return LRT_OK;
}

static int ends_cell(const struct lrt_records *r, const char *at) {
    return at == r->end || *at == r->mark || *at == '\n' || (*at == '\r' && (at + 1 == r->end || at[1] == '\n'));
}

/* The cell at *at goes to r->cell; *at goes behind it. NULL: it is right; else what is wrong. */
static const char *read_cell(struct lrt_records *r, const char **at, int *status) {
    const char *p = *at, *limit = r->row_end;
    r->cell_bytes = 0;
    *status = LRT_OK;
    if (p == limit || *p != '"') {
        while (!ends_cell(r, p)) p++;
        *status = add(r, *at, (size_t)(p - *at));
        *at = p;
        return NULL;
    }
    for (p++; !*status;) {
        const char *quote = memchr(p, '"', (size_t)(limit - p));
        if (!quote) {
            *at = limit;
            return unended;
        }
        const int twice = quote + 1 < limit && quote[1] == '"';
        *status = add(r, p, (size_t)(quote - p) + (size_t)twice);
        p = quote + 1 + twice;
        if (!twice) break;
    }
    *at = p;
    return *status || ends_cell(r, p)
               ? NULL
               : "behind the end of a quoted cell something follows: quotes within a cell are written twice";
}

static const char *after_blanks(const char *at, const char *end) {
    while (at < end && lrt_is_blank(*at)) at++;
    return at;
}

/* A list of objects, of which the first begins with a member of messages. Python's quotes are seen too, to be refused.
 */
static int begins_as_messages(const char *text, size_t bytes) {
    static const char *const members[] = {"role", "content", "from", "value"};
    const char *end = text + bytes, *at = after_blanks(text, end);
    if (at == end || *at != '[') return 0;
    at = after_blanks(at + 1, end);
    if (at == end || *at != '{') return 0;
    at = after_blanks(at + 1, end);
    if (at == end || (*at != '"' && *at != '\'')) return 0;
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        const size_t n = strlen(members[i]);
        if ((size_t)(end - at) > n + 1 && memcmp(at + 1, members[i], n) == 0 && at[n + 1] == *at) return 1;
    }
    return 0;
}

static int is_json(const struct lrt_records *r, const char *column) {
    if (r->cell_bytes == 0) return 0;
    switch (lrt_data_cells(column)) {
    case LRT_CELLS_JSON: return r->cell[0] == '[' || r->cell[0] == '{';
    case LRT_CELLS_MESSAGES: return begins_as_messages(r->cell, r->cell_bytes);
    case LRT_CELLS_TEXT: break;
    }
    return 0;
}

/* The cell as a value of the column. */
static const char *cell_value(struct lrt_records *r, const char *column, json_t **value) {
    json_error_t error;
    *value = NULL;
    if (r->cell_bytes && memchr(r->cell, 0, r->cell_bytes)) return "a byte that is zero";
    if (is_json(r, column)) {
        *value = lrt_json_parse(r->cell, r->cell_bytes, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &error);
        if (!*value) return "it is not JSON";
    }
    if (strcmp(column, "text") == 0 && r->cell_bytes > 0 &&
        (lrt_data_looks_like_json(r->cell, r->cell_bytes) || begins_as_messages(r->cell, r->cell_bytes)))
        return "it is JSON, whose braces and keys would be learned: make columns of its members, such as \"messages\"";
    for (int i = 0; i < 2 && !*value; i++) /* NULL is also no memory: bytes that are not UTF-8 are so again */
        *value = json_stringn(r->cell_bytes ? r->cell : "", r->cell_bytes);
    return *value ? NULL : "it is not UTF-8";
}

/* Behind a row that ends here: its line feed. */
static const char *after_row(const struct lrt_records *r, const char *at) {
    const char *feed = lrt_records_line_end(r, at);
    return feed < r->end ? feed + 1 : r->end;
}

static int fail_row(struct lrt_records *r, const char *at, size_t column, const char *what) {
    char why[200];
    const char *name = json_string_value(json_array_get(r->header, column));
    if (!r->by_line && what == unended) { /* it would swallow the rest of the file */
        r->by_line = 1;
        at = r->at;
    }
    if (name && *name)
        snprintf(why, sizeof why, "column \"%.60s\": %s", name, what);
    else
        snprintf(why, sizeof why, "column %zu: %s", column + 1, what);
    lrt_records_move(r, after_row(r, at));
    return lrt_records_fail(r, LRT_ERR_FILE, why);
}

static int fail_count(struct lrt_records *r, const char *at, size_t n) {
    char why[200];
    snprintf(why, sizeof why, "%zu cells, and the header has %zu columns: a cell that holds the mark stands in quotes",
             n, json_array_size(r->header));
    lrt_records_move(r, after_row(r, at));
    return lrt_records_fail(r, LRT_ERR_FILE, why);
}

static void skip_empty_lines(struct lrt_records *r) {
    const char *at = r->at;
    while (at < r->end && (*at == '\n' || (*at == '\r' && at + 1 < r->end && at[1] == '\n'))) at++;
    lrt_records_move(r, at);
}

int lrt_records_next_row(struct lrt_records *r, json_t **object) {
    const size_t columns = json_array_size(r->header);
    skip_empty_lines(r);
    r->record_line = r->line;
    if (r->at == r->end) return LRT_OK;
    r->number++;
    r->row_end = r->by_line ? lrt_records_line_end(r, r->at) : r->end;
    json_t *row = json_object();
    const char *at = r->at, *wrong = NULL;
    int status = row ? LRT_OK : lrt_fail(r->c, LRT_ERR_MEMORY, "%s: no memory for a row", r->path);
    for (size_t i = 0; !status; i++) {
        json_t *value = NULL;
        const char *column = json_string_value(json_array_get(r->header, i));
        wrong = read_cell(r, &at, &status);
        if (!wrong && !status && column) wrong = cell_value(r, column, &value);
        if (wrong) status = fail_row(r, at, i, wrong);
        if (!status && value && json_object_set_new(row, column, value))
            status = lrt_fail(r->c, LRT_ERR_MEMORY, "%s: no memory for a row", r->path);
        if (status) break;
        if (at < r->end && *at == r->mark) {
            at++;
            continue;
        }
        if (i + 1 != columns)
            status = fail_count(r, at, i + 1);
        else
            lrt_records_move(r, after_row(r, at));
        break;
    }
    if (status) {
        json_decref(row);
        row = NULL;
    }
    *object = row;
    return status;
}

static int fail_header(struct lrt_records *r, const char *what) {
    r->fatal = 1;
    return lrt_records_fail(r, LRT_ERR_FILE, what);
}

static int has_column(const json_t *header, const char *name) {
    for (size_t i = 0; i < json_array_size(header); i++)
        if (strcmp(json_string_value(json_array_get(header, i)), name) == 0) return 1;
    return 0;
}

/* Lines end as those of old Macs: they would be one line. */
static int ends_with_return(const struct lrt_records *r) {
    const char *end = lrt_records_line_end(r, r->at), *at = memchr(r->at, '\r', (size_t)(end - r->at));
    return at && at + 1 < end;
}

static int fail_memory(struct lrt_records *r) {
    return lrt_fail(r->c, LRT_ERR_MEMORY, "%s: no memory for a header", r->path);
}

/* The cell that was read, as the name of the next column. */
static int add_column(struct lrt_records *r) {
    if (!r->cell_bytes) { /* as of a table with the numbers of its rows */
        char number[40];
        const int n = snprintf(number, sizeof number, "column %zu", json_array_size(r->header) + 1);
        int status = add(r, number, (size_t)n);
        if (status) return status;
    }
    json_t *name = memchr(r->cell, 0, r->cell_bytes) ? NULL : json_stringn(r->cell, r->cell_bytes);
    if (!name) return fail_header(r, "the name of a column is not UTF-8");
    const char *wrong = json_array_size(r->header) == COLUMNS_MAX ? "the header has more than 1000 columns"
                        : has_column(r->header, json_string_value(name))
                            ? "two columns of the header have the same name"
                            : NULL;
    if (!wrong) return json_array_append_new(r->header, name) ? fail_memory(r) : LRT_OK;
    json_decref(name);
    return fail_header(r, wrong);
}

/* A header of one column that holds what other tables have between columns. */
static int check_marks(struct lrt_records *r) {
    const char *only = json_array_size(r->header) == 1 ? json_string_value(json_array_get(r->header, 0)) : NULL;
    if (!only || !strpbrk(only, ";\t,|")) return LRT_OK;
    return fail_header(r, r->mark == ',' ? "the header is one column: the mark between columns is a comma"
                                         : "the header is one column: the mark between columns is a tab");
}

int lrt_records_open_table(struct lrt_records *r) {
    r->kind = LRT_RECORDS_TABLE;
    r->header = json_array();
    skip_empty_lines(r);
    r->record_line = r->line;
    if (ends_with_return(r)) return fail_header(r, "lines end with CR alone: write them with LF, or CR LF");
    const char *at = r->at;
    r->row_end = r->end;
    int status = r->header ? LRT_OK : fail_memory(r);
    while (!status && r->at < r->end) {
        const char *wrong = read_cell(r, &at, &status);
        if (!status) status = wrong ? fail_header(r, wrong) : add_column(r);
        if (status) return status;
        if (at == r->end || *at != r->mark) break;
        at++;
    }
    if (status) return status;
    lrt_records_move(r, after_row(r, at));
    return check_marks(r);
}
