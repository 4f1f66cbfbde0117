// peft_key: the names under which PEFT finds a tensor. The usual form is "base_model.model.MODULE.lora_A.weight". The
// adapter's name may follow the kind ("lora_A.default.weight"). Adapters of a base model without its causal head leave
// out "model.", as the base does.
#pragma once
#include "runtime/adapter/adapter_match.h"

struct peft_keys {
    const char *path;                // of the file, for messages
    char adapter[ADAPTER_KEY_BYTES]; // the adapter's name, once a key has one
};
adapter_key lrt_peft_key; // context: struct peft_keys
