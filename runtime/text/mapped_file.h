/* Files as memory: an input mapped read-only, and a spool: bytes written once to an unlinked temporary file, then
 * mapped. */
#ifndef LRT_TEXT_MAPPED_FILE_H
#define LRT_TEXT_MAPPED_FILE_H
#include <lorac/lrt.h>

struct lrt_mapping {
    const char *data; /* NULL when empty */
    size_t bytes;
};
int lrt_map_file(struct lrt *c, struct lrt_mapping *m, const char *path); /* regular files only */
/* Pages that were read leave the process; the next read brings them back. */
void lrt_mapping_release(const struct lrt_mapping *m);
void lrt_unmap(struct lrt_mapping *m);

enum { LRT_SPOOL_BUFFER = 1 << 16 };
struct lrt_spool {
    int fd; /* -1: not open */
    size_t held, written;
    char *buffer;
    char folder[512]; /* for messages */
};
/* folder NULL: $TMPDIR, else /var/tmp, else /tmp. Start with fd -1, buffer NULL. */
int lrt_spool_open(struct lrt *c, struct lrt_spool *s, const char *folder);
int lrt_spool_write(struct lrt *c, struct lrt_spool *s, const void *bytes, size_t n);
/* Maps what was written and closes the spool; the pages are the file's, of which no name is left. */
int lrt_spool_map(struct lrt *c, struct lrt_spool *s, struct lrt_mapping *m);
void lrt_spool_close(struct lrt_spool *s);
#endif
