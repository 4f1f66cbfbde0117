// Instance: lines to buffers. Every mistake stops at its line; a number is digits only, whatever the locale.
#include "compiler/plan/instance.h"

#include <stdarg.h>
#include <string.h>

#include "compiler/base/arena.h"
#include "compiler/base/text.h"

enum column { COLUMN_ID, COLUMN_LOWER, COLUMN_UPPER, COLUMN_SIZE, COLUMN_OFFSET, COLUMNS };
static const char *const column_names[COLUMNS] = {"id", "lower", "upper", "size", "offset"};
enum { FIELDS_MAX = COLUMNS };
static const int64_t TOTAL_MAX = INT64_C(1) << 60; // limit for the sum of all sizes: offsets stay exact integers

struct reader {
    uint32_t line;
    enum column columns[FIELDS_MAX]; // of the file, in its order
    size_t n_columns;
    int64_t total;
    struct text *problem;
};

struct field {
    const char *bytes;
    int length;
};

static bool refuse(const struct reader *r, const char *format, ...) {
    va_list args;
    va_start(args, format);
    text_vprint(r->problem, format, args);
    va_end(args);
    return false;
}

static struct field trimmed(const char *from, const char *to) {
    while (from < to && (*from == ' ' || *from == '\t')) from++;
    while (to > from && (to[-1] == ' ' || to[-1] == '\t' || to[-1] == '\r')) to--;
    return (struct field){from, to - from > 1000 ? 1000 : (int)(to - from)};
}

// Splits [from, to) at commas. Returns the number of fields, even when more exist than fit.
static size_t split(const char *from, const char *to, struct field *out) {
    size_t n = 0;
    for (const char *start = from, *c = from; c <= to; c++) {
        if (c < to && *c != ',') continue;
        if (n < FIELDS_MAX) out[n] = trimmed(start, c);
        n++;
        start = c + 1;
    }
    return n;
}

static bool read_header(struct reader *r, const struct field *fields, size_t n) {
    bool seen[COLUMNS] = {false};
    for (size_t i = 0; i < n && i < FIELDS_MAX; i++) {
        int c = 0;
        while (c < COLUMNS && ((int)strlen(column_names[c]) != fields[i].length ||
                               memcmp(column_names[c], fields[i].bytes, (size_t)fields[i].length) != 0))
            c++;
        if (c == COLUMNS)
            return refuse(r, "unknown column '%.*s'; the first line names the columns id,lower,upper,size",
                          fields[i].length, fields[i].bytes);
        if (seen[c]) return refuse(r, "column '%s' is there twice; leave one", column_names[c]);
        seen[c] = true;
        r->columns[i] = (enum column)c;
    }
    if (n > FIELDS_MAX) return refuse(r, "%zu columns; the columns are id,lower,upper,size", n);
    for (int c = 0; c < COLUMN_OFFSET; c++)
        if (!seen[c])
            return refuse(r, "there is no column '%s'; the first line names the columns id,lower,upper,size",
                          column_names[c]);
    r->n_columns = n;
    return true;
}

static bool read_number(const struct reader *r, struct field f, enum column c, int64_t *out) {
    int64_t value = 0;
    bool good = f.length > 0;
    for (int i = 0; i < f.length && good; i++) {
        good = f.bytes[i] >= '0' && f.bytes[i] <= '9' && value < TOTAL_MAX / 10 + 1;
        if (good) value = value * 10 + (f.bytes[i] - '0');
    }
    if (!good || value > TOTAL_MAX)
        return refuse(r, "%s '%.*s' is not a whole number from 0 to 2^60; write digits alone", column_names[c],
                      f.length, f.bytes);
    *out = value;
    return true;
}

static bool read_buffer(struct reader *r, struct instance *in, struct arena *a, const struct field *fields, size_t n) {
    if (n != r->n_columns)
        return refuse(r, "%zu fields, but the first line names %zu columns; complete the line", n, r->n_columns);
    int64_t numbers[COLUMNS] = {0};
    const char *id = "";
    for (size_t i = 0; i < n; i++) {
        enum column c = r->columns[i];
        if (c == COLUMN_ID)
            id = arena_print(a, "%.*s", fields[i].length, fields[i].bytes);
        else if (c != COLUMN_OFFSET && !read_number(r, fields[i], c, &numbers[c]))
            return false;
    }
    if (numbers[COLUMN_LOWER] > numbers[COLUMN_UPPER])
        return refuse(r, "a life from %lld to %lld ends before it begins; upper is the first step after it",
                      (long long)numbers[COLUMN_LOWER], (long long)numbers[COLUMN_UPPER]);
    r->total += numbers[COLUMN_SIZE];
    if (r->total > TOTAL_MAX) return refuse(r, "the sizes add up to more than 2^60; count in larger units");
    in->ids = arena_grow(a, in->ids, in->n, &in->c_ids, sizeof *in->ids);
    in->buffers = arena_grow(a, in->buffers, in->n, &in->c_buffers, sizeof *in->buffers);
    in->ids[in->n] = id;
    in->buffers[in->n++] = (struct place_buffer){numbers[COLUMN_LOWER], numbers[COLUMN_UPPER], numbers[COLUMN_SIZE], 0};
    return true;
}

// The lines up to the first mistake.
static bool read_lines(struct reader *r, struct instance *in, struct arena *a, const char *bytes, size_t length) {
    struct field fields[FIELDS_MAX];
    const char *end = bytes + length;
    if (memchr(bytes, '\0', length)) return refuse(r, "the file is not text; save the instance as CSV");
    for (const char *from = bytes; from < end; r->line++) {
        const char *to = memchr(from, '\n', (size_t)(end - from));
        if (!to) to = end;
        size_t n = split(from, to, fields);
        bool blank = n == 1 && fields[0].length == 0;
        if (!blank && !(r->n_columns ? read_buffer(r, in, a, fields, n) : read_header(r, fields, n))) return false;
        from = to + 1;
    }
    r->line = 1;
    return r->n_columns || refuse(r, "the file is empty; its first line names the columns id,lower,upper,size");
}

bool instance_read(struct instance *in, struct arena *a, const char *bytes, size_t length, struct text *problem,
                   uint32_t *line) {
    struct reader r = {.line = 1, .problem = problem};
    *in = (struct instance){0};
    bool good = read_lines(&r, in, a, bytes, length);
    *line = r.line;
    return good;
}

int64_t instance_capacity(const char *path) {
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *last = strrchr(name, '.');
    if (!last || strcmp(last, ".csv") != 0) return -1;
    const char *from = last;
    while (from > name && from[-1] >= '0' && from[-1] <= '9') from--;
    if (from == last || from == name || from[-1] != '.') return -1;
    int64_t value = 0;
    for (const char *c = from; c < last; c++) {
        if (value > TOTAL_MAX / 10) return -1;
        value = value * 10 + (*c - '0');
    }
    return value;
}

void instance_write(const struct instance *in, struct text *out) {
    text_puts(out, "id,lower,upper,size,offset\n");
    for (size_t i = 0; i < in->n; i++) {
        const struct place_buffer *b = &in->buffers[i];
        text_print(out, "%s,%lld,%lld,%lld,%lld\n", in->ids[i], (long long)b->lower, (long long)b->upper,
                   (long long)b->size, (long long)b->offset);
    }
}
