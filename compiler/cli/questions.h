// Questions: what lorac answers without a model: --help, --version, --explain, --cflags, --libs, --print-ops.
#pragma once
#include "compiler/cli/options.h"

struct text;

// The words that a shell's command adds to compile and to link a generated program, without the end of the line.
void print_cflags(struct text *out);
void print_libs(struct text *out);
void answer_question(const struct options *o, struct diagnostics *d);
