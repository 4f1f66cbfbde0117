// Fixture for the tests of the front end: one compilation in memory, and its diagnostics as a list of ids.
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <locale.h>
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

void compilation_begin(struct compilation *c);

void compile(struct compilation *c, const char *text);

void compilation_end(struct compilation *c);

// The ids reported, e.g. "E0101 E0103".
const char *reported(struct compilation *c);

// Switches to a locale whose numbers have a comma, and builds one where none is installed; false when it cannot.
bool comma_locale(void);

#define TINY_HEAD                                                                                                      \
    "model tiny\ndim batch = 2, seq = 4, vocab = 8, width = 6, depth = 3\n"                                            \
    "input tokens[batch, seq]: token(vocab)\ninput targets[batch, seq]: token(vocab), ignore -100\n"                   \
    "weight embed[vocab, width]\n"                                                                                     \
    "block layer(x) for i in 0..depth {\n  weight norm[width]\n  weight w[width, width]  gguf \"w.{i}\"\n"             \
    "  return x + linear(rms_norm(x, norm), w)\n}\n"                                                                   \
    "logits = linear(layer(embedding(tokens, embed)), embed)\n"
#define TINY_ADAPT "adapt layer.w with lora(rank: 2, alpha: 4)\n"
#define TINY_TRAIN "train {\n  loss cross_entropy(logits, targets)\n}\n"
