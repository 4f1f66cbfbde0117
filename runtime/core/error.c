/* Error: the text of a context's last error. What it shows of files is plain. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <lorac/lrt.h>
#include <lorac/lrt_foreign.h>

int lrt_fail(struct lrt *c, int status, const char *format, ...) {
    char text[sizeof c->error];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    lrt_plain_text(c->error, sizeof c->error, text, strlen(text), "");
    return status;
}

const char *lrt_error(const struct lrt *c) { return c->error; }
