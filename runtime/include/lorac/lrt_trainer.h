/* lrt_trainer: the program that `lorac --main` hands a model to. Options, data, training loop, evaluation, sampling,
 * checkpoints, adapter files: everything a person needs around M_step, and nothing an app has to link.
 *
 * Unlike the rest of the runtime it prints, opens files and allocates; but between the first and the last step of
 * training it allocates nothing. */
#ifndef LRT_TRAINER_H
#define LRT_TRAINER_H
#include <lorac/lrt.h>
#ifdef __cplusplus
extern "C" {
#endif

/* What the process ends with. */
enum lrt_trainer_exit {
    LRT_EXIT_OK = 0,
    LRT_EXIT_INPUT = 1, /* a file is missing, corrupt or does not fit the model; the loss is not finite */
    LRT_EXIT_USAGE = 2, /* an option is unknown, not built in, or has a bad value */
    LRT_EXIT_INTERRUPTED =
        130 /* SIGINT or SIGTERM: the step was finished and saved, or the evaluation or answer cut short */
};

/* Runs the whole program for one model: `int main(int argc, char **argv) { return lrt_trainer_main(M_interface(), argc,
 * argv); }`
 * `--help` prints the options. */
int lrt_trainer_main(const struct lrt_interface *model, int argc, char **argv);

#ifdef __cplusplus
}
#endif
#endif
