// Hostile files: every truncation, single flipped bits, counts and offsets chosen to overflow, names that lead to other
// paths, writes that fail midway. Nothing may crash, and an error names the file and the reason.
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <string.h>

#include "tests/unit/files_plan.h"

enum { SLOTS = 64 };
static const struct small_dims dims = {
    .vocab = 6, .width = 4, .depth = 1, .heads = 2, .kv_heads = 1, .head = 2, .ff = 5};

struct place {
    char folder[64], file[128];
};

static int make_place(void **state) {
    static struct place place;
    strcpy(place.folder, "/tmp/lrt-hostile-XXXXXX");
    if (!mkdtemp(place.folder)) return -1;
    snprintf(place.file, sizeof place.file, "%s/file", place.folder);
    *state = &place;
    return 0;
}

static int clear_place(void **state) {
    const struct place *place = *state;
    DIR *d = opendir(place->folder);
    for (struct dirent *e; d && (e = readdir(d));) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", place->folder, e->d_name);
        unlink(path);
    }
    if (d) closedir(d);
    return rmdir(place->folder);
}

static size_t count_files(const char *folder) {
    size_t n = 0;
    DIR *d = opendir(folder);
    for (struct dirent *e; d && (e = readdir(d));) n += e->d_name[0] != '.';
    if (d) closedir(d);
    return n;
}

static void write_bytes(const char *path, const void *bytes, size_t n) {
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static uint8_t *read_bytes(const char *path, size_t *n) {
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    uint8_t *bytes = malloc(1 << 20);
    *n = fread(bytes, 1, 1 << 20, f);
    fclose(f);
    return bytes;
}

// Opens and binds; reads every value of an accepted file, so the sanitizer detects wrong bounds.
static int use(const char *path, struct lrt_report *report) {
    struct small_plan p;
    struct lrt_weight_file *f;
    struct lrt_tensor slots[SLOTS];
    struct lrt_weights w;
    plan_build(&p, dims);
    int status = lrt_weight_file_open(&f, path, report);
    if (status) {
        assert_null(f);
        return status;
    }
    for (size_t i = 0; i < lrt_weight_file_count(f); i++) {
        const struct lrt_file_tensor *t = lrt_weight_file_tensor(f, i);
        volatile uint8_t last = 0;
        if (t->bytes) last = ((const uint8_t *)t->data)[0] ^ ((const uint8_t *)t->data)[t->bytes - 1];
        (void)last;
    }
    status = lrt_weights_bind(f, &p.plan, slots, SLOTS, 0, &w, report);
    lrt_weight_file_close(f);
    return status;
}

static void make_gguf(const char *path) {
    struct small_plan p;
    struct lrt_report report;
    plan_build(&p, dims);
    if (lrt_write_random_gguf(path, &p.plan, NULL, LRT_F32, 1, &report) != LRT_OK) fail_msg("%s", report.text);
}

static void make_safetensors(const char *path) {
    static const float values[64];
    struct small_plan p;
    struct lrt_tensor slots[SLOTS];
    struct lrt_report report;
    plan_build(&p, dims);
    for (size_t i = 0; i < SLOTS; i++) slots[i] = lrt_floats(values);
    struct lrt_weights w = {.slots = slots, .count = p.plan.n_slots};
    struct lrt_adapter_source from = {.plan = &p.plan};
    if (lrt_write_model_safetensors(path, &from, &w, &report) != LRT_OK) fail_msg("%s", report.text);
}

typedef void file_maker(const char *path);
static file_maker *const generators[] = {make_gguf, make_safetensors};

static void every_truncation_is_refused(void **state) {
    const struct place *place = *state;
    for (size_t m = 0; m < 2; m++) {
        struct lrt_report report;
        size_t n;
        generators[m](place->file);
        assert_int_equal(use(place->file, &report), LRT_OK);
        uint8_t *bytes = read_bytes(place->file, &n);
        size_t padding = 0; // a GGUF may lack the padding after its last tensor
        while (m == 0 && padding < 31 && bytes[n - 1 - padding] == 0) padding++;
        for (size_t k = 0; k < n - padding; k++) {
            write_bytes(place->file, bytes, k);
            assert_int_equal(use(place->file, &report), LRT_ERR_FILE);
            assert_non_null(strstr(report.text, place->file));
        }
        free(bytes);
    }
}

static void no_flipped_bit_is_a_crash(void **state) {
    const struct place *place = *state;
    size_t refused = 0, n;
    for (size_t m = 0; m < 2; m++) {
        generators[m](place->file);
        uint8_t *bytes = read_bytes(place->file, &n);
        size_t header = n < 2200 ? n : 2200;
        for (size_t k = 0; k < header; k++) {
            struct lrt_report report;
            uint8_t bit = (uint8_t)(1u << (k * 5 % 8));
            bytes[k] ^= bit;
            write_bytes(place->file, bytes, n);
            int status = use(place->file, &report);
            if (status) assert_true(strlen(report.text) > strlen(place->file));
            refused += status != LRT_OK;
            bytes[k] ^= bit;
        }
        free(bytes);
    }
    assert_true(refused > 1000);
}

struct bytes {
    uint8_t at[512];
    size_t n;
};
static void put(struct bytes *b, const void *from, size_t n) {
    memcpy(b->at + b->n, from, n);
    b->n += n;
}
static void put_u32(struct bytes *b, uint32_t v) { put(b, &v, 4); }
static void put_u64(struct bytes *b, uint64_t v) { put(b, &v, 8); }
static void put_string(struct bytes *b, const char *s) {
    put_u64(b, strlen(s));
    put(b, s, strlen(s));
}
static struct bytes gguf_start(uint64_t tensors, uint64_t entries) {
    struct bytes b = {.n = 0};
    put(&b, "GGUF", 4);
    put_u32(&b, 3);
    put_u64(&b, tensors);
    put_u64(&b, entries);
    return b;
}
static void put_tensor(struct bytes *b, const char *name, uint64_t d0, uint64_t d1, uint32_t type, uint64_t offset) {
    put_string(b, name);
    put_u32(b, 2);
    put_u64(b, d0);
    put_u64(b, d1);
    put_u32(b, type);
    put_u64(b, offset);
}
static void refused(const struct place *place, const struct bytes *b, const char *word) {
    struct lrt_report report;
    write_bytes(place->file, b->at, b->n);
    assert_int_equal(use(place->file, &report), LRT_ERR_FILE);
    if (!strstr(report.text, word)) fail_msg("expected \"%s\" in: %s", word, report.text);
}

static void gguf_numbers_that_overflow_are_refused(void **state) {
    const struct place *place = *state;
    struct bytes b = gguf_start(UINT64_MAX, 0);
    refused(place, &b, "more than fit");
    b = gguf_start(0, UINT64_MAX);
    refused(place, &b, "more than fit");
    b = gguf_start(1, 0);
    put_tensor(&b, "t", UINT64_C(1) << 62, 8, LRT_F32, 0);
    refused(place, &b, "overflow");
    b = gguf_start(1, 0);
    put_tensor(&b, "t", 32, 1, LRT_F32, UINT64_MAX - 31);
    refused(place, &b, "truncated");
    b = gguf_start(1, 0);
    put_tensor(&b, "t", 33, 1, LRT_Q4_0, 0);
    refused(place, &b, "whole q4_0 blocks");
    b = gguf_start(1, 0);
    put_tensor(&b, "t", 32, 0, LRT_F32, 0);
    refused(place, &b, "impossible dimension 0");
    b = gguf_start(1, 0);
    put_tensor(&b, "t", 1, 1, LRT_F32, 4);
    refused(place, &b, "alignment");
    b = gguf_start(0, 1);
    put_string(&b, "k");
    put_u32(&b, 9);
    put_u32(&b, 8);
    put_u64(&b, UINT64_MAX / 8);
    refused(place, &b, "does not fit");
    b = gguf_start(0, 1);
    put_string(&b, "k");
    put_u32(&b, 77);
    put_u64(&b, 0);
    refused(place, &b, "unknown value type 77");
    b = gguf_start(0, 1); // arrays of arrays of arrays ...
    put_string(&b, "k");
    put_u32(&b, 9);
    for (int i = 0; i < 30; i++) {
        put_u32(&b, 9);
        put_u64(&b, 1);
    }
    refused(place, &b, "does not fit");
    b = gguf_start(0, 1);
    put_string(&b, "general.alignment");
    put_u32(&b, 4);
    put_u32(&b, 24);
    refused(place, &b, "power of two");
    b = gguf_start(0, 0);
    b.at[4] = 9;
    refused(place, &b, "version 9");
    b = gguf_start(0, 0);
    b.at[4] = 0;
    b.at[7] = 3;
    refused(place, &b, "big-endian");
}

static void gguf_duplicates_are_refused(void **state) {
    struct bytes b = gguf_start(2, 0);
    put_tensor(&b, "same", 1, 1, LRT_F32, 0);
    put_tensor(&b, "same", 1, 1, LRT_F32, 32);
    b.n = sizeof b.at;
    refused(*state, &b, "tensor same occurs twice");
    b = gguf_start(0, 2);
    for (int i = 0; i < 2; i++) {
        put_string(&b, "key");
        put_u32(&b, 4);
        put_u32(&b, 1);
    }
    refused(*state, &b, "metadata key key occurs twice");
}

static void gguf_tensors_that_share_bytes_are_refused(void **state) {
    static const struct {
        uint64_t first, second, elements;
    } offsets[] = {{0, 0, 1}, {32, 32, 8}, {32, 0, 9}}; // the second's end lies in the first
    for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++) {
        struct bytes b = gguf_start(2, 0);
        put_tensor(&b, "one", offsets[i].elements, 1, LRT_F32, offsets[i].first);
        put_tensor(&b, "two", offsets[i].elements, 1, LRT_F32, offsets[i].second);
        b.n = sizeof b.at;
        refused(*state, &b, "share bytes");
    }
}

static void header_refused(const struct place *place, const char *header, size_t data, const char *word) {
    struct bytes b = {.n = 0};
    put_u64(&b, strlen(header));
    put(&b, header, strlen(header));
    b.n += data;
    refused(place, &b, word);
}

static void safetensors_headers_that_lie_are_refused(void **state) {
    const struct place *place = *state;
    struct bytes b = {.n = 0};
    put_u64(&b, UINT64_MAX);
    put(&b, "{}", 2);
    refused(place, &b, "neither a GGUF nor a safetensors");
    b.n = 0;
    put_u64(&b, 1000);
    put(&b, "{}", 2);
    refused(place, &b, "truncated");
    header_refused(place, "{\"a\":", 0, "not valid");
    header_refused(place, "{\"a\":1}", 0, "no \"dtype\"");
    header_refused(place, "{\"a\":{\"dtype\":\"X9\",\"shape\":[],\"data_offsets\":[0,4]}}", 4, "dtype X9");
    header_refused(place, "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4, "not a size");
    header_refused(place, "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4,
                   "do not make the bytes");
    header_refused(place, "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,0]}}", 0,
                   "overflows");
    header_refused(place, "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", 4, "data_offsets");
    header_refused(place, "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 8,
                   "after the last tensor");
    header_refused(place, "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, "hole");
    header_refused(place,
                   "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"F32\",\"shape\":"
                   "[1],\"data_offsets\":[0,4]}}",
                   4, "overlaps");
    header_refused(place,
                   "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"a\":{\"dtype\":\"F32\",\"shape\":"
                   "[1],\"data_offsets\":[0,4]}}",
                   4, "overlaps");
    header_refused(place,
                   "{\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]},\"a\":{\"dtype\":\"F32\",\"shape\":"
                   "[0],\"data_offsets\":[0,0]}}",
                   0, "occurs twice");
    header_refused(place, "{\"__metadata__\":{\"a\":1}}", 0, "not a string");
    header_refused(place, "{\"__metadata__\":{},\"__metadata__\":{}}", 0, "twice");
    header_refused(place, "{} x", 0, "not valid: end of file expected");
    header_refused(place, "{\"__metadata__\":{},}", 0, "not valid");
}

static void write_text(const struct place *place, const char *name, const char *text) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", place->folder, name);
    write_bytes(path, text, strlen(text));
}

static void folder_refused(const struct place *place, const char *word) {
    struct lrt_report report;
    assert_int_equal(use(place->folder, &report), LRT_ERR_FILE);
    if (!strstr(report.text, word)) fail_msg("expected \"%s\" in: %s", word, report.text);
}

static void folders_are_checked(void **state) {
    const struct place *place = *state;
    struct lrt_report report;
    char path[256];
    folder_refused(place, "neither model.safetensors nor");
    snprintf(path, sizeof path, "%s/model.safetensors", place->folder);
    make_safetensors(path);
    assert_int_equal(use(place->folder, &report), LRT_OK);
    write_text(place, "config.json",
               "{\"hidden_size\": 4, \"num_hidden_layers\": 1, \"vocab_size\": 6, \"head_dim\": null}");
    assert_int_equal(use(place->folder, &report), LRT_OK);
    write_text(place, "config.json", "{\"hidden_size\": 4, \"num_key_value_heads\": 2}");
    folder_refused(place, "num_key_value_heads is 2, but the program was generated with kv_heads = 1");
    write_text(place, "config.json", "{\"quantization_config\": {\"bits\": 4}}");
    folder_refused(place, "quantization_config is {\"bits\":4}");
    write_text(place, "config.json", "{");
    folder_refused(place, "config.json:1: not valid JSON");
    write_text(place, "config.json", "{}");
    write_text(place, "model.safetensors.index.json", "{\"weight_map\": {\"x\": \"../../etc/passwd\"}}");
    folder_refused(place, "plain name");
    write_text(place, "model.safetensors.index.json", "{\"weight_map\": {\"x\": \"model.safetensors\"}}");
    folder_refused(place, "tensor x is not in model.safetensors");
    write_text(place, "model.safetensors.index.json",
               "{\"weight_map\": {\"model.norm.weight\": \"gone.safetensors\"}}");
    folder_refused(place, "gone.safetensors: cannot be opened");
    write_text(place, "model.safetensors.index.json",
               "{\"weight_map\": {\"model.norm.weight\": \"model.safetensors\"}}");
    assert_int_equal(use(place->folder, &report), LRT_OK);
    snprintf(path, sizeof path, "%s/model.safetensors.index.json", place->folder);
    assert_int_equal(use(path, &report), LRT_OK);
}

// Checks a file of `facts` or a config.json against constants.
static int check_consts(const struct place *place, const struct lrt_gguf_facts *facts, const char *config,
                        const struct lrt_const_info *consts, size_t n, struct lrt_report *report) {
    struct small_plan p;
    struct lrt_weight_file *f;
    char path[256];
    plan_build(&p, dims);
    p.plan.consts = consts;
    p.plan.n_consts = n;
    if (config) {
        snprintf(path, sizeof path, "%s/model.safetensors", place->folder);
        make_safetensors(path);
        write_text(place, "config.json", config);
    } else {
        assert_int_equal(lrt_write_random_gguf(place->file, &p.plan, facts, LRT_F32, 1, report), LRT_OK);
    }
    assert_int_equal(lrt_weight_file_open(&f, config ? place->folder : place->file, report), LRT_OK);
    const int status = lrt_weight_file_check(f, &p.plan, report);
    lrt_weight_file_close(f);
    return status;
}

static void constants_are_held_against_the_file(void **state) {
    const struct place *place = *state;
    const struct lrt_const_info consts[] = {{"norm_eps", 1e-5}, {"rope_theta", 1e4}}, wide[] = {{"rope_theta", 1e6}},
                                exact[] = {{"norm_eps", 1e-6}}, other[] = {{"theta", 1}},
                                scaled[] = {{"rope_theta", 5e5}, {"rope_factor", 32}};
    const struct lrt_gguf_facts facts = {.norm_epsilon = 1e-5, .rope_theta = 1e4};
    struct lrt_report report;
    assert_int_equal(check_consts(place, &facts, NULL, consts, 2, &report), LRT_OK);
    assert_int_equal(check_consts(place, &facts, NULL, other, 1, &report), LRT_OK);
    assert_int_equal(check_consts(place, &facts, NULL, wide, 1, &report), LRT_ERR_FILE);
    assert_non_null(
        strstr(report.text, "llama.rope.freq_base is 10000, but the program was generated with rope_theta"));
    assert_non_null(strstr(report.text, "-D rope_theta=10000"));
    assert_int_equal(check_consts(place, &facts, NULL, exact, 1, &report), LRT_ERR_FILE);
    assert_non_null(strstr(report.text, "-D norm_eps=1e-05"));
    assert_int_equal(check_consts(place, NULL, NULL, consts, 2, &report), LRT_OK);
    assert_int_equal(check_consts(place, NULL, NULL, wide, 1, &report), LRT_OK); // the file agrees with the plan
    const struct {
        const char *config, *says; // NULL: accepted
        const struct lrt_const_info *consts;
        size_t n;
    } cases[] = {
        {"{\"rope_theta\": 10000.0, \"rms_norm_eps\": 1e-05, \"rope_scaling\": null}", NULL, consts, 2},
        {"{\"rope_theta\": 10000, \"rope_scaling\": {\"rope_type\": \"default\"}}", NULL, consts, 2},
        {"{\"rope_theta\": 500000.0}", "-D rope_theta=500000", consts, 2},
        {"{\"rms_norm_eps\": 1e-06}", "rms_norm_eps is 1e-06", consts, 2},
        {"{\"rope_parameters\": {\"rope_theta\": 20000, \"rope_type\": \"default\"}}", "-D rope_theta=20000", consts,
         2},
        {"{\"rope_scaling\": {\"rope_type\": \"llama3\", \"factor\": 32.0}}",
         "rope_scaling.rope_type: the model's positions", consts, 2},
        {"{\"rope_scaling\": {\"type\": \"linear\", \"factor\": 2}}", "(linear)", consts, 2},
        {"{\"rope_scaling\": {\"rope_type\": \"llama3\", \"factor\": 32.0}}", NULL, scaled, 2},
        {"{\"rope_scaling\": {\"rope_type\": \"llama3\", \"factor\": 8.0}}", "-D rope_factor=8", scaled, 2},
        {"{\"rope_theta\": \"x\"}", "not a number", consts, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const int status = check_consts(place, NULL, cases[i].config, cases[i].consts, cases[i].n, &report);
        if (status != (cases[i].says ? LRT_ERR_FILE : LRT_OK)) fail_msg("%s: %s", cases[i].config, report.text);
        if (cases[i].says && !strstr(report.text, cases[i].says)) fail_msg("%s: %s", cases[i].config, report.text);
    }
}

static void missing_tensors_are_listed_with_the_nearest(void **state) {
    const struct place *place = *state;
    struct small_plan p;
    struct lrt_report report;
    struct lrt_weight_file *f;
    struct lrt_tensor slots[SLOTS];
    struct lrt_weights w;
    make_gguf(place->file);
    plan_build(&p, dims);
    p.weights[3].gguf = "blk.{i}.attn_query.weight";
    p.weights[9].gguf = NULL;
    assert_int_equal(lrt_weight_file_open(&f, place->file, &report), LRT_OK);
    assert_int_equal(lrt_weights_bind(f, &p.plan, slots, SLOTS, 0, &w, &report), LRT_ERR_FILE);
    assert_non_null(strstr(report.text, "blk.0.attn_query.weight (weight layer.wq); the file has blk.0.attn_q.weight"));
    assert_non_null(strstr(report.text, "the weight has no gguf name"));
    p.weights[9].gguf = "blk.{i}.ffn_up.weight";
    plan_full(&p, 3, "wq", 0, 1, 0);
    assert_int_equal(lrt_weights_bind(f, &p.plan, slots, SLOTS, LRT_BIND_MISSING_TRAINED, &w, &report), LRT_OK);
    assert_null(slots[p.weights[3].first_slot].data);
    assert_int_equal(lrt_weights_bind(f, &p.plan, slots, 3, 0, &w, &report), LRT_ERR_ARGUMENT);
    lrt_weight_file_close(f);
}

// Safetensors data that is not aligned to its floats is copied; GPT-2's Conv1D matrices are transposed.
static void bytes_that_kernels_cannot_read_are_copied(void **state) {
    const struct place *place = *state;
    static const char header[] = "{\"h.c_fc.weight\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},"
                                 "\"h.b\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[24,36]}}  ";
    struct bytes b = {.n = 0};
    size_t length = sizeof header - 1;
    while (length % 4 == 0) length--;
    put_u64(&b, length);
    put(&b, header, length);
    for (int i = 0; i < 9; i++) put(&b, &(float){(float)i}, 4);
    write_bytes(place->file, b.at, b.n);
    const struct lrt_weight_info weights[] = {
        {.name = "fc", .hf = "h.c_fc.weight", .rank = 2, .shape = {3, 2}, .instances = 1, .first_slot = 0},
        {.name = "b", .hf = "h.b", .rank = 1, .shape = {3}, .instances = 1, .first_slot = 1},
    };
    const struct lrt_plan_info plan = {.weights = weights, .n_weights = 2, .n_slots = 2};
    struct lrt_tensor slots[2];
    struct lrt_weights w;
    struct lrt_weight_file *f;
    struct lrt_report report;
    assert_int_equal(lrt_weight_file_open(&f, place->file, &report), LRT_OK);
    if (lrt_weights_bind(f, &plan, slots, 2, 0, &w, &report) != LRT_OK) fail_msg("%s", report.text);
    const float *flipped = slots[0].data, *vector = slots[1].data, expected[] = {0, 3, 1, 4, 2, 5};
    assert_memory_equal(flipped, expected, sizeof expected);
    assert_true(vector[0] == 6.0f && vector[2] == 8.0f && (uintptr_t)vector % 4 == 0);
    assert_int_equal(lrt_weight_file_copied(f), 36);
    lrt_weight_file_close(f);
}

// Gemma: a GGUF's norms are 1 + w.
static void gemma_norms_lose_their_one(void **state) {
    const struct place *place = *state;
    struct small_plan p;
    struct lrt_report report;
    struct lrt_weight_file *f;
    struct lrt_tensor slots[SLOTS];
    struct lrt_weights w;
    plan_build(&p, dims);
    const struct lrt_gguf_facts facts = {.architecture = "gemma"};
    assert_int_equal(lrt_write_random_gguf(place->file, &p.plan, &facts, LRT_F32, 1, &report), LRT_OK);
    assert_int_equal(lrt_weight_file_open(&f, place->file, &report), LRT_OK);
    assert_int_equal(lrt_weights_bind(f, &p.plan, slots, SLOTS, 0, &w, &report), LRT_OK);
    assert_int_equal(w.rope_interleaved, 0);
    assert_true(((const float *)slots[p.weights[1].first_slot].data)[0] == 0.0f);
    assert_true(((const float *)lrt_weight_file_find(f, "output_norm.weight")->data)[0] == 1.0f);
    lrt_weight_file_close(f);
}

// The write that would pass byte n fails, for many n: the old file stays, and no other file remains.
static void a_failed_write_leaves_the_old_file(void **state) {
    const struct place *place = *state;
    size_t whole, n;
    for (size_t m = 0; m < 2; m++) {
        generators[m](place->file);
        uint8_t *good = read_bytes(place->file, &whole);
        signal(SIGXFSZ, SIG_IGN);
        struct rlimit old, small;
        getrlimit(RLIMIT_FSIZE, &old);
        small = old;
        static const float values[64];
        struct small_plan p;
        plan_build(&p, dims);
        struct lrt_tensor slots[SLOTS];
        for (size_t i = 0; i < SLOTS; i++) slots[i] = lrt_floats(values);
        struct lrt_weights w = {.slots = slots, .count = p.plan.n_slots};
        for (size_t limit = 0; limit < whole; limit += 97) {
            struct lrt_report report;
            struct lrt_adapter_source from = {.plan = &p.plan};
            small.rlim_cur = limit;
            setrlimit(RLIMIT_FSIZE, &small);
            int status = m ? lrt_write_model_safetensors(place->file, &from, &w, &report)
                           : lrt_write_random_gguf(place->file, &p.plan, NULL, LRT_F32, 2, &report);
            setrlimit(RLIMIT_FSIZE, &old);
            assert_int_equal(status, LRT_ERR_SYSTEM);
            assert_non_null(strstr(report.text, "what was there before is unchanged"));
            uint8_t *now = read_bytes(place->file, &n);
            assert_int_equal(n, whole);
            assert_memory_equal(now, good, whole);
            free(now);
            assert_int_equal(count_files(place->folder), 1);
        }
        free(good);
    }
    struct lrt_report report;
    assert_int_equal(lrt_write_safetensors(place->folder, NULL, 0, NULL, 0, &report), LRT_ERR_SYSTEM); // onto a folder
    assert_int_equal(lrt_write_safetensors("/no/such/folder/file", NULL, 0, NULL, 0, &report), LRT_ERR_SYSTEM);
}

static void tensors_of_every_type_are_written_and_read(void **state) {
    const struct place *place = *state;
    static const float floats[6] = {1, 2, 3, 4, 5, 6};
    static const int64_t longs[2] = {-7, INT64_MAX};
    static const int8_t bytes[3] = {1, -2, 3};
    const struct lrt_named_tensor tensors[] = {
        {.name = "bytes", .type = LRT_I8, .rank = 1, .shape = {3}, .source = {.data = bytes, .type = LRT_I8}},
        {.name = "half", .type = LRT_BF16, .rank = 2, .shape = {2, 3}, .source = lrt_floats(floats)},
        {.name = "long \"name\"", .type = LRT_I64, .rank = 1, .shape = {2}, .source = {.data = longs, .type = LRT_I64}},
        {.name = "none", .type = LRT_F32, .rank = 1, .shape = {0}, .source = lrt_floats(floats)},
        {.name = "flipped", .type = LRT_F32, .rank = 2, .shape = {3, 2}, .source = lrt_floats(floats), .transposed = 1},
    };
    const struct lrt_metadata words = {"step", "12"};
    struct lrt_report report;
    struct lrt_weight_file *f;
    if (lrt_write_safetensors(place->file, tensors, 5, &words, 1, &report) != LRT_OK) fail_msg("%s", report.text);
    if (lrt_weight_file_open(&f, place->file, &report) != LRT_OK) fail_msg("%s", report.text);
    assert_string_equal(lrt_weight_file_metadata(f, "step"), "12");
    float y[6];
    assert_true(lrt_file_tensor_floats(lrt_weight_file_find(f, "half"), y, 6));
    assert_memory_equal(y, floats, sizeof y);
    assert_memory_equal(lrt_weight_file_find(f, "long \"name\"")->data, longs, sizeof longs);
    assert_int_equal((uintptr_t)lrt_weight_file_find(f, "long \"name\"")->data % 8, 0);
    assert_false(lrt_file_tensor_floats(lrt_weight_file_find(f, "bytes"), y, 3));
    const float expected[] = {1, 4, 2, 5, 3, 6};
    assert_memory_equal(lrt_weight_file_find(f, "flipped")->data, expected, sizeof expected);
    lrt_weight_file_close(f);
    const struct lrt_named_tensor twice[] = {tensors[0], tensors[0]};
    assert_int_equal(lrt_write_safetensors(place->file, twice, 2, NULL, 0, &report), LRT_ERR_ARGUMENT);
    static const char *const names[] = {"__metadata__", "caf\xe9"}; // taken; not UTF-8
    for (int i = 0; i < 2; i++) {
        struct lrt_named_tensor odd = tensors[0];
        odd.name = names[i];
        assert_int_equal(lrt_write_safetensors(place->file, &odd, 1, NULL, 0, &report), LRT_ERR_ARGUMENT);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_truncation_is_refused, make_place, clear_place),
        cmocka_unit_test_setup_teardown(no_flipped_bit_is_a_crash, make_place, clear_place),
        cmocka_unit_test_setup_teardown(gguf_numbers_that_overflow_are_refused, make_place, clear_place),
        cmocka_unit_test_setup_teardown(gguf_duplicates_are_refused, make_place, clear_place),
        cmocka_unit_test_setup_teardown(gguf_tensors_that_share_bytes_are_refused, make_place, clear_place),
        cmocka_unit_test_setup_teardown(safetensors_headers_that_lie_are_refused, make_place, clear_place),
        cmocka_unit_test_setup_teardown(folders_are_checked, make_place, clear_place),
        cmocka_unit_test_setup_teardown(constants_are_held_against_the_file, make_place, clear_place),
        cmocka_unit_test_setup_teardown(missing_tensors_are_listed_with_the_nearest, make_place, clear_place),
        cmocka_unit_test_setup_teardown(bytes_that_kernels_cannot_read_are_copied, make_place, clear_place),
        cmocka_unit_test_setup_teardown(gemma_norms_lose_their_one, make_place, clear_place),
        cmocka_unit_test_setup_teardown(a_failed_write_leaves_the_old_file, make_place, clear_place),
        cmocka_unit_test_setup_teardown(tensors_of_every_type_are_written_and_read, make_place, clear_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
