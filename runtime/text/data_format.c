/* The form of a data file: by its ending, whatever its case. A table or an archive is no text, and learning the braces
 * of JSON is nobody's wish: both are refused. */
#include "runtime/text/data_rows.h"
#include <string.h>
#include <strings.h>

static const struct {
    const char *ending;
    enum lrt_data_format format;
} endings[] = {
    {".tok", LRT_DATA_TOKENS},      {".jsonl", LRT_DATA_EXAMPLES}, {".ndjson", LRT_DATA_EXAMPLES},
    {".json", LRT_DATA_REFUSED},    {".csv", LRT_DATA_REFUSED},    {".tsv", LRT_DATA_REFUSED},
    {".parquet", LRT_DATA_REFUSED}, {".arrow", LRT_DATA_REFUSED},  {".gz", LRT_DATA_REFUSED},
    {".zst", LRT_DATA_REFUSED},     {".zip", LRT_DATA_REFUSED},
};

enum lrt_data_format lrt_data_format(const char *path) {
    const size_t n = strlen(path);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        const size_t k = strlen(endings[i].ending);
        if (n >= k && strcasecmp(path + n - k, endings[i].ending) == 0) return endings[i].format;
    }
    return LRT_DATA_TEXT;
}

static size_t blanks(const char *text, size_t bytes) {
    size_t n = 0;
    while (n < bytes && strchr(" \t\r\n", text[n]) && text[n]) n++;
    return n;
}

int lrt_data_looks_like_json(const char *text, size_t bytes) {
    size_t at = blanks(text, bytes);
    if (at < bytes && text[at] == '[') at += 1 + blanks(text + at + 1, bytes - at - 1);
    if (at >= bytes || text[at] != '{') return 0;
    at += 1 + blanks(text + at + 1, bytes - at - 1);
    return at < bytes && text[at] == '"';
}
