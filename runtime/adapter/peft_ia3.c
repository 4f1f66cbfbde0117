// peft_ia3: the keys of IA3 in adapter_config.json: which of the modules have their inputs scaled ("feedforward").
#include <string.h>

#include "runtime/adapter/peft_config.h"
#include "runtime/weights/weight_file.h"

static void write_keys(json_t *config, const struct adapter_entries *e, const struct lrt_plan_info *plan, bool whole) {
    json_object_set_new(config, "feedforward_modules", lrt_peft_modules(e, plan, LRT_ROLE_IA3_INPUTS, whole));
    json_object_set_new(config, "init_ia3_weights", json_true());
}

// Where PEFT has a pattern in place of a list, the shapes of the tensors decide.
static int check_keys(const json_t *config, const char *path, const struct adapter_entries *e,
                      const struct lrt_plan_info *plan, double *scale, struct lrt_report *report) {
    (void)plan, (void)scale;
    const json_t *list = json_object_get(config, "feedforward_modules");
    for (size_t i = 0; i < e->n && json_is_array(list); i++) {
        const struct adapter_entry *entry = &e->entries[i];
        const bool inputs = entry->param->role == LRT_ROLE_IA3_INPUTS, listed = lrt_peft_finds(list, entry->module);
        if (lrt_entry_leads(entry) && listed != inputs)
            return lrt_file_fail(report, LRT_ERR_FILE,
                                 "%s: of %s the adapter scales the %s, the program the %s; generate it with "
                                 "ia3(scale: %s)",
                                 path, entry->module, listed ? "inputs" : "outputs", listed ? "outputs" : "inputs",
                                 listed ? "inputs" : "outputs");
    }
    return LRT_OK;
}

const struct peft_kind lrt_peft_ia3 = {.type = "IA3", .layers = false, .write = write_keys, .check = check_keys};
