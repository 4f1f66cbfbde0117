// Model cases: small models that differ in their trained tensors and in how these are used.
#pragma once
#include <stddef.h>

struct model_case {
    const char *what, *text;
};
extern const struct model_case model_cases[];
extern const size_t n_model_cases;
