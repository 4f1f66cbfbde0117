// Check: the message and the exit code of an internal error.
#include "compiler/base/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { EXIT_INTERNAL_ERROR = 70 };

void check_failed(const char *file, int line, const char *format, ...) {
    va_list args;
    fflush(stdout);
    fprintf(stderr, "lorac: internal error: ");
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, " (%s:%d)\n", file, line);
    exit(EXIT_INTERNAL_ERROR);
}
