// Trainer fail: prints an error to stderr, after the progress bar. Names in it are made plain.
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <lorac/lrt_foreign.h>
#include "runtime/trainer/trainer.h"

enum { MESSAGE_BYTES = 4 * LRT_REPORT_BYTES };

int lrt_trainer_fail(struct trainer *t, int exit_code, const char *format, ...) {
    char text[MESSAGE_BYTES], shown[MESSAGE_BYTES];
    va_list arguments;
    lrt_trainer_progress_end(&t->progress);
    fflush(stdout);
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    lrt_plain_text(shown, sizeof shown, text, strlen(text), "\n");
    fprintf(stderr, "%s: %s\n", t->options.program, shown);
    return exit_code;
}
