// Trainer places: which files a run reads and which it writes. No output may be an input, and no two outputs one file.
// Results of another run are replaced only with --overwrite.
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/trainer/trainer.h"

enum { PATH_BYTES = 4096, OUTPUTS_MAX = 24 };

// What a run writes into --out. `whole`: only a run that trains whole tensors; `mlx`: only with --mlx.
static const struct out_file {
    const char *folder, *name;
    bool whole, mlx;
} out_files[] = {
    {"", "checkpoint.safetensors", false, false},
    {"", "trajectory.bin", false, false},
    {"peft/", "adapter_model.safetensors", false, false},
    {"peft/", "adapter_config.json", false, false},
    {"gguf/", "adapter.gguf", false, false},
    {"mlx/", "adapters.safetensors", false, true},
    {"mlx/", "adapter_config.json", false, true},
    {"", "model.safetensors", true, false},
    {"", "model.gguf", true, false},
};
enum { OUT_FILES = sizeof out_files / sizeof out_files[0] };

static bool trains_whole(const struct trainer *t) {
    for (size_t i = 0; i < t->plan->n_params; i++)
        if (t->plan->params[i].role == LRT_ROLE_FULL) return true;
    return false;
}

static bool out_path(const struct trainer *t, const struct out_file *f, char path[PATH_BYTES]) {
    return snprintf(path, PATH_BYTES, "%s/%s%s", t->options.out, f->folder, f->name) < PATH_BYTES;
}

// ---- outputs beside inputs ----

struct output {
    const char *option;
    char path[PATH_BYTES];
};

static size_t add_output(struct output *outputs, size_t n, const char *option, const char *path) {
    if (!path || strlen(path) >= PATH_BYTES) return n; // too long for any file: opening it says so
    outputs[n].option = option;
    strcpy(outputs[n].path, path);
    return n + 1;
}

static size_t collect_outputs(const struct trainer *t, struct output outputs[OUTPUTS_MAX]) {
    const struct trainer_options *o = &t->options;
    const bool whole = trains_whole(t);
    char path[PATH_BYTES];
    size_t n = 0;
    n = add_output(outputs, n, "--log", o->log);
    n = add_output(outputs, n, "--pools", o->pools);
    n = add_output(outputs, n, "--dump-grads", o->dump_grads);
    n = add_output(outputs, n, "--shard-out", o->shard_out);
    n = add_output(outputs, n, "--receipt", o->receipt);
    n = add_output(outputs, n, "--page-file", o->page_file);
    for (size_t i = 0; o->out && i < OUT_FILES; i++)
        if ((whole || !out_files[i].whole) && (o->mlx || !out_files[i].mlx) && out_path(t, &out_files[i], path))
            n = add_output(outputs, n, "--out", path);
    return n;
}

struct outputs {
    struct trainer *t;
    const struct output *outputs;
    size_t n;
};

static int check_input(const struct outputs *all, const char *option, const char *path) {
    for (size_t i = 0; i < all->n; i++)
        if (lrt_same_file(all->outputs[i].path, path))
            return lrt_trainer_fail(all->t, LRT_EXIT_USAGE,
                                    "%s: %s is what %s reads, and would be replaced; give another name",
                                    all->outputs[i].option, all->outputs[i].path, option);
    return LRT_EXIT_OK;
}

// A name that readers of models, adapters and tokenizers look for in a folder.
static bool is_read_in_folders(const char *name) {
    static const char *const endings[] = {".safetensors",   ".gguf",           "config.json", ".index.json",
                                          "tokenizer.json", "tokenizer.model", "vocab.json",  "merges.txt"};
    const size_t n = strlen(name);
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        const size_t k = strlen(endings[i]);
        if (n >= k && strcmp(name + n - k, endings[i]) == 0) return true;
    }
    return false;
}

static int check_folder(const struct outputs *all, const char *option, const char *folder) {
    char path[PATH_BYTES];
    int status = LRT_EXIT_OK;
    DIR *d = opendir(folder);
    for (const struct dirent *e; d && status == LRT_EXIT_OK && (e = readdir(d));)
        if (is_read_in_folders(e->d_name) && snprintf(path, sizeof path, "%s/%s", folder, e->d_name) < PATH_BYTES)
            status = check_input(all, option, path);
    if (d) closedir(d);
    return status;
}

// A file named alone may have others beside it: shards of an index, a tokenizer, a config.
static int check_path(const struct outputs *all, const char *option, const char *path) {
    struct stat s;
    if (!path || stat(path, &s) != 0) return LRT_EXIT_OK;
    if (S_ISDIR(s.st_mode)) return check_folder(all, option, path);
    return check_input(all, option, path);
}

static int check_beside(const struct outputs *all, const char *option, const char *path) {
    char folder[PATH_BYTES];
    const char *slash = path ? strrchr(path, '/') : NULL;
    struct stat s;
    if (!path || stat(path, &s) != 0 || S_ISDIR(s.st_mode)) return LRT_EXIT_OK;
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path + 1) : 1, slash ? path : ".");
    return check_folder(all, option, folder);
}

static int check_list(const struct outputs *all, const char *option, const struct trainer_paths *list) {
    int status = LRT_EXIT_OK;
    for (size_t i = 0; i < list->n && status == LRT_EXIT_OK; i++) status = check_path(all, option, list->paths[i]);
    return status;
}

static int check_apart(const struct outputs *all) {
    for (size_t i = 0; i < all->n; i++)
        for (size_t k = 0; k < i; k++)
            if (lrt_same_file(all->outputs[k].path, all->outputs[i].path))
                return lrt_trainer_fail(all->t, LRT_EXIT_USAGE, "%s and %s both write %s; give two names",
                                        all->outputs[k].option, all->outputs[i].option, all->outputs[i].path);
    return LRT_EXIT_OK;
}

int lrt_trainer_check_apart(struct trainer *t) {
    const struct trainer_options *o = &t->options;
    struct output *outputs = malloc(OUTPUTS_MAX * sizeof *outputs);
    if (!outputs) return lrt_trainer_fail(t, LRT_EXIT_INPUT, "out of memory");
    const struct outputs all = {t, outputs, collect_outputs(t, outputs)};
    int status = check_path(&all, "--weights", o->weights);
    if (status == LRT_EXIT_OK) status = check_beside(&all, "--weights", o->weights);
    if (status == LRT_EXIT_OK) status = check_path(&all, "--tokenizer", o->tokenizer);
    if (status == LRT_EXIT_OK) status = check_path(&all, "--chat-template", o->chat_template);
    if (status == LRT_EXIT_OK) status = check_path(&all, "--data", o->data);
    if (status == LRT_EXIT_OK) status = check_path(&all, "--eval", o->eval);
    if (status == LRT_EXIT_OK) status = check_path(&all, "--adapter", o->adapter);
    if (status == LRT_EXIT_OK) status = check_path(&all, "--verify-receipt", o->verify_receipt);
    if (status == LRT_EXIT_OK) status = check_list(&all, "--replay", &o->replay);
    if (status == LRT_EXIT_OK) status = check_list(&all, "--shard-in", &o->shard_in);
    if (status == LRT_EXIT_OK) status = check_apart(&all);
    free(outputs);
    return status;
}

// ---- the folder of --out ----

static bool goes_on_in_out(const struct trainer *t) {
    struct stat a, b;
    return t->options.resume && stat(t->options.resume, &a) == 0 && stat(t->options.out, &b) == 0 &&
           a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

// "checkpoint.safetensors.aB3xY9": the file that file_output renames at the end, left by a killed run.
static bool is_temporary_of(const char *name, const char *file) {
    const size_t n = strlen(file);
    if (strncmp(name, file, n) != 0 || name[n] != '.' || strlen(name + n + 1) != 6) return false;
    for (const char *p = name + n + 1; *p; p++)
        if (!isalnum((unsigned char)*p)) return false;
    return true;
}

static void remove_temporaries(const struct trainer *t, const struct out_file *f) {
    char folder[PATH_BYTES], path[PATH_BYTES];
    if (snprintf(folder, sizeof folder, "%s/%s", t->options.out, f->folder) >= PATH_BYTES) return;
    DIR *d = opendir(folder);
    for (const struct dirent *e; d && (e = readdir(d));)
        if (is_temporary_of(e->d_name, f->name) && snprintf(path, sizeof path, "%s%s", folder, e->d_name) < PATH_BYTES)
            unlink(path);
    if (d) closedir(d);
}

// The lock is the system's, on the folder itself: it ends with the process and leaves no file. On file systems
// without locks there is none.
static int lock_out(struct trainer *t) {
    t->out_lock = open(t->options.out, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (t->out_lock < 0)
        return lrt_trainer_fail(t, LRT_EXIT_INPUT, "--out: cannot open %s: %s", t->options.out, strerror(errno));
    if (flock(t->out_lock, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return LRT_EXIT_OK;
    return lrt_trainer_fail(t, LRT_EXIT_INPUT,
                            "--out: another run is at work in %s; wait for its end, or give another folder",
                            t->options.out);
}

int lrt_trainer_take_out(struct trainer *t) {
    char path[PATH_BYTES];
    struct stat s;
    const bool whole = trains_whole(t);
    int status = lrt_trainer_make_folder(t, t->options.out);
    if (status == LRT_EXIT_OK) status = lock_out(t);
    if (status != LRT_EXIT_OK) return status;
    for (size_t i = 0; i < OUT_FILES; i++) remove_temporaries(t, &out_files[i]);
    if (t->options.overwrite || goes_on_in_out(t)) return LRT_EXIT_OK;
    for (size_t i = 0; i < OUT_FILES; i++)
        if ((whole || !out_files[i].whole) && out_path(t, &out_files[i], path) && stat(path, &s) == 0)
            return lrt_trainer_fail(t, LRT_EXIT_INPUT,
                                    "--out: %s holds another run (%s%s); to go on with it give --resume %s, to replace "
                                    "it --overwrite, or give another folder",
                                    t->options.out, out_files[i].folder, out_files[i].name, t->options.out);
    return LRT_EXIT_OK;
}

int lrt_trainer_clear_out(struct trainer *t) {
    char path[PATH_BYTES];
    const bool whole = trains_whole(t);
    for (size_t i = 0; i < OUT_FILES && !goes_on_in_out(t); i++)
        if ((whole || !out_files[i].whole) && out_path(t, &out_files[i], path) && unlink(path) != 0 &&
            errno != ENOENT && errno != ENOTDIR)
            return lrt_trainer_fail(t, LRT_EXIT_INPUT, "--overwrite: cannot remove %s: %s", path, strerror(errno));
    return LRT_EXIT_OK;
}

void lrt_trainer_leave_out(struct trainer *t) {
    if (t->out_lock >= 0) close(t->out_lock);
    t->out_lock = -1;
}
