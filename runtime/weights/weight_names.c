// weight_names: what a weight is called in a file: its pattern for the format, else the other format's, else its own
// name.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "runtime/weights/weight_names.h"

size_t lrt_name_expand(char *name, size_t size, const char *pattern, int64_t instance) {
    char digits[24];
    size_t n = (size_t)snprintf(digits, sizeof digits, "%" PRId64, instance), length = 0;
    for (const char *p = pattern; *p;) {
        bool index = strncmp(p, "{i}", 3) == 0;
        const char *bytes = index ? digits : p;
        size_t count = index ? n : 1;
        for (size_t i = 0; i < count; i++, length++)
            if (length + 1 < size) name[length] = bytes[i];
        p += index ? 3 : 1;
    }
    if (size) name[length < size ? length : size - 1] = '\0';
    return length;
}

size_t lrt_weight_name(char *name, size_t size, const struct lrt_weight_info *weight, int64_t instance,
                       enum lrt_file_format format) {
    const char *first = format == LRT_FORMAT_GGUF ? weight->gguf : weight->hf;
    const char *second = format == LRT_FORMAT_GGUF ? weight->hf : weight->gguf;
    const char *pattern = first ? first : second;
    if (pattern) return lrt_name_expand(name, size, pattern, instance);
    const char *dot = strrchr(weight->name, '.');
    if (weight->instances <= 1 || !dot) return lrt_name_expand(name, size, weight->name, instance);
    int n = snprintf(name, size, "%.*s.%" PRId64 "%s", (int)(dot - weight->name), weight->name, instance, dot);
    return n < 0 ? 0 : (size_t)n;
}

// Edit distance, both cut to NAME_COMPARED bytes. A changed letter costs 3, one more or less 2: a name made longer is
// nearer than one of other letters.
size_t lrt_name_distance(const char *a, const char *b) {
    enum { NAME_COMPARED = 128 };
    size_t la = strnlen(a, NAME_COMPARED), lb = strnlen(b, NAME_COMPARED), row[NAME_COMPARED + 1];
    for (size_t j = 0; j <= lb; j++) row[j] = 2 * j;
    for (size_t i = 1; i <= la; i++) {
        size_t diagonal = row[0];
        row[0] = 2 * i;
        for (size_t j = 1; j <= lb; j++) {
            size_t above = row[j], best = diagonal + (a[i - 1] != b[j - 1] ? 3 : 0);
            if (above + 2 < best) best = above + 2;
            if (row[j - 1] + 2 < best) best = row[j - 1] + 2;
            row[j] = best;
            diagonal = above;
        }
    }
    return row[lb];
}

bool lrt_name_ends(const char *name, const char *end) {
    size_t length = strlen(name), n = strlen(end);
    return length >= n && strcmp(name + length - n, end) == 0;
}

bool lrt_name_is_conv1d(const char *name) {
    return lrt_name_ends(name, ".c_attn.weight") || lrt_name_ends(name, ".c_proj.weight") ||
           lrt_name_ends(name, ".c_fc.weight");
}
