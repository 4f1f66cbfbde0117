/* The form of a data file: by its ending, whatever its case, and by its first bytes. A table of bytes or an archive is
 * no text, and learning the braces of JSON is nobody's wish: both are refused. */
#include "runtime/text/data_rows.h"
#include "runtime/text/utf8.h"
#include <string.h>
#include <strings.h>

static const char unpack[] = "it is packed: unpack it", table[] = "write the table as .csv or .jsonl",
                  extract[] = "write its text into a .txt or .jsonl file",
                  utf16[] = "it is UTF-16 or UTF-32: write it as UTF-8";

static const struct {
    const char *ending;
    enum lrt_data_format format;
    const char *cure; /* of a refused one */
} endings[] = {
    {".tok", LRT_DATA_TOKENS, NULL},       {".jsonl", LRT_DATA_EXAMPLES, NULL}, {".ndjson", LRT_DATA_EXAMPLES, NULL},
    {".json", LRT_DATA_EXAMPLES, NULL},    {".csv", LRT_DATA_EXAMPLES, NULL},   {".tsv", LRT_DATA_EXAMPLES, NULL},
    {".parquet", LRT_DATA_REFUSED, table}, {".arrow", LRT_DATA_REFUSED, table}, {".feather", LRT_DATA_REFUSED, table},
    {".avro", LRT_DATA_REFUSED, table},    {".orc", LRT_DATA_REFUSED, table},   {".xlsx", LRT_DATA_REFUSED, table},
    {".xls", LRT_DATA_REFUSED, table},     {".ods", LRT_DATA_REFUSED, table},   {".gz", LRT_DATA_REFUSED, unpack},
    {".zst", LRT_DATA_REFUSED, unpack},    {".zip", LRT_DATA_REFUSED, unpack},  {".xz", LRT_DATA_REFUSED, unpack},
    {".bz2", LRT_DATA_REFUSED, unpack},    {".lz4", LRT_DATA_REFUSED, unpack},  {".7z", LRT_DATA_REFUSED, unpack},
    {".tar", LRT_DATA_REFUSED, unpack},    {".pdf", LRT_DATA_REFUSED, extract}, {".docx", LRT_DATA_REFUSED, extract},
};

/* What a text never begins with. */
static const struct {
    const char *bytes;
    size_t n;
    const char *cure;
} beginnings[] = {
    {"\x1f\x8b", 2, unpack},
    {"PK\3\4", 4, unpack},
    {"\x28\xb5\x2f\xfd", 4, unpack},
    {"BZh", 3, unpack},
    {"\xfd"
     "7zXZ",
     5, unpack},
    {"PAR1", 4, table},
    {"ARROW1", 6, table},
    {"%PDF-", 5, extract},
    {"\xff\xfe", 2, utf16},
    {"\xfe\xff", 2, utf16},
};

static size_t find_ending(const char *path) {
    const size_t n = strlen(path), count = sizeof endings / sizeof *endings;
    for (size_t i = 0; i < count; i++) {
        const size_t k = strlen(endings[i].ending);
        if (n >= k && strcasecmp(path + n - k, endings[i].ending) == 0) return i;
    }
    return count;
}

enum lrt_data_format lrt_data_format(const char *path) {
    const size_t i = find_ending(path);
    return i < sizeof endings / sizeof *endings ? endings[i].format : LRT_DATA_TEXT;
}

const char *lrt_data_cure(const char *path, const char *text, size_t bytes) {
    const size_t ending = find_ending(path);
    if (ending < sizeof endings / sizeof *endings && endings[ending].cure) return endings[ending].cure;
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
        if (bytes >= beginnings[i].n && memcmp(text, beginnings[i].bytes, beginnings[i].n) == 0)
            return beginnings[i].cure;
    return NULL;
}

char lrt_data_mark(const char *path) {
    const size_t n = strlen(path);
    if (n >= 4 && strcasecmp(path + n - 4, ".csv") == 0) return ',';
    return n >= 4 && strcasecmp(path + n - 4, ".tsv") == 0 ? '\t' : 0;
}

static size_t blanks(const char *text, size_t bytes) {
    size_t n = 0;
    while (n < bytes && lrt_is_blank(text[n])) n++;
    return n;
}

int lrt_data_looks_like_json(const char *text, size_t bytes) {
    size_t at = blanks(text, bytes);
    if (at < bytes && text[at] == '[') at += 1 + blanks(text + at + 1, bytes - at - 1);
    if (at >= bytes || text[at] != '{') return 0;
    at += 1 + blanks(text + at + 1, bytes - at - 1);
    return at < bytes && text[at] == '"';
}
