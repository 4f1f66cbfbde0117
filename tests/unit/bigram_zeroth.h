// Bigram zeroth: the bigram model as a program of zeroth order, for tests of the trainer. Logits and data are the same.
// Its step is a handwritten struct lrt_program, which the runtime runs like a generated one.
#pragma once
#include "tests/unit/bigram_model.h"

const struct lrt_interface *bigram_zeroth(void);
// What tests may change, once bigram_zeroth was called.
struct lrt_plan_info *bigram_zeroth_info(void);
struct lrt_program *bigram_zeroth_program(void);
