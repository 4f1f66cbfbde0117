// lorac: the command line in, exit code out.
#include <signal.h>

#include <lorac/lrt_files.h>
#include "compiler/base/arena.h"
#include "compiler/cli/options.h"
#include "compiler/driver.h"

int main(int argc, char **argv) {
    struct arena arena = {0};
    signal(SIGXFSZ, SIG_IGN);                                         // the write fails, and is told
    if (lrt_open_standard_descriptors() != LRT_OK) return EXIT_INPUT; // there is nowhere to say so
    int status = driver_run(&arena, argc, argv);
    arena_free(&arena);
    return status;
}
