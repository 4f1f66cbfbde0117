/* JSON data becomes records: objects one after the other, each on a line of its own or over several lines, or one list
 * of objects. A scan over strings and brackets finds where a record ends, and Jansson reads it.
 *
 * A wrong record of a stream ends where no JSON could go on: at a line feed within a string, or at a value behind a
 * value. The next record begins on the next line, or on this one when it begins there. */
#include "runtime/formats/json_bounded.h"
#include "runtime/text/data_records.h"
#include "runtime/text/utf8.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Members that may hold the list when they are the only one of an object. */
static const char *const wrappers[] = {"data", "train", "examples", "rows", "instances", "items"};

enum scan { SCAN_WHOLE, SCAN_BROKEN, SCAN_OPEN };

/* Behind the string that begins at `at`; at a line feed, or the end, where it has none. */
static const char *string_end(const char *at, const char *end) {
    for (at++; at < end && *at != '"' && *at != '\n'; at++)
        if (*at == '\\' && at + 1 < end && at[1] != '\n') at++;
    return at < end && *at == '"' ? at + 1 : at;
}

/* Where the value at r->at ends; of a broken one, where it breaks. */
static enum scan scan_value(const struct lrt_records *r, const char *end, const char **stop) {
    int64_t depth = 0;
    char before = 0;
    for (const char *at = r->at; at < end;) {
        const char c = *at;
        const int begins = c == '"' || c == '{' || c == '[';
        *stop = at;
        if (lrt_is_blank(c)) {
            at++;
            continue;
        }
        if (begins && before && !strchr("{[,:", before)) return SCAN_BROKEN;
        if (depth == 0 && before && (c == ',' || c == ']' || c == '}'))
            return SCAN_WHOLE; /* behind a number or a text */
        if (c == '"') {
            at = string_end(at, end);
            *stop = at;
            if (at == end || at[-1] != '"') return at == end ? SCAN_OPEN : SCAN_BROKEN;
            before = c;
            continue;
        }
        depth += (c == '{' || c == '[') - (c == '}' || c == ']');
        before = c;
        *stop = ++at;
        if (depth == 0 && (c == '}' || c == ']')) return SCAN_WHOLE;
        if (depth < 0) return SCAN_BROKEN;
    }
    *stop = end;
    return depth == 0 && before ? SCAN_WHOLE : SCAN_OPEN;
}

/* Reads the text of a record; its errors have the line and column within the file. */
static int parse(struct lrt_records *r, const char *stop, json_t **object) {
    json_error_t error;
    char what[LRT_ERROR_BYTES];
    *object = lrt_json_parse(r->at, (size_t)(stop - r->at), JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES | JSON_DECODE_ANY,
                             &error);
    if (json_is_object(*object)) return LRT_OK;
    const int parsed = *object != NULL;
    json_decref(*object);
    *object = NULL;
    if (parsed) return lrt_records_fail(r, LRT_ERR_FILE, "not a JSON object");
    if (!error.text[0]) return lrt_records_fail(r, LRT_ERR_MEMORY, "no memory for the record");
    if (r->kind == LRT_RECORDS_LIST || error.column < 0) return lrt_records_fail(r, LRT_ERR_FILE, error.text);
    snprintf(what, sizeof what, "%s:%" PRId64 ":%d: %s", r->path, r->record_line + error.line - 1, error.column,
             error.text);
    return lrt_fail(r->c, LRT_ERR_FILE, "%s", what);
}

/* Up to where a broken value is read, so that the error is told of the place where it breaks. */
static const char *broken_end(const struct lrt_records *r, const char *stop) {
    const char *feed = lrt_records_line_end(r, stop);
    return feed < r->end ? feed + 1 : feed;
}

static int is_blank(const char *from, const char *to) {
    while (from < to && *from != '\n' && lrt_is_blank(*from)) from++;
    return from == to;
}

/* Behind a broken record: the line of the place where it broke, when the next record begins it, else the next line. */
static const char *after_broken(const struct lrt_records *r, const char *stop) {
    const char *begin = stop;
    while (begin > r->at && begin[-1] != '\n') begin--;
    if (begin > r->at && stop < r->end && *stop == '{' && is_blank(begin, stop)) return begin;
    const char *feed = lrt_records_line_end(r, stop);
    return feed < r->end ? feed + 1 : r->end;
}

static int next_of_stream(struct lrt_records *r, json_t **object) {
    const char *feed = lrt_records_line_end(r, r->at), *stop = feed;
    enum scan scan = SCAN_WHOLE;
    if (*r->at == '{') scan = scan_value(r, r->by_line ? feed : r->end, &stop);
    if (scan == SCAN_OPEN && !r->by_line) { /* it would swallow the rest of the file */
        r->by_line = 1;
        stop = feed;
    }
    int status = parse(r, scan == SCAN_BROKEN ? broken_end(r, stop) : stop, object);
    const char *rest = lrt_records_line_end(r, stop);
    if (!status && !is_blank(stop, rest)) {
        json_decref(*object);
        *object = NULL;
        status = lrt_records_fail(r, LRT_ERR_FILE, "something follows the object on its line: one object a line");
    }
    lrt_records_move(r, scan == SCAN_BROKEN ? after_broken(r, stop) : rest);
    return status;
}

static int fail_list(struct lrt_records *r, const char *what) {
    r->fatal = 1;
    r->record_line = r->line;
    return lrt_records_fail(r, LRT_ERR_FILE, what);
}

static int end_list(struct lrt_records *r) {
    r->ended = 1;
    r->at++;
    lrt_records_skip_blanks(r);
    if (r->wrapped) {
        if (r->at == r->end || *r->at != '}')
            return fail_list(r, "the object that holds the list has more members: write the list alone");
        r->at++;
        lrt_records_skip_blanks(r);
    }
    return r->at == r->end ? LRT_OK : fail_list(r, "something follows the end of the list");
}

static int next_of_list(struct lrt_records *r, json_t **object) {
    const char *stop = r->at;
    if (r->ended) return LRT_OK;
    if (*r->at == ']' && r->number == 1) return end_list(r);
    const enum scan scan = scan_value(r, r->end, &stop);
    int status = parse(r, scan == SCAN_BROKEN ? broken_end(r, stop) : stop, object);
    if (scan != SCAN_WHOLE) {
        json_decref(*object);
        *object = NULL;
        r->fatal = 1;
        return status ? status : fail_list(r, "it does not end");
    }
    lrt_records_move(r, stop);
    lrt_records_skip_blanks(r);
    if (r->at < r->end && *r->at == ',') {
        r->at++;
        return status;
    }
    int end = r->at < r->end && *r->at == ']' ? end_list(r) : fail_list(r, "',' or ']' expected behind it");
    if (end) {
        json_decref(*object);
        *object = NULL;
    }
    return end ? end : status;
}

int lrt_records_next_json(struct lrt_records *r, json_t **object) {
    if (r->ended) return LRT_OK;
    lrt_records_skip_blanks(r);
    r->record_line = r->line;
    r->number++;
    if (r->kind == LRT_RECORDS_LIST)
        return r->at < r->end ? next_of_list(r, object) : fail_list(r, "the list does not end");
    return r->at < r->end ? next_of_stream(r, object) : LRT_OK;
}

/* Behind this character and blanks, which begin at `at`; NULL: another one is there. */
static const char *take(const struct lrt_records *r, const char *at, char c) {
    while (at && at < r->end && lrt_is_blank(*at)) at++;
    return at && at < r->end && *at == c ? at + 1 : NULL;
}

/* Behind the bracket of a list of objects that an object begins with, by one of the names; NULL: there is none. */
static const char *find_wrapped(const struct lrt_records *r) {
    for (size_t i = 0; i < sizeof wrappers / sizeof *wrappers; i++) {
        const size_t n = strlen(wrappers[i]);
        const char *name = take(r, take(r, r->at, '{'), '"');
        if (!name || (size_t)(r->end - name) <= n || memcmp(name, wrappers[i], n) != 0) continue;
        const char *list = take(r, take(r, take(r, name + n, '"'), ':'), '[');
        if (list && take(r, list, '{')) return list;
    }
    return NULL;
}

int lrt_records_open_json(struct lrt_records *r) {
    lrt_records_skip_blanks(r);
    r->kind = LRT_RECORDS_STREAM;
    if (r->at == r->end) return LRT_OK;
    const char *list = *r->at == '[' ? r->at + 1 : find_wrapped(r);
    if (!list) return LRT_OK;
    r->kind = LRT_RECORDS_LIST;
    r->wrapped = *r->at == '{';
    lrt_records_move(r, list);
    return LRT_OK;
}
