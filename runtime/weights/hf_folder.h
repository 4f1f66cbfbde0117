// hf_folder: a Hugging Face folder (one safetensors or shards with an index, config.json) opened as one weight file.
#pragma once
#include "runtime/weights/weight_file.h"

int lrt_hf_open_folder(struct lrt_weight_file *file, const char *directory, struct lrt_report *report);
int lrt_hf_open_index(struct lrt_weight_file *file, const char *path, struct lrt_report *report);
// Reads config.json beside the open file, if there is one.
int lrt_hf_read_config(struct lrt_weight_file *file, struct lrt_report *report);
// Checks a config.json against the plan; rejects with key and value.
int lrt_hf_check_config(const struct json_t *config, const char *path, const struct lrt_plan_info *plan,
                        struct lrt_report *report);
