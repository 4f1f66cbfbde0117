// Fuzzes the front end: any bytes become a tree and a model, or diagnostics; all three are printed. The first byte
// chooses whether the rest is a file or the value of an option.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/base/arena.h"
#include "compiler/base/diag.h"
#include "compiler/base/text.h"
#include "compiler/front/parse.h"
#include "compiler/front/scan.h"
#include "compiler/model/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_file(struct arena *a, struct sources *s, struct diagnostics *d, const char *bytes, size_t size,
                      const struct model_options *options, struct text *t) {
    struct ast_file *file = parse_bytes(a, s, d, "fuzz.lora", bytes, size, (struct parse_folders){0});
    scan_dump(a, s, d, 1, t);
    if (!file) return;
    ast_dump(file, t);
    const struct model *m = diag_failed(d) ? NULL : model_build(a, s, d, file, options);
    if (m) model_dump(m, t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char base[] = "model m\ndim n = 4\nweight w[n, n]\nx = linear(w, w)\nadapt w with full\n"
                               "train {\n  loss mse(x, w)\n}\n";
    if (size == 0) return 0;
    struct arena a = {0};
    struct sources s = {.arena = &a};
    struct diagnostics *d = diag_new(&a, &s);
    struct text t = {0};
    struct model_options options = {.gradient = NULL};
    const char *value = arena_copy(&a, (const char *)data + 1, size - 1);
    switch (data[0]) {
    case 'g': options.gradient = value; break;
    case 'o': options.optimizer = value; break;
    case 'm': options.memory = value; break;
    case 'u': options.update = value; break;
    case 'D':
        options.dims = &value;
        options.n_dims = 1;
        break;
    default: break;
    }
    if (memchr("gomuD", data[0], 5))
        fuzz_file(&a, &s, d, base, sizeof base - 1, &options, &t);
    else
        fuzz_file(&a, &s, d, value, size - 1, &options, &t);
    diag_write(d, &t, DIAG_TEXT, true);
    diag_write(d, &t, DIAG_JSON, false);
    diag_write(d, &t, DIAG_SARIF, false);
    text_free(&t);
    arena_free(&a);
    return 0;
}
