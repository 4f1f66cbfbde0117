/* lrt_foreign: what strangers give: files, which are opened in one way, and text, which is shown in one way. */
#ifndef LRT_FOREIGN_H
#define LRT_FOREIGN_H
#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#endif

/* Opens a regular file for reading, without ever waiting; pipes, devices and folders are refused. Returns the
 * descriptor, and its size in *bytes; -1 and in *why the reason, in words. */
int lrt_open_regular(const char *path, size_t *bytes, const char **why);
/* All bytes of such a file with a NUL behind them, malloc'd; NULL and in *why the reason, also for more than `limit`.
 */
char *lrt_read_regular(const char *path, size_t limit, size_t *bytes, const char **why);
/* Bytes of the byte-order mark that a text begins with: 3 or 0. */
size_t lrt_text_mark(const char *text, size_t bytes);

enum { LRT_PLAIN_BYTES = 8 };
/* One character as a terminal may see it: itself, or \x1b, \u202e for one that moves the cursor or turns the line, and
 * \xff for a byte that is no UTF-8. Tabs stay. Returns the bytes of `from` that it is; n > 0. */
size_t lrt_plain_character(const char *from, size_t n, char shown[LRT_PLAIN_BYTES], size_t *length);
/* The same for a text of n bytes, NUL-terminated in `to`; cut at a character where `size` ends. keep: characters that
 * stay although they are none of the above ("\n"). Returns the length. */
size_t lrt_plain_text(char *to, size_t size, const char *from, size_t n, const char *keep);

#ifdef __cplusplus
}
#endif
#endif
