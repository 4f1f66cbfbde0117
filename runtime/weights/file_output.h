// file_output: writes a file under a temporary name in the same folder. Only a complete, synced file replaces the old
// one. Errors are kept until the end, so callers need not check each write.
#pragma once
#include "runtime/weights/weight_file.h"

struct file_output {
    char *path, *temporary;
    int descriptor; // -1: not open
    int error;      // errno of the first failure
    uint64_t position;
    uint8_t *buffer;
    size_t used;
};

int lrt_output_open(struct file_output *o, const char *path, struct lrt_report *report);
void lrt_output_write(struct file_output *o, const void *bytes, size_t n);
void lrt_output_zeros(struct file_output *o, size_t n);
void lrt_output_u32(struct file_output *o, uint32_t value);
void lrt_output_u64(struct file_output *o, uint64_t value);
// status: of what was to be written; unless it is LRT_OK and nothing failed, the temporary file is removed and the old
// one stays.
int lrt_output_close(struct file_output *o, int status, struct lrt_report *report);
// Makes a folder unless it is there.
int lrt_output_folder(const char *directory, struct lrt_report *report);
