// Questions: what lorac answers without a model: --help, --version, --explain, --cflags, --libs, --print-ops.
#pragma once
#include "compiler/options.h"

struct text;

// What --cflags and --libs print, each with a line of its own.
void tell_flags(bool cflags, bool libs, struct text *out);
int answer_question(const struct options *o); // the exit code
