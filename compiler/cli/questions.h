// Questions: what lorac answers without a model: --help, --version, --explain, --cflags, --libs, --print-ops.
#pragma once
#include "compiler/cli/options.h"

struct text;

// What --cflags and --libs print, each with a line of its own.
void tell_flags(bool cflags, bool libs, struct text *out);
void answer_question(const struct options *o, struct diagnostics *d);
