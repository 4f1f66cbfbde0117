// Model cases: small models, each with something of its own in what is trained and how it is used.
#pragma once
#include <stddef.h>

struct model_case {
    const char *what, *text;
};
extern const struct model_case model_cases[];
extern const size_t n_model_cases;
