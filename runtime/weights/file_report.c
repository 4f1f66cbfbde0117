// file_report: the words a failed call leaves: formatted into the caller's message, cut at its end. Names in them come
// from files, so the text is made plain; a line begins only where a format begins with one.
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <lorac/lrt_foreign.h>
#include "runtime/weights/weight_file.h"

static void append(struct lrt_report *report, const char *format, va_list args) {
    char text[LRT_REPORT_BYTES];
    size_t length = strlen(report->text);
    vsnprintf(text, sizeof text, format, args);
    const size_t line = format[0] == '\n';
    if (line && length + 1 < sizeof report->text) report->text[length++] = '\n';
    lrt_plain_text(report->text + length, sizeof report->text - length, text + line, strlen(text + line), "");
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
