// hf_folder: a Hugging Face folder (one safetensors or shards with an index, config.json) opened as one weight file.
#pragma once
#include "runtime/weights/weight_file.h"

int lrt_hf_open_folder(struct lrt_weight_file *file, const char *directory, struct lrt_report *report);
int lrt_hf_open_index(struct lrt_weight_file *file, const char *path, struct lrt_report *report);
// Checks the text of a config.json against the plan's dims; rejects with key and value.
int lrt_hf_check_config(const char *config, const char *path, const struct lrt_plan_info *plan,
                        struct lrt_report *report);
