// lorac: the command line in, exit code out.
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>

#include <lorac/lrt_files.h>
#include "compiler/base/arena.h"
#include "compiler/base/memory.h"
#include "compiler/cli/options.h"
#include "compiler/driver.h"

// Jansson does not tell of all that it could not allocate: it gets blocks that are there, or lorac ends.
static void *json_block(size_t bytes) { return reallocate(NULL, bytes, 1); }

int main(int argc, char **argv) {
    struct arena arena = {0};
    json_set_alloc_funcs(json_block, free);
    signal(SIGXFSZ, SIG_IGN);                                         // the write fails, and is told
    if (lrt_open_standard_descriptors() != LRT_OK) return EXIT_INPUT; // there is nowhere to say so
    int status = driver_run(&arena, argc, argv);
    arena_free(&arena);
    return status;
}
