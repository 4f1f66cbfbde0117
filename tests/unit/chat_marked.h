/* A conversation's text with braces around what counts. */
#ifndef CHAT_MARKED_H
#define CHAT_MARKED_H
#include <lorac/lrt_text.h>
#include <string.h>

static inline const char *chat_marked(const struct lrt_chat_text *text) {
    static char marked[8192];
    size_t n = 0, at = 0;
    for (size_t i = 0; i <= text->n_counted; i++) {
        const size_t begin = i < text->n_counted ? text->counted[i].begin : text->bytes;
        const size_t end = i < text->n_counted ? text->counted[i].end : text->bytes;
        assert_true(n + text->bytes + 4 < sizeof marked && begin >= at && end >= begin);
        memcpy(marked + n, text->text + at, begin - at);
        n += begin - at;
        if (i < text->n_counted) marked[n++] = '{';
        memcpy(marked + n, text->text + begin, end - begin);
        n += end - begin;
        if (i < text->n_counted) marked[n++] = '}';
        at = end;
    }
    marked[n] = 0;
    return marked;
}
#endif
