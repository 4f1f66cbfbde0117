// Trainer options: argv becomes a struct. The table is trainer_options.def; --help prints it.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lorac/lrt_text.h>
#include "runtime/trainer/trainer_rate.h"

struct trainer_shard {
    int32_t shard, shards; // counted from 1; 0, 0: not given
};
struct trainer_paths { // of an option that may be given several times
    const char **paths;
    size_t n;
};

struct trainer_options {
    const char *program; // argv[0]'s last part, for messages
    const char *weights, *tokenizer, *data, *eval, *adapter, *out, *resume, *log, *dump_grads, *sample, *page_file,
        *pools, *shard_out, *chat_format, *chat_template, *receipt, *verify_receipt; // NULL: not given
    struct trainer_date {
        int year, month, day;
    } chat_date; // year 0: not given
    enum lrt_train_on train_on;
    struct trainer_shard shard;
    struct trainer_paths replay, shard_in;
    int64_t steps; // -1: not given
    int64_t threads, accumulate, eval_every, checkpoint_every, max_tokens, show_data, skip_bad,
        receipt_every;                       // 0: not given
    double lr, seconds, temperature, epochs; // 0: not given
    double clip;                             // 0: not given; negative: none
    struct trainer_rate rate;
    uint64_t seed;
    bool has_seed;
    bool stream_weights, no_shuffle, random_init, overwrite, mlx, raw, quiet, help;
};

enum { TRAINER_MESSAGE_BYTES = 512 };

// Fills `o` from argv. False: message says what is wrong with which option and how to mend it. --help stops the
// parsing.
bool lrt_trainer_options_parse(struct trainer_options *o, int argc, char **argv, char message[TRAINER_MESSAGE_BYTES]);

// Checks that the options make sense together (steps without data, checkpoints without a folder ...).
bool lrt_trainer_options_check(struct trainer_options *o, char message[TRAINER_MESSAGE_BYTES]);

// Gives back what the parsing took.
void lrt_trainer_options_free(struct trainer_options *o);

// "all-turns", "last-turn", or "default".
const char *lrt_trainer_turns_name(enum lrt_train_on turns);

// Prints usage and one line an option to stdout.
void lrt_trainer_options_help(const struct trainer_options *o);
