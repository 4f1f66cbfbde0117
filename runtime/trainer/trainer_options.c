// Trainer options: a walk over argv with the table at hand. `--name value` and `--name=value` are the same; the last
// one wins. Every message names the option, what was given and what would be taken.
#include "runtime/trainer/trainer_options.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/trainer/trainer_line.h"
#include "runtime/weights/weight_names.h"

typedef const char *option_parser(void *field, const char *value); // NULL, or what the option takes

static const char *parse_path(void *field, const char *value) {
    if (!*value) return "something that is not empty";
    *(const char **)field = value;
    return NULL;
}

// Half the range, so that no sum of steps and rows overflows; checkpoints hold no more.
static const char *parse_steps(void *field, const char *value) {
    int64_t n;
    if (!lrt_trainer_parse_integer(value, 0, &n) || n > INT64_MAX / 2)
        return "a whole number, 0 or more, at most 4611686018427387903";
    *(int64_t *)field = n;
    return NULL;
}

static const char *parse_whole(void *field, const char *value) {
    return lrt_trainer_parse_integer(value, 1, field) ? NULL : "a whole number, 1 or more";
}

static const char *parse_seed(void *field, const char *value) {
    int64_t n;
    if (!lrt_trainer_parse_integer(value, 0, &n)) return "a whole number, 0 or more";
    *(uint64_t *)field = (uint64_t)n;
    return NULL;
}

static const char *parse_positive(void *field, const char *value) {
    double x;
    if (!lrt_trainer_parse_number(value, &x) || !(x > 0)) return "a number above 0, such as 0.0002 or 2e-4";
    *(double *)field = x;
    return NULL;
}

static const char *parse_clip(void *field, const char *value) {
    double x;
    if (!lrt_trainer_parse_number(value, &x) || x < 0) return "a number above 0, or 0 for none";
    *(double *)field = x > 0 ? x : -1;
    return NULL;
}

static const char *parse_schedule(void *field, const char *value) {
    return lrt_trainer_parse_schedule(value, field) ? NULL
                                                    : "constant, linear or cosine, such as 'cosine(warmup: 20, "
                                                      "floor: 0.1)'";
}

static const char *parse_warmup(void *field, const char *value) {
    struct trainer_rate *rate = field;
    rate->has_warmup = lrt_trainer_parse_integer(value, 0, &rate->schedule.warmup);
    return rate->has_warmup ? NULL : "a whole number, 0 or more";
}

static const char *parse_flag(void *field, const char *value) {
    (void)value;
    *(bool *)field = true;
    return NULL;
}

static const char *parse_shard(void *field, const char *value) {
    static const char wanted[] = "K/M, shard K of M, counted from 1";
    struct trainer_shard *s = field;
    const char *slash = strchr(value, '/');
    char shard[24];
    int64_t k, m;
    if (!slash || (size_t)(slash - value) >= sizeof shard) return wanted;
    memcpy(shard, value, (size_t)(slash - value));
    shard[slash - value] = 0;
    if (!lrt_trainer_parse_integer(shard, 1, &k) || !lrt_trainer_parse_integer(slash + 1, 1, &m)) return wanted;
    if (k > m || m > INT32_MAX) return wanted;
    *s = (struct trainer_shard){(int32_t)k, (int32_t)m};
    return NULL;
}

static const char *parse_date(void *field, const char *value) {
    struct trainer_date *d = field;
    int end = 0;
    const bool read = sscanf(value, "%4d-%2d-%2d%n", &d->year, &d->month, &d->day, &end) == 3 && !value[end];
    return read && d->year >= 1900 && d->month >= 1 && d->month <= 12 && d->day >= 1 && d->day <= 31
               ? NULL
               : "a date, such as 2026-11-30";
}

const char *lrt_trainer_turns_name(enum lrt_train_on turns) {
    return turns == LRT_TRAIN_ON_LAST_TURN ? "last-turn" : turns == LRT_TRAIN_ON_ALL_TURNS ? "all-turns" : "default";
}

static const char *parse_turns(void *field, const char *value) {
    enum lrt_train_on *turns = field;
    *turns = LRT_TRAIN_ON_DEFAULT;
    for (int i = LRT_TRAIN_ON_ALL_TURNS; i <= LRT_TRAIN_ON_LAST_TURN; i++)
        if (strcmp(value, lrt_trainer_turns_name((enum lrt_train_on)i)) == 0) *turns = (enum lrt_train_on)i;
    return *turns == LRT_TRAIN_ON_DEFAULT ? "all-turns or last-turn" : NULL;
}

static const char *parse_list(void *field, const char *value) {
    struct trainer_paths *list = field;
    if (!*value) return "something that is not empty";
    const char **more = realloc(list->paths, (list->n + 1) * sizeof *more);
    if (!more) return "less memory than there is";
    list->paths = more;
    list->paths[list->n++] = value;
    return NULL;
}

struct option {
    const char *name, *argument, *help;
    size_t field;
    option_parser *parse;
};

static const struct option option_table[] = {
#define OPTION(name, field, kind, argument, help)                                                                      \
    {name, argument, help, offsetof(struct trainer_options, field), parse_##kind},
#include "runtime/trainer/trainer_options.def"
#undef OPTION
};
enum { OPTION_COUNT = sizeof option_table / sizeof option_table[0] };

static const struct option *find_option(const char *name, size_t length) {
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (strlen(option_table[i].name) == length && memcmp(option_table[i].name, name, length) == 0)
            return &option_table[i];
    return NULL;
}

// The option that a mistyped one probably meant; NULL: none is near. At most a letter in four is wrong, and one more.
static const char *near_option(const char *name, size_t length) {
    char typed[40];
    const char *best = NULL;
    size_t least = 2 * (1 + length / 4) + 1;
    if (length >= sizeof typed) return NULL;
    memcpy(typed, name, length);
    typed[length] = 0;
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const size_t distance = lrt_name_distance(typed, option_table[i].name);
        if (distance < least && distance < 2 * length) least = distance, best = option_table[i].name;
    }
    return best;
}

static bool refuse(char message[TRAINER_MESSAGE_BYTES], const char *format, const char *a, const char *b,
                   const char *c) {
    // The formats are literals of this file with at most three %s.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(message, TRAINER_MESSAGE_BYTES, format, a, b, c);
#pragma GCC diagnostic pop
    return false;
}

// Reads the option at argv[*at] (and its value) and moves *at past it.
static bool parse_one(struct trainer_options *o, int argc, char **argv, int *at, char message[TRAINER_MESSAGE_BYTES]) {
    const char *word = argv[(*at)++];
    if (strncmp(word, "--", 2) != 0 || !word[2])
        return refuse(message, "'%s' is not an option; options begin with --, see --help", word, "", "");
    const char *name = word + 2, *equals = strchr(name, '=');
    const struct option *option = find_option(name, equals ? (size_t)(equals - name) : strlen(name));
    if (!option) {
        const char *near = near_option(name, equals ? (size_t)(equals - name) : strlen(name));
        return near ? refuse(message, "unknown option '%s'; did you mean --%s?", word, near, "")
                    : refuse(message, "unknown option '%s'; --help lists the options", word, "", "");
    }
    const char *value = "";
    if (option->argument) {
        if (equals)
            value = equals + 1;
        else if (*at < argc)
            value = argv[(*at)++];
        else
            return refuse(message, "--%s needs a value: --%s %s", option->name, option->name, option->argument);
    } else if (equals) {
        return refuse(message, "--%s takes no value", option->name, "", "");
    }
    const char *wanted = option->parse((char *)o + option->field, value);
    if (wanted) return refuse(message, "--%s takes %s, not '%s'", option->name, wanted, value);
    if (option->field == offsetof(struct trainer_options, seed)) o->has_seed = true;
    return true;
}

bool lrt_trainer_options_parse(struct trainer_options *o, int argc, char **argv, char message[TRAINER_MESSAGE_BYTES]) {
    *o = (struct trainer_options){.program = "train", .steps = -1};
    if (argc > 0 && argv[0] && *argv[0]) {
        const char *slash = strrchr(argv[0], '/');
        o->program = slash ? slash + 1 : argv[0];
    }
    for (int at = 1; at < argc && !o->help;)
        if (!parse_one(o, argc, argv, &at, message)) return false;
    return true;
}

// What stands in the receipt, and what would be written: the option given, or NULL.
static const char *against_verifying(const struct trainer_options *o) {
    const struct {
        bool given;
        const char *name;
    } options[] = {{o->steps >= 0, "--steps"},
                   {o->epochs > 0, "--epochs"},
                   {o->seconds > 0, "--seconds"},
                   {o->lr > 0, "--lr"},
                   {o->rate.has_kind, "--schedule"},
                   {o->rate.has_warmup, "--warmup"},
                   {o->clip != 0, "--clip"},
                   {o->has_seed, "--seed"},
                   {o->accumulate > 0, "--accumulate"},
                   {o->no_shuffle, "--no-shuffle"},
                   {o->shard.shards > 0, "--shard"},
                   {o->random_init, "--random-weights-init"},
                   {o->chat_date.year > 0, "--chat-date"},
                   {o->train_on != LRT_TRAIN_ON_DEFAULT, "--train-on"},
                   {o->skip_bad > 0, "--skip-bad"},
                   {o->receipt != NULL, "--receipt"},
                   {o->receipt_every > 0, "--receipt-every"},
                   {o->resume != NULL, "--resume"},
                   {o->replay.n > 0, "--replay"},
                   {o->out != NULL, "--out"},
                   {o->shard_out != NULL, "--shard-out"},
                   {o->dump_grads != NULL, "--dump-grads"}};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (options[i].given) return options[i].name;
    return NULL;
}

bool lrt_trainer_options_check(struct trainer_options *o, char message[TRAINER_MESSAGE_BYTES]) {
    const char *wrong = NULL;
    const bool trains = o->steps > 0 || o->epochs > 0 || o->verify_receipt;
    const char *against = o->verify_receipt ? against_verifying(o) : NULL;
    if (against)
        return refuse(message,
                      "--verify-receipt takes the run's options from the receipt, and writes no adapter: leave %s "
                      "out",
                      against, "", "");
    if (!o->weights)
        wrong = "no base model: give --weights FILE";
    else if (o->verify_receipt && !o->data)
        wrong = "--verify-receipt trains again: give the --data of the run";
    else if (o->receipt && !trains)
        wrong = "--receipt is of a training: give --data and --steps";
    else if (o->receipt_every && !o->receipt)
        wrong = "--receipt-every needs --receipt FILE";
    else if (o->replay.n > 0 && (o->data || o->steps > 0 || o->epochs > 0 || o->resume || o->lr > 0 ||
                                 o->shard.shards || o->clip != 0 || o->rate.has_kind || o->rate.has_warmup))
        wrong = "--replay does the steps of its files: leave --data, --steps, --resume, --lr, --schedule, --warmup, "
                "--clip and --shard out";
    else if (o->show_data && !o->data)
        wrong = "--show-data shows --data FILE: give one";
    else if (o->chat_format && o->chat_template)
        wrong = "--chat-format and --chat-template both say what chat looks like: give one";
    else if (o->steps >= 0 && o->epochs > 0)
        wrong = "--steps and --epochs both say how long: give one";
    else if (o->steps < 0 && o->data && !trains && !o->show_data)
        wrong = "how many steps? give --steps N with --data, or --epochs N";
    else if (o->epochs > 0 && !o->data)
        wrong = "--epochs counts --data FILE: give it";
    else if (o->steps > 0 && !o->data)
        wrong = "nothing to train on: give --data FILE, or --steps 0";
    else if (o->eval_every && !o->eval)
        wrong = "--eval-every needs --eval FILE";
    else if (o->seconds > 0 && !trains)
        wrong = "--seconds bounds the time of --steps: give --data and --steps";
    else if (o->pools && !trains)
        wrong = "--pools describes training: give --data and --steps";
    else if (o->checkpoint_every && !o->out && !o->resume)
        wrong = "--checkpoint-every needs --out DIR";
    else if (o->resume && o->adapter)
        wrong = "--resume brings its own adapters: leave --adapter out";
    else if (o->dump_grads && !trains)
        wrong = "--dump-grads needs a training step: give --data and --steps";
    else if (o->dump_grads && o->resume)
        wrong = "--dump-grads is of step 1: leave --resume out";
    else if (o->resume && o->shard_in.n > 0)
        wrong = "--resume brings its own adapters: leave --shard-in out";
    else if (!o->sample && (o->temperature > 0 || o->max_tokens || o->raw))
        wrong = "--temperature, --max-tokens and --raw go with --sample PROMPT";
    else if (!trains && (o->clip != 0 || o->rate.has_kind || o->rate.has_warmup))
        wrong = "--clip, --schedule and --warmup are of training: give --data and --steps";
    if (wrong) return refuse(message, "%s", wrong, "", "");
    if (o->steps < 0) o->steps = o->epochs > 0 ? 1 : 0; // of epochs: until the data is counted
    if (!o->max_tokens) o->max_tokens = 64;
    if (o->resume && !o->out) o->out = o->resume;
    return true;
}

void lrt_trainer_options_free(struct trainer_options *o) {
    free(o->replay.paths);
    free(o->shard_in.paths);
    o->replay = o->shard_in = (struct trainer_paths){NULL, 0};
}

void lrt_trainer_options_help(const struct trainer_options *o) {
    printf("usage: %s --weights FILE --data FILE --steps N [options]\n\n", o->program);
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct option *option = &option_table[i];
        char left[48];
        snprintf(left, sizeof left, "--%s %s", option->name, option->argument ? option->argument : "");
        printf("  %-24s %s\n", left, option->help);
    }
    printf("\nctrl-c finishes the step and saves; exit 0: done, 1: a file is wrong, 2: usage, 130: interrupted\n");
}
