// Fixture for the tests of the front end: one compilation in memory, and its diagnostics as a list of ids.
#pragma once
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/base/arena.h"
#include "compiler/base/diag.h"
#include "compiler/base/diag_list.h"
#include "compiler/base/text.h"
#include "compiler/front/parse.h"
#include "compiler/front/scan.h"
#include "compiler/model/model.h"

struct compilation {
    struct arena arena;
    struct sources sources;
    struct diagnostics *diagnostics;
    struct model_options options;
    struct ast_file *file;
    struct model *model;
};

static inline void compilation_begin(struct compilation *c) {
    *c = (struct compilation){.model = NULL};
    c->sources.arena = &c->arena;
    c->diagnostics = diag_new(&c->arena, &c->sources);
}

static inline void compile(struct compilation *c, const char *text) {
    c->file =
        parse_bytes(&c->arena, &c->sources, c->diagnostics, "test.lora", text, strlen(text), (struct parse_folders){0});
    if (c->file) c->model = model_build(&c->arena, &c->sources, c->diagnostics, c->file, &c->options);
}

static inline void compilation_end(struct compilation *c) { arena_free(&c->arena); }

// The ids reported, e.g. "E0101 E0103".
static inline const char *reported(struct compilation *c) {
    char *ids = arena_alloc(&c->arena, c->diagnostics->count * 6 + 1), *end = ids;
    for (size_t i = 0; i < c->diagnostics->count; i++) {
        memcpy(end, diag_name(c->diagnostics->list[i].id), 5);
        end[5] = ' ';
        end += 6;
    }
    if (end > ids) end[-1] = '\0';
    return ids;
}

// Switches to a locale whose numbers have a comma, and builds one where none is installed; false when it cannot.
static inline bool comma_locale(void) {
    if (setlocale(LC_ALL, "de_DE.UTF-8") || setlocale(LC_ALL, "fr_FR.UTF-8")) return true;
    char folder[] = "/tmp/lorac-locale-XXXXXX";
    if (!mkdtemp(folder)) return false;
    char command[160];
    snprintf(command, sizeof command, "localedef -i de_DE -f UTF-8 %s/de_DE.UTF-8 2>/dev/null", folder);
    bool built = system(command) == 0 && setenv("LOCPATH", folder, 1) == 0 && setlocale(LC_ALL, "de_DE.UTF-8");
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) == 0 && built && strcmp(localeconv()->decimal_point, ",") == 0;
}

#define TINY_HEAD                                                                                                      \
    "model tiny\ndim batch = 2, seq = 4, vocab = 8, width = 6, depth = 3\n"                                            \
    "input tokens[batch, seq]: token(vocab)\ninput targets[batch, seq]: token(vocab), ignore -100\n"                   \
    "weight embed[vocab, width]\n"                                                                                     \
    "block layer(x) for i in 0..depth {\n  weight norm[width]\n  weight w[width, width]  gguf \"w.{i}\"\n"             \
    "  return x + linear(rms_norm(x, norm), w)\n}\n"                                                                   \
    "logits = linear(layer(embedding(tokens, embed)), embed)\n"
#define TINY_ADAPT "adapt layer.w with lora(rank: 2, alpha: 4)\n"
#define TINY_TRAIN "train {\n  loss cross_entropy(logits, targets)\n}\n"
