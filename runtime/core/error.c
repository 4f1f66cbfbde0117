/* Error: the text of a context's last error. */
#include <stdarg.h>
#include <stdio.h>

#include <lorac/lrt.h>

int lrt_fail(struct lrt *c, int status, const char *format, ...) {
    va_list values;
    va_start(values, format);
    vsnprintf(c->error, sizeof c->error, format, values);
    va_end(values);
    return status;
}

const char *lrt_error(const struct lrt *c) { return c->error; }
