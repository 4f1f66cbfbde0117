// lorac: the command line in, exit code out.
#include "compiler/base/arena.h"
#include "compiler/driver.h"

int main(int argc, char **argv) {
    struct arena arena = {0};
    int status = driver_run(&arena, argc, argv);
    arena_free(&arena);
    return status;
}
