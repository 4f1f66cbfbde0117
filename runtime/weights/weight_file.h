// weight_file: what the parts of lrt_files share: mapped shards, the directory of tensors, messages, element types.
#pragma once
#include <stdbool.h>

#include <lorac/lrt_files.h>

struct file_shard {
    char *path;
    const uint8_t *base; // mapped, read-only
    size_t bytes;
};

struct gguf_entry { // one metadata entry; all pointers into the mapping
    const char *key;
    size_t key_length;
    uint32_t type, element_type; // element_type of an array (type 9)
    uint64_t count;              // elements of an array, bytes of a string, else 1
    const uint8_t *data;         // of the value; of an array or string: of its elements
    size_t bytes;                // of data
};

struct string_pair {
    char *key, *value;
};

struct lrt_weight_file {
    enum lrt_file_format format;
    struct file_shard *shards;
    size_t n_shards;
    struct lrt_file_tensor *tensors; // names are malloc'd, one each
    size_t n_tensors, tensor_capacity;
    uint32_t *by_name; // indices of tensors, sorted by name
    struct gguf_entry *entries;
    size_t n_entries;
    uint32_t *entry_by_key;
    struct string_pair *metadata; // of safetensors
    size_t n_metadata;
    char architecture[64]; // "" when not known
    struct json_t *config; // config.json beside a safetensors file, NULL when there is none
    char *config_path;
    void **copies; // tensors that could not be used as mapped
    size_t n_copies;
    uint64_t copied;
};

// ---- messages ----
// Sets / appends to the text and returns `status`; message may be NULL.
int lrt_file_fail(struct lrt_report *report, int status, const char *format, ...) __attribute__((format(printf, 3, 4)));
void lrt_file_note(struct lrt_report *report, const char *format, ...) __attribute__((format(printf, 2, 3)));
void lrt_file_clear(struct lrt_report *report);

// ---- element types ----
// Elements and bytes of a block; false when the type is unknown.
bool lrt_file_type_block(uint32_t type, size_t *elements, size_t *bytes);
const char *lrt_file_type_name(uint32_t type); // "q4_0", "i64"; "unknown"
// True for the types that kernels read: enum lrt_type.
bool lrt_file_type_usable(uint32_t type);
// Bytes of a tensor; false on overflow, an unknown type or a row that does not fill blocks.
bool lrt_file_tensor_bytes(uint32_t type, const int64_t *shape, int rank, uint64_t *bytes);

// ---- shards and directories ----
// Maps a file as a new shard. The path is copied.
int lrt_file_map(struct lrt_weight_file *file, const char *path, struct lrt_report *report);
// Makes room for so many more tensors, and no more.
bool lrt_file_reserve(struct lrt_weight_file *file, size_t tensors);
// Adds a tensor; the name is copied. False when malloc fails.
bool lrt_file_add_tensor(struct lrt_weight_file *file, const struct lrt_file_tensor *tensor, size_t name_length);
// Makes by_name; two tensors of one name are an error.
int lrt_file_sort_names(struct lrt_weight_file *file, struct lrt_report *report);
// Fills the directory from the newest shard: of a GGUF, and of the other parts that it names (gguf_split).
int lrt_gguf_read(struct lrt_weight_file *file, struct lrt_report *report);
int lrt_gguf_read_tensors(struct lrt_weight_file *file, struct lrt_report *report); // of this shard alone
int lrt_safetensors_read(struct lrt_weight_file *file, struct lrt_report *report);
// Sets `architecture` from what the file or its config.json says.
void lrt_file_find_architecture(struct lrt_weight_file *file);
// Reads a JSON file whose value is an object; NULL with a message when it cannot. limit: bytes refused beyond.
struct json_t *lrt_file_read_json(const char *path, size_t limit, struct lrt_report *report);

// ---- what a file says of its model ----
// Appends the keys that no check reads to the report.
void lrt_file_note_unknown(const struct lrt_weight_file *file, struct lrt_report *report);
// If the model uses the embedding as its output matrix, an output matrix of the file that no weight uses must equal it.
// used [n_tensors].
int lrt_file_check_head(const struct lrt_weight_file *file, const struct lrt_plan_info *plan,
                        const struct lrt_tensor *slots, const bool *used, struct lrt_report *report);
