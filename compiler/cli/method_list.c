// Method list: text is cut at commas outside brackets.
#include "compiler/cli/method_list.h"

#include <string.h>

#include "compiler/base/arena.h"

// The length of the first item of the text, to a comma outside brackets or the end.
static size_t item_length(const char *text) {
    size_t i = 0;
    for (int depth = 0; text[i] && (text[i] != ',' || depth > 0); i++) depth += (text[i] == '(') - (text[i] == ')');
    return i;
}

static const char *trimmed(struct arena *a, const char *text, size_t length) {
    while (length && *text == ' ') {
        text++;
        length--;
    }
    while (length && text[length - 1] == ' ') length--;
    return arena_copy(a, text, length);
}

static bool is_option(const char *item) { return item[strcspn(item, " (")] == ' '; }

// The row with two words more.
static const char *const *extended(struct arena *a, const char *const *row, const char *first, const char *second) {
    size_t n = 0;
    while (row && row[n]) n++;
    const char **words = ARENA_ARRAY(a, const char *, n + 3);
    for (size_t i = 0; i < n; i++) words[i] = row[i];
    words[n] = first;
    words[n + 1] = second;
    return words;
}

const char *const **method_list(struct arena *a, const char *text, size_t *count) {
    const char *const **rows = ARENA_ARRAY(a, const char *const *, strlen(text) + 2);
    *count = 0;
    for (;; text++) {
        size_t length = item_length(text);
        const char *item = trimmed(a, text, length), *blank = strchr(item, ' ');
        bool option = is_option(item);
        if (!*item || (option && !*count)) return NULL;
        if (option)
            rows[*count - 1] = extended(a, rows[*count - 1], arena_print(a, "--%.*s", (int)(blank - item), item),
                                        trimmed(a, blank, strlen(blank)));
        else
            rows[(*count)++] = extended(a, NULL, "--gradient", item);
        text += length;
        if (!*text) return rows;
    }
}
