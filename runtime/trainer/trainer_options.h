// Trainer options: argv becomes a struct. The table is trainer_options.def; --help prints it.
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct trainer_options {
    const char *program; // argv[0]'s last part, for messages
    const char *weights, *tokenizer, *data, *eval, *adapter, *out, *resume, *log, *dump_grads, *sample, *page_file,
        *pools;                                                            // NULL: not given
    int64_t steps;                                                         // -1: not given
    int64_t threads, accumulate, eval_every, checkpoint_every, max_tokens; // 0: not given
    double lr, seconds, temperature;                                       // 0: not given
    uint64_t seed;
    bool has_seed;
    bool stream_weights, no_shuffle, random_init, mlx, raw, quiet, help;
};

enum { TRAINER_MESSAGE_BYTES = 512 };

// Fills `o` from argv. False: message says what is wrong with which option and how to mend it. --help stops the
// parsing.
bool lrt_trainer_options_parse(struct trainer_options *o, int argc, char **argv, char message[TRAINER_MESSAGE_BYTES]);

// Checks that the options make sense together (steps without data, checkpoints without a folder ...).
bool lrt_trainer_options_check(struct trainer_options *o, char message[TRAINER_MESSAGE_BYTES]);

// Prints usage and one line an option to stdout.
void lrt_trainer_options_help(const struct trainer_options *o);
