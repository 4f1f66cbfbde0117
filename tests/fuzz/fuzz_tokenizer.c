/* The first byte chooses: the rest is a tokenizer file of one of four kinds. What opens is used, on a
 * fixed text and on the input itself. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <fcntl.h>
#include <stdio.h>
#include "runtime/text/tokenizer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(struct lrt *c, struct lrt_tokenizer *t, const char *text, size_t bytes) {
    int32_t ids[512];
    size_t n;
    char out[512];
    if (lrt_encode_array(c, t, text, bytes, LRT_ENCODE_SPECIAL | LRT_ENCODE_BOUNDS, ids, 512, &n)) return;
    struct lrt_decoder d;
    lrt_decode_start(&d, t, 1);
    for (size_t i = 0; i < n && i < 512; i++) {
        if (ids[i] < 0 || ids[i] >= lrt_tokenizer_info(t)->vocab) abort();
        lrt_decode(&d, ids[i], out, sizeof out);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const endings[] = {"bin", "json", "gguf", "model"};
    if (size < 1) return 0;
    char path[128];
    snprintf(path, sizeof path, "/tmp/lorac-fuzz-%ld.%s", (long)getpid(), endings[data[0] % 4]);
    const int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    if (fd < 0 || write(fd, data + 1, size - 1) != (ssize_t)(size - 1)) abort();
    close(fd);
    struct lrt c = {0};
    struct lrt_tokenizer *t;
    if (lrt_tokenizer_open(&c, &t, path) == LRT_OK) {
        use(&c, t, "Once upon\n a time \xFF <s> 12", 27);
        use(&c, t, (const char *)data, size < 4096 ? size : 4096);
        lrt_tokenizer_close(t);
    }
    unlink(path);
    return 0;
}
