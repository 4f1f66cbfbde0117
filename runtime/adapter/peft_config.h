// peft_config: adapter_config.json of PEFT, written for a set of entries, and compared with them when it is read.
// peft_config.c has the keys of all kinds of adapters, peft_KIND.c those of one kind.
#pragma once
#include <jansson.h>

#include "runtime/adapter/adapter_entries.h"

struct peft_kind {
    const char *type; // peft_type
    bool layers;      // layers_to_transform says which layers; else whole names of modules do
    // Adds the kind's own keys. `whole`: the names of modules are whole.
    void (*write)(json_t *config, const struct adapter_entries *e, const struct lrt_plan_info *plan, bool whole);
    // A status: whether these keys fit the entries. `scale` [e->n], all 1 at first: the factor that the values of each
    // must be multiplied with, so that the program computes what the configuration says.
    int (*check)(const json_t *config, const char *path, const struct adapter_entries *e,
                 const struct lrt_plan_info *plan, double *scale, struct lrt_report *report);
};
#define PEFT_KIND(KIND, name) extern const struct peft_kind lrt_peft_##name;
#include "runtime/adapter/peft_kinds.def"
#undef PEFT_KIND

// *text is freed by the caller. Fails for entries of two kinds, too: a folder holds one.
int lrt_peft_config_text(const struct adapter_entries *e, const struct lrt_adapter_source *from, char **text,
                         struct lrt_report *report);
// scale [e->n]: see struct peft_kind.
int lrt_peft_config_check(const json_t *config, const char *path, const struct adapter_entries *e,
                          const struct lrt_plan_info *plan, double *scale, struct lrt_report *report);
// Adds remarks on a folder that was read to the report: another base, dropout, another scale.
void lrt_peft_config_note(const json_t *config, const char *path, const struct adapter_entries *e,
                          const struct lrt_plan_info *plan, const double *scale, struct lrt_report *report);
// Whether PEFT adapts the modules of all entries by this configuration (peft_targets).
int lrt_peft_check_targets(const json_t *config, const char *path, const struct adapter_entries *e,
                           struct lrt_report *report);

// ---- for the kinds ----
// Ends of names that find the modules of the role's entries, and no other; `whole`: their names.
json_t *lrt_peft_modules(const struct adapter_entries *e, const struct lrt_plan_info *plan, enum lrt_role role,
                         bool whole);
// Whether a list of such ends finds the module; whether one does.
bool lrt_peft_finds(const json_t *list, const char *module);
bool lrt_peft_ends(const char *module, const char *end);
// "KEY is VALUE, WHY": a status.
int lrt_peft_refuse(const json_t *config, const char *path, const char *key, const char *why,
                    struct lrt_report *report);
