// peft_pattern: regular expressions of adapter_config.json over the names of modules, by PCRE2. Python's re and PCRE2
// agree on the syntax that such patterns use.
#pragma once
#include <jansson.h>

#include "runtime/adapter/adapter_entries.h"

enum peft_form {
    PEFT_END,  // keys of patterns: "(.*\.)?(KEY)$" from the beginning
    PEFT_WHOLE // target_modules: the whole name
};
struct peft_pattern; // compiled

// NULL after a message: no regular expression. path and key: of the file, for the message.
struct peft_pattern *lrt_peft_compile(const char *text, enum peft_form form, const char *path, const char *key,
                                      struct lrt_report *report);
// 1: matches, 0: does not, negative: it takes too long.
int lrt_peft_matches(const struct peft_pattern *p, const char *module);
void lrt_peft_pattern_free(struct peft_pattern *p);

// For every adapted entry the value of the first key of an object of patterns that matches its module; NULL: none does.
int lrt_peft_pattern_values(const json_t *config, const char *path, const char *key, const struct adapter_entries *e,
                            const json_t **values, struct lrt_report *report);
