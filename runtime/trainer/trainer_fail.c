// Trainer fail: what is wrong is said on stderr, behind the progress bar.
#include <stdarg.h>
#include <stdio.h>

#include "runtime/trainer/trainer.h"

int lrt_trainer_fail(struct trainer *t, int exit_code, const char *format, ...) {
    va_list arguments;
    lrt_trainer_progress_end(&t->progress);
    fflush(stdout);
    fprintf(stderr, "%s: ", t->options.program);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "\n");
    return exit_code;
}
