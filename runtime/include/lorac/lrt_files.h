/* lrt_files: weight files (GGUF, safetensors), their binding to a model's slots, adapters in the formats of other
 * tools.
 *
 * An optional part of the runtime. Unlike the core it uses malloc (directories, file names; Jansson while it parses),
 * the file system and mmap; close and the ends of the calls give everything back. Weights themselves are mapped, never
 * copied; the three exceptions are said at lrt_weights_bind. Nothing here prints. Every call that can fail returns an
 * enum lrt_status and writes the reason and the cure into a struct lrt_report (NULL: not wanted). A call that succeeds
 * leaves the message empty, or a note worth showing.
 *
 * Files may be hostile: every count, size and offset is checked against the file's length before use.
 * All writing goes to a temporary file in the same folder, is synced and renamed: a failed write leaves the old file.
 */
#ifndef LRT_FILES_H
#define LRT_FILES_H
#include <lorac/lrt.h>
#ifdef __cplusplus
extern "C" {
#endif

enum { LRT_REPORT_BYTES = 2048 };
struct lrt_report {
    char text[LRT_REPORT_BYTES]; /* cut at the end when longer */
};

/* ---- weight files ---- */

enum lrt_file_format { LRT_FORMAT_GGUF = 1, LRT_FORMAT_SAFETENSORS = 2 };

/* Types that files hold beside those of enum lrt_type; the numbers are GGUF's. */
enum lrt_file_type {
    LRT_I8 = 24,
    LRT_I16 = 25,
    LRT_I64 = 27,
    LRT_OTHER_TYPE = 0x7fffffff /* a dtype that lorac has no use for */
};

struct lrt_file_tensor {
    const char *name;
    uint32_t type;    /* enum lrt_type or lrt_file_type; any number of GGUF */
    int rank;         /* may exceed 4 in safetensors; then shape holds the first 4 */
    int64_t shape[4]; /* row-major: [out, in]; GGUF's dims reversed */
    const void *data; /* in the mapping; aligned as the file has it */
    uint64_t bytes;
    uint32_t shard; /* index of the file in lrt_weight_file_path */
};

struct lrt_weight_file; /* one GGUF, one safetensors, or the shards of a folder, mapped read-only */

/* Opens `path`: a .gguf, the first part of one ("m-00001-of-00003.gguf"), a .safetensors, a *.index.json, or a folder
 * as on Hugging Face. A config.json beside safetensors is read too. The content decides the kind, not the file name.
 * *out is NULL on failure. */
int lrt_weight_file_open(struct lrt_weight_file **out, const char *path, struct lrt_report *report);
void lrt_weight_file_close(struct lrt_weight_file *file); /* unmaps; NULL ok */

enum lrt_file_format lrt_weight_file_format(const struct lrt_weight_file *file);
const char *lrt_weight_file_path(const struct lrt_weight_file *file, size_t shard); /* NULL: no such shard */
uint64_t lrt_weight_file_bytes(const struct lrt_weight_file *file);                 /* mapped, all shards */
uint64_t lrt_weight_file_copied(const struct lrt_weight_file *file); /* bytes copied by lrt_weights_bind; mostly 0 */
size_t lrt_weight_file_count(const struct lrt_weight_file *file);
const struct lrt_file_tensor *lrt_weight_file_tensor(const struct lrt_weight_file *file,
                                                     size_t index); /* in file order */
const struct lrt_file_tensor *lrt_weight_file_find(const struct lrt_weight_file *file, const char *name); /* or NULL */
/* A string of safetensors' __metadata__; NULL when absent. */
const char *lrt_weight_file_metadata(const struct lrt_weight_file *file, const char *key);
/* Copies a float tensor of any enum lrt_type into y [elements]; false for other types. */
int lrt_file_tensor_floats(const struct lrt_file_tensor *tensor, float *y, int64_t elements);

/* ---- GGUF metadata: views into the mapping, nothing is copied; all return 0 when the key is absent or of another kind
 * ---- */

struct lrt_bytes {
    const char *bytes; /* not NUL-terminated */
    size_t length;
};
struct lrt_gguf_array {
    uint32_t type; /* GGUF value type of the elements: 0 u8 1 i8 2 u16 3 i16 4 u32 5 i32 6 f32 7 bool 8 string 10 u64 11
                      i64 12 f64 */
    uint64_t count;
    const uint8_t *data, *next; /* next: cursor of lrt_gguf_next_string */
    uint64_t left;              /* strings not yet given */
};
int lrt_gguf_has(const struct lrt_weight_file *file, const char *key);
int lrt_gguf_integer(const struct lrt_weight_file *file, const char *key, int64_t *out); /* any integer type, bool */
int lrt_gguf_number(const struct lrt_weight_file *file, const char *key, double *out);   /* any number */
int lrt_gguf_string(const struct lrt_weight_file *file, const char *key, struct lrt_bytes *out);
int lrt_gguf_string_is(const struct lrt_weight_file *file, const char *key, const char *value);
int lrt_gguf_find_array(const struct lrt_weight_file *file, const char *key, struct lrt_gguf_array *out);
/* Strings of an array in order: while (lrt_gguf_next_string(&array, &s)) ... */
int lrt_gguf_next_string(struct lrt_gguf_array *array, struct lrt_bytes *out);
double lrt_gguf_array_number(const struct lrt_gguf_array *array,
                             uint64_t index); /* index < count, numbers only; else 0 */
int64_t lrt_gguf_array_integer(const struct lrt_gguf_array *array,
                               uint64_t index); /* index < count, integers only; else 0 */

/* What the file says its model is, in GGUF's words ("llama", "qwen2"): general.architecture, or model_type of
 * config.json. NULL when it does not say, or no GGUF architecture has that name. */
const char *lrt_weight_file_architecture(const struct lrt_weight_file *file);

/* ---- binding ---- */

enum lrt_bind_flags {
    LRT_BIND_MISSING_TRAINED = 1 /* a weight trained in full (a new head) may be absent: its slots get data NULL */
};
/* Fills slots [plan->n_slots] (the caller's, to live as long as `file`) and `out` from the file: every weight is looked
 * up by its gguf or hf name, else by the other format's, else by its own ("layer.wq" of instance 3: "layer.3.wq").
 * Shape and type are checked, and what the file says of its model (config.json, GGUF keys) against the plan's dims and
 * constants of usual names, and against plan->ops: what changes the numbers is the program's, or refused. All missing
 * names are listed with the nearest ones of the file. A layer tensor that only the file has is an error, because the
 * numbers would be another model's. Hugging Face order is canonical. For a GGUF of llama or granite whose model has
 * weights that feed a rope, out->rope_interleaved is 1. Copied instead of mapped (lrt_weight_file_copied says how
 * much), because the bytes differ from what kernels read: norms of a gemma GGUF, which carry a +1 that the model's
 * offset adds; GPT-2's transposed Conv1D matrices in safetensors; tensors that are not aligned to their element. */
int lrt_weights_bind(struct lrt_weight_file *file, const struct lrt_plan_info *plan, struct lrt_tensor *slots,
                     size_t n_slots, int flags, struct lrt_weights *out, struct lrt_report *report);
/* Only the check of the file's facts, without binding. */
int lrt_weight_file_check(const struct lrt_weight_file *file, const struct lrt_plan_info *plan,
                          struct lrt_report *report);
/* LRT_ERR_FILE, with the tensor and the place named, when one of the numbers is not finite. The first is of trained
 * tensors: floats are laid out as the plan's params (adapter, gradient), or several such pools one after another
 * (state). The second reads all floats of the model's weights, of types f32, f16 and bf16, and lets their pages go
 * again. */
int lrt_params_are_finite(const struct lrt_plan_info *plan, const float *values, size_t floats,
                          struct lrt_report *report);
int lrt_weights_are_finite(const struct lrt_weight_file *file, const struct lrt_plan_info *plan,
                           const struct lrt_weights *weights, struct lrt_report *report);
/* Name of one instance in a file of `format`, as lrt_weights_bind looks it up. Returns its length; cut when >= size. */
size_t lrt_weight_name(char *name, size_t size, const struct lrt_weight_info *weight, int64_t instance,
                       enum lrt_file_format format);

/* ---- weights that stay in the file ---- */

/* For lrt_options.residency, with the struct lrt_weight_file as context. It reads ahead the pages that the next
 * iteration needs and drops those that it does not need. So about two layers are resident, whatever the model. The
 * system may keep what left in its file cache for as long as it has room. Where advice is refused (sandboxes), and for
 * memory outside the file's mappings, nothing happens. Numbers never change. */
void lrt_weights_stream(void *file, const void *data, size_t bytes, int needed);
/* All pages of the file's mappings leave the process; what is read afterwards comes back. */
void lrt_weight_file_release(const struct lrt_weight_file *file);

/* ---- writing tensors ---- */

/* One tensor to be written. Values come from `source`, in rows of shape[rank-1] elements. They are converted to `type`
 * row by row, so it takes the memory of one row. */
struct lrt_named_tensor {
    const char *name;
    uint32_t type; /* in the file; integers only with source.type == type */
    int rank;
    int64_t shape[4]; /* row-major */
    struct lrt_tensor source;
    int64_t rope_head; /* > 0: rows are reordered within heads of this size, as rope_order says */
    int rope_order;    /* LRT_ROPE_TO_HF, LRT_ROPE_TO_GGUF; 0: left alone */
    float shift;       /* added to every value */
    int transposed;    /* 1: shape is [a, b], the source [b, a]; takes memory for one such matrix of floats */
};
enum lrt_rope_order { LRT_ROPE_KEEP = 0, LRT_ROPE_TO_HF = 1, LRT_ROPE_TO_GGUF = 2 };
/* Row of the source that becomes row `row` of the result. */
int64_t lrt_rope_source_row(int64_t row, int64_t head, int order);

/* Call first in main: opens /dev/null on those of descriptors 0, 1 and 2 that are closed. Else the next file opened
 * gets that number, and what is printed lands in it. */
int lrt_open_standard_descriptors(void);
/* 1: both paths mean one regular file: the same inode, or, where no file is there yet, one name in one folder. */
int lrt_same_file(const char *a, const char *b);

/* A file could be written there: its folder takes a new file, which is removed again, and none of that name is a
 * folder.
 */
int lrt_output_check(const char *path, struct lrt_report *report);

struct lrt_metadata {
    const char *key, *value;
};
/* A safetensors file of any tensors; {"format":"pt"} is always among its metadata. Types: F32, F16, BF16, I8..F64. */
int lrt_write_safetensors(const char *path, const struct lrt_named_tensor *tensors, size_t n_tensors,
                          const struct lrt_metadata *metadata, size_t n_metadata, struct lrt_report *report);

/* What GGUF readers of other tools want to know beside the tensors. Zero or NULL: not known. */
struct lrt_gguf_facts {
    const char *architecture; /* "llama"; NULL: guessed from the names of the weights */
    const char *name;
    double norm_epsilon; /* 0: the plan's constant norm_eps, else 1e-5 */
    double rope_theta;   /* where there is a rope; 0: the plan's constant rope_theta, else 10000 */
    int64_t context;     /* 0: the dim named seq */
};
/* A GGUF of the model's shapes with random values: matrices of `type`, rank 1 in F32, norms 1, biases small. Rows that
 * do not fill the type's blocks fall back as llama.cpp's do (q4_K -> q4_0... -> f16); the message then says so. Needs
 * only weights, dims and constants of the plan. Memory: one row and 1 MiB; deterministic in (plan, type, seed). */
int lrt_write_random_gguf(const char *path, const struct lrt_plan_info *plan, const struct lrt_gguf_facts *facts,
                          uint32_t type, uint64_t seed, struct lrt_report *report);

/* ---- complete models and adapters ---- */

/* Values of a model's parameters and where they come from. */
struct lrt_adapter_source {
    const struct lrt_plan_info *plan;
    const float *values;      /* the flat pool of adapters or gradients, as params lay it out */
    int rope_interleaved;     /* lrt_weights.rope_interleaved of the base */
    const char *base_name;    /* base_model_name_or_path; NULL: the model's name */
    const char *architecture; /* general.architecture of the base, for GGUF; NULL: guessed */
};

/* The whole model with its fully trained tensors in place (`adapt ... with full`), LoRA not merged. `weights` is what
 * lrt_weights_bind gave. safetensors: Hugging Face names and row order; float types stay, quantised ones become F32. */
int lrt_write_model_safetensors(const char *path, const struct lrt_adapter_source *from,
                                const struct lrt_weights *weights, struct lrt_report *report);
/* GGUF: `base` (NULL, or a safetensors: metadata from the plan's dims) gives its metadata, tokenizer included, and the
 * tensors the model does not declare. Untrained tensors keep their type; `type` is that of trained matrices (fallback
 * as above), or UINT32_MAX: each keeps its own. Trained rank-1 tensors are F32. */
int lrt_write_model_gguf(const char *path, const struct lrt_adapter_source *from, const struct lrt_weights *weights,
                         const struct lrt_weight_file *base, const struct lrt_gguf_facts *facts, uint32_t type,
                         struct lrt_report *report);

/* PEFT: adapter_model.safetensors and adapter_config.json in folder `directory` (made when absent), F32, Hugging Face
 * row order. Fully trained tensors go in under base_model.model.NAME and their modules into modules_to_save. */
int lrt_write_peft(const char *directory, const struct lrt_adapter_source *from, struct lrt_report *report);
/* Reads such a folder into `values` (laid out as the plan's params). Every parameter must be there with its shape, and
 * nothing more; the rank must be the compiled one. Where alpha or its use is another, B is multiplied, so that the
 * function is the adapter's. What the program does not compute (DoRA, a start that changed the base) is refused by key
 * and value; the message of a call that succeeds tells of another base, dropout, another alpha. */
int lrt_read_peft(const char *directory, const struct lrt_plan_info *plan, int rope_interleaved, float *values,
                  struct lrt_report *report);

/* GGUF LoRA as llama.cpp reads it. Fully trained tensors have no place in it: the message says which were left out. */
int lrt_write_gguf_lora(const char *path, const struct lrt_adapter_source *from, struct lrt_report *report);
int lrt_read_gguf_lora(const char *path, const struct lrt_plan_info *plan, int rope_interleaved, float *values,
                       struct lrt_report *report);

/* MLX: adapters.safetensors and adapter_config.json; A [in, r] and B [r, out]. */
int lrt_write_mlx(const char *directory, const struct lrt_adapter_source *from, struct lrt_report *report);
int lrt_read_mlx(const char *directory, const struct lrt_plan_info *plan, int rope_interleaved, float *values,
                 struct lrt_report *report);

/* Any of these, by what lies at the path: a folder of PEFT or MLX, a GGUF LoRA or a folder with adapter.gguf. */
int lrt_read_adapter(const char *path, const struct lrt_plan_info *plan, int rope_interleaved, float *values,
                     struct lrt_report *report);

/* from->values are gradients: PEFT names, [r, in] and [out, r]; full tensors under their Hugging Face name. */
int lrt_write_gradients(const char *path, const struct lrt_adapter_source *from, struct lrt_report *report);

/* The trained tensors of shard 1..shards (0, 0: all; struct lrt_noise) in one safetensors file, under PEFT's names. */
int lrt_write_shard(const char *path, const struct lrt_adapter_source *from, int shard, int shards,
                    struct lrt_report *report);
/* Puts what the files [n] have into `values`; a tensor that several have becomes their mean, others stay. Every tensor
 * must be one of the plan's params. Two files with the same numbers in all that both have are refused: one given twice.
 * The message says how many tensors none has. After a failure values may be a part of each. */
int lrt_read_shards(const char *const *paths, size_t n, const struct lrt_plan_info *plan, int rope_interleaved,
                    float *values, struct lrt_report *report);

/* ---- paging ---- */

/* A pager over a file: give &p.pager in lrt_options. The file is removed as soon as it is open and vanishes with the
 * program. It must not exist before, and should lie on a disk: in a file system of memory it would save nothing. */
struct lrt_page_file {
    struct lrt_pager pager;
    const char *path; /* the caller's, for messages */
    int descriptor;
};
/* bytes: the plan's pool "file". `p` must not move while it is open. */
int lrt_page_file_open(struct lrt_page_file *p, const char *path, uint64_t bytes, struct lrt_report *report);
void lrt_page_file_close(struct lrt_page_file *p); /* safe to call twice */

#ifdef __cplusplus
}
#endif
#endif
