// file_report: the words a failed call leaves: formatted into the caller's message, cut at its end.
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "runtime/weights/weight_file.h"

static void append(struct lrt_report *report, const char *format, va_list args) {
    size_t length = strlen(report->text);
    vsnprintf(report->text + length, sizeof report->text - length, format, args);
}

int lrt_file_fail(struct lrt_report *report, int status, const char *format, ...) {
    if (!report) return status;
    report->text[0] = '\0';
    va_list args;
    va_start(args, format);
    append(report, format, args);
    va_end(args);
    return status;
}

void lrt_file_note(struct lrt_report *report, const char *format, ...) {
    if (!report) return;
    va_list args;
    va_start(args, format);
    append(report, format, args);
    va_end(args);
}

void lrt_file_clear(struct lrt_report *report) {
    if (report) report->text[0] = '\0';
}
