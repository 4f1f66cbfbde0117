// lorac: options in, exit code out.
#include "compiler/base/arena.h"
#include "compiler/driver.h"

int main(int argc, char **argv) {
    struct arena arena = {0};
    struct options options;
    int status = options_read(&options, &arena, argc, argv) ? driver_run(&options, &arena) : EXIT_USAGE;
    arena_free(&arena);
    return status;
}
