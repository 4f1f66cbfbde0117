// Number: the C library's conversion, exact to the last bit, under a "C" locale of our own.
#include "compiler/base/number.h"

#include <locale.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

bool number_read(const char *string, double *value) {
    if (strspn(string, "+-.0123456789eE") != strlen(string) || !*string) return false; // no hex, inf, nan, blanks
    locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!c_locale) return false;
    char *end = NULL;
    *value = strtod_l(string, &end, c_locale);
    freelocale(c_locale);
    return end != string && *end == '\0' && isfinite(*value);
}
