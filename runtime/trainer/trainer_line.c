// Trainer line: numbers and text to a line of output and back. printf and strtod use the locale's decimal point. This
// file exchanges it for '.', so that a log is JSON in every locale.
#include "runtime/trainer/trainer_line.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool lrt_trainer_parse_integer(const char *text, int64_t least, int64_t *value) {
    uint64_t n = 0;
    if (!*text) return false;
    for (const char *p = text; *p; p++) {
        if (*p < '0' || *p > '9') return false;
        uint64_t digit = (uint64_t)(*p - '0');
        if (n > ((uint64_t)INT64_MAX - digit) / 10) return false;
        n = n * 10 + digit;
    }
    if ((int64_t)n < least) return false;
    *value = (int64_t)n;
    return true;
}

bool lrt_trainer_parse_number(const char *text, double *value) {
    const char *point = localeconv()->decimal_point;
    char buffer[128];
    size_t n = 0, point_length = strlen(point);
    if (!*text) return false;
    for (const char *p = text; *p; p++) {
        if (!strchr("0123456789+-.eE", *p) || n + point_length + 1 > sizeof buffer) return false;
        if (*p == '.') {
            memcpy(buffer + n, point, point_length);
            n += point_length;
        } else {
            buffer[n++] = *p;
        }
    }
    buffer[n] = 0;
    char *end;
    double x = strtod(buffer, &end);
    if (end == buffer || *end || !isfinite(x)) return false;
    *value = x;
    return true;
}

static void append(struct trainer_line *l, const char *text, size_t n) {
    size_t left = sizeof l->text - l->length;
    if (n > left) n = left;
    memcpy(l->text + l->length, text, n);
    l->length += n;
}

void lrt_line_text(struct trainer_line *l, const char *text) { append(l, text, strlen(text)); }

void lrt_line_integer(struct trainer_line *l, int64_t value) {
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%lld", (long long)value);
    append(l, digits, (size_t)n);
}

// Appends what printf made of a number, with '.' for the locale's decimal point.
static void append_number(struct trainer_line *l, const char *text) {
    const char *point = localeconv()->decimal_point, *at = strstr(text, point);
    if (!at) {
        lrt_line_text(l, text);
        return;
    }
    append(l, text, (size_t)(at - text));
    append(l, ".", 1);
    lrt_line_text(l, at + strlen(point));
}

void lrt_line_exact(struct trainer_line *l, double value) {
    char text[64];
    if (!isfinite(value)) {
        lrt_line_text(l, "null");
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value) break; // reads in the locale it was written in
    }
    append_number(l, text);
}

void lrt_line_digits(struct trainer_line *l, double value, int digits) {
    char text[400]; // the largest double has 309 digits before the point
    snprintf(text, sizeof text, "%.*f", digits, value);
    append_number(l, text);
}

void lrt_line_bytes(struct trainer_line *l, uint64_t bytes) {
    const char *const units[] = {" B", " KiB", " MiB", " GiB", " TiB"};
    double x = (double)bytes;
    size_t unit = 0;
    for (; x >= 1024 && unit + 1 < sizeof units / sizeof units[0]; unit++) x /= 1024;
    lrt_line_digits(l, x, unit == 0 ? 0 : x < 10 ? 2 : 1);
    lrt_line_text(l, units[unit]);
}

void lrt_line_duration(struct trainer_line *l, double seconds) {
    int64_t s = seconds > 0 && seconds < 1e15 ? (int64_t)(seconds + 0.5) : 0;
    char text[48];
    if (s >= 3600)
        snprintf(text, sizeof text, "%lld:%02d:%02d", (long long)(s / 3600), (int)(s / 60 % 60), (int)(s % 60));
    else
        snprintf(text, sizeof text, "%d:%02d", (int)(s / 60), (int)(s % 60));
    lrt_line_text(l, text);
}

bool lrt_line_write(struct trainer_line *l, int descriptor) {
    size_t done = 0, length = l->length;
    l->length = 0;
    while (done < length) {
        ssize_t n = write(descriptor, l->text + done, length - done);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        done += (size_t)n;
    }
    return true;
}
