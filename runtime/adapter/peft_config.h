// peft_config: adapter_config.json of PEFT, written for a set of entries and held against them.
#pragma once
#include "runtime/adapter/adapter_entries.h"

// The text, malloc'd; NULL with a report when memory runs out.
char *lrt_peft_config_text(const struct adapter_entries *e, const struct lrt_adapter_source *from,
                           struct lrt_report *report);
int lrt_peft_config_check(const char *text, const char *path, const struct adapter_entries *e,
                          struct lrt_report *report);
