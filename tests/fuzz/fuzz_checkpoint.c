// fuzz_checkpoint: a run goes on from a checkpoint and a trajectory of strangers, by the whole trainer. The input is
// the two files; the first byte chooses the program: exact, or of zeroth order. What was taken once, and trained two
// steps from there, can be taken again.
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/fuzz/structure.h"
#include "tests/unit/bigram_zeroth.h"
#include "tests/unit/trainer_run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned int seed);

enum { MICRO_BATCHES_MAX = 64 };

static struct trainer_run *run_of_process(void) {
    static struct trainer_run *run;
    void *made;
    if (run) return run;
    if (run_setup(&made) != 0) abort();
    run = made;
    return run;
}

static void put_file(const char *path, struct structure_part part) {
    const int file = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    if (file < 0 || write(file, part.at, part.size) != (ssize_t)part.size) abort();
    close(file);
}

static void remove_in(const char *folder) {
    DIR *d = opendir(folder);
    char path[512];
    for (struct dirent *e; d && (e = readdir(d));) {
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (e->d_name[0] != '.' && unlink(path) != 0) { // a folder of an adapter
            remove_in(path);
            rmdir(path);
        }
    }
    if (d) closedir(d);
}

// A number of the checkpoint; 0: it has none.
static int64_t number_of(const char *path, const char *key) {
    struct lrt_weight_file *file = NULL;
    const char *text = lrt_weight_file_open(&file, path, NULL) == LRT_OK ? lrt_weight_file_metadata(file, key) : NULL;
    const int64_t number = text ? (int64_t)strtoull(text, NULL, 16) : 0;
    lrt_weight_file_close(file);
    return number;
}

static int resume(const struct trainer_run *r, const struct lrt_interface *model, int64_t steps) {
    char words[][256] = {"train", "--weights", "", "--data", "", "--resume", "", "--steps", "", "--threads", "1"};
    enum { WORDS = sizeof words / sizeof *words };
    char *argv[WORDS + 2];
    snprintf(words[2], sizeof *words, "%s/w.safetensors", r->folder);
    snprintf(words[4], sizeof *words, "%s/data.tok", r->folder);
    snprintf(words[6], sizeof *words, "%s/run", r->folder);
    snprintf(words[8], sizeof *words, "%lld", (long long)steps);
    for (int i = 0; i < WORDS; i++) argv[i] = words[i];
    argv[WORDS] = NULL;
    return lrt_trainer_main(model, WORDS, argv);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct trainer_run *r = run_of_process();
    struct structure_part parts[STRUCTURE_PARTS];
    char folder[128], checkpoint[160], trajectory[160];
    if (size < 1) return 0;
    snprintf(folder, sizeof folder, "%s/run", r->folder);
    snprintf(checkpoint, sizeof checkpoint, "%s/checkpoint.safetensors", folder);
    snprintf(trajectory, sizeof trajectory, "%s/trajectory.bin", folder);
    mkdir(folder, 0700);
    structure_split(data + 1, size - 1, parts);
    put_file(checkpoint, parts[0]);
    if (data[0] & 1) put_file(trajectory, parts[1]);
    const int64_t batches = number_of(checkpoint, "lorac.micro_batches"), step = number_of(checkpoint, "lorac.step");
    const struct lrt_interface *model = data[0] & 1 ? bigram_zeroth() : bigram_interface();
    if (batches <= MICRO_BATCHES_MAX && step >= 0 && step < INT64_MAX / 2 - 4) {
        const int status = resume(r, model, step + 2);
        if (status < 0 || status > 2) abort();
        if (status == 0 && resume(r, model, step + 3) != 0) abort();
    }
    remove_in(folder);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned int seed) {
    uint32_t random = seed;
    if (size < 2 || most < 64 || structure_random(&random, 32) == 0) return LLVMFuzzerMutate(data, size, most);
    structure_mutate *const mutate[STRUCTURE_PARTS] = {structure_safetensors, structure_trajectory};
    return 1 + structure_parts(data + 1, size - 1, most - 1, &random, mutate);
}
