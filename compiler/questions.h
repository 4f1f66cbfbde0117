// Questions: what lorac answers without a model: --help, --version, --explain, --cflags, --libs, --print-ops.
#pragma once
#include "compiler/options.h"

int answer_question(const struct options *o); // the exit code
