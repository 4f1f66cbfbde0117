// Trainer: the state of one run and the parts that work on it. Every part returns an exit code of lrt_trainer.h
// (LRT_EXIT_OK: go on) and prints errors to stderr itself.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lorac/lrt_files.h>
#include <lorac/lrt_text.h>
#include <lorac/lrt_trainer.h>
#include "runtime/trainer/trainer_log.h"
#include "runtime/trainer/trainer_memory.h"
#include "runtime/trainer/trainer_options.h"
#include "runtime/trainer/trainer_progress.h"
#include "runtime/trainer/trainer_receipt.h"
#include "runtime/trainer/trajectory.h"

struct trainer_replay; // trainer_replay.c

struct trainer {
    const struct lrt_interface *model;
    const struct lrt_plan_info *plan;
    struct trainer_options options;

    struct lrt_weight_file *weight_file;
    struct lrt_tensor *slots; // [plan->n_slots]
    struct lrt_weights weights;
    struct lrt_page_file page_file; // open when the plan pages
    char page_path[4096];           // of a page file that nobody named
    struct lrt_data *data, *eval;   // NULL: not given
    struct trainer_date chat_date;  // that templates see in this run
    bool chat_sample;               // --sample takes the form of chat, as the data does
    bool told_vocabulary;           // that the tokenizer has more or fewer tokens than the model

    // One mapping: the context, the model's memory, the tokens of one step ("staging").
    void *mapping;
    size_t mapping_bytes, memory_bytes, staging_bytes;
    void *context, *memory;
    int32_t *tokens, *targets; // [micro_batches * batch, seq]
    int64_t micro_batches;

    uint64_t seed;
    uint64_t data_hash, base_hash; // of rows' ids, of the base's bytes; 0: no checkpoint is read or written
    double learning_rate;          // 0: the compiled one
    struct lrt_rate_schedule rate;
    double clip;            // as lrt_options.clip
    int64_t run_steps;      // --steps when the run began: the length of a schedule that has none of its own
    struct lrt_order order; // of the training rows
    int64_t position;       // in that order: the next row
    int64_t step;           // updates done
    bool ended;             // all steps are done, or the time for them is over
    double seconds;         // that the steps of this run took
    int64_t saved;          // step of the newest checkpoint, -1: none

    struct trainer_shard shard; // of the run; 0, 0: all tensors
    struct trainer_trajectory {
        int file; // -1: none is written
        uint64_t hash;
        struct trajectory_segment segment;
        int64_t steps_of_segment;
        bool checked;         // the last record is a check
        float *scalars;       // [tangents] of a step
        unsigned char *bytes; // [tangents * 4] of them
    } trajectory;

    int out_lock; // descriptor of --out, locked; -1: none
    struct trainer_log log;
    struct trainer_progress progress;
    struct trainer_replay *replay;   // NULL: none
    struct trainer_receipt *receipt; // NULL: none
    struct trainer_memory peak;      // while training
    struct trainer_memory now;       // the most since the last line of the log
    bool dropping;                   // weights that an iteration has used are being dropped
};

// Prints "program: message" to stderr, behind the bar if there is one; returns `exit_code`.
int lrt_trainer_fail(struct trainer *t, int exit_code, const char *format, ...) __attribute__((format(printf, 3, 4)));

static inline int64_t trainer_rows(const struct trainer *t) { return t->micro_batches * t->plan->batch; } // of one step

// The most that the gradient's norm may be in this run; 0: any.
static inline double lrt_trainer_clip(const struct trainer *t) {
    return t->clip < 0 ? 0 : t->clip > 0 ? t->clip : t->plan->clip;
}

// ---- trainer_inputs.c: files to rows and slots ----
int lrt_trainer_open_weights(struct trainer *t);
// Opens --data and --eval with a tokenizer that is closed again before this returns.
int lrt_trainer_open_data(struct trainer *t);
// --epochs: the steps that they take, by the size of the data and of a step.
int lrt_trainer_count_steps(struct trainer *t);
int lrt_trainer_open_tokenizer(struct trainer *t, struct lrt_tokenizer **tokenizer);
int lrt_trainer_open_page_file(struct trainer *t); // of a plan that pages; else an --page-file is refused
void lrt_trainer_close_inputs(struct trainer *t);
void lrt_trainer_note_memory(struct trainer *t); // into `now` and `peak`
// --stream-weights: an lrt_residency of the trainer, which looks at the memory before anything is dropped.
void lrt_trainer_stream(void *trainer, const void *data, size_t bytes, int needed);

// ---- trainer_chat.c: the form of chat ----
int lrt_trainer_choose_chat(struct trainer *t, struct lrt_tokenizer *tokenizer); // what the options say
// Decides whether --sample takes the form of chat, and says which form the run uses. After the data is open.
int lrt_trainer_prepare_chat(struct trainer *t, struct lrt_tokenizer *tokenizer);
int lrt_trainer_show_data(struct trainer *t, const struct lrt_tokenizer *tokenizer); // --show-data

// ---- trainer_checkpoint.c: DIR/checkpoint.safetensors ----
// Reads step, seed, order, rate and sizes from --resume into `t` and its options, before the model is initialised. An
// option that contradicts them is an error.
int lrt_trainer_resume_settings(struct trainer *t);
int lrt_trainer_resume_state(struct trainer *t); // adapters, optimizer state and step, into the initialised model
int lrt_trainer_save(struct trainer *t);         // no-op when this step is saved already

// ---- trainer_input_hashes.c: by which a checkpoint knows data and base ----
int lrt_trainer_hash_inputs(struct trainer *t); // of a run with checkpoints

// ---- trainer_loop.c ----
int lrt_trainer_train(struct trainer *t); // LRT_EXIT_INTERRUPTED after a signal, with everything saved

// ---- trainer_evaluate.c ----
// Writes the mean loss over --eval to the log and the screen. LRT_EXIT_INTERRUPTED after a signal; then nothing is
// logged.
int lrt_trainer_evaluate(struct trainer *t);

// ---- trainer_sample.c ----
// Answers --sample on stdout. LRT_EXIT_INTERRUPTED after a signal, with the text until then.
int lrt_trainer_sample(struct trainer *t);

// ---- trainer_trajectory.c: DIR/trajectory.bin of programs that estimate their gradient; no-ops in others ----
// Hash of what a trajectory's scalars move: trained tensors, their numbers as noise, the optimizer.
uint64_t lrt_trainer_program_hash(const struct trainer *t);
struct trainer_trained {
    int32_t tensors;
    int64_t numbers; // in all of them
};
struct trainer_trained lrt_trainer_trained(const struct trainer *t);
uint64_t lrt_trainer_state_hash(const struct trainer *t); // of adapters and optimizer state
// Begins the file in --out, or goes on with that of --resume behind the step of its checkpoint.
int lrt_trainer_trajectory_open(struct trainer *t);
// Call when the step's gradient is complete, before finish: reads its scalars. If one is not finite, the file ends with
// the step before.
int lrt_trainer_trajectory_take(struct trainer *t); // LRT_OK, or a status of the model
int lrt_trainer_trajectory_step(struct trainer *t); // the step is finished: they are written
int lrt_trainer_trajectory_sync(struct trainer *t); // onto the disk; before a checkpoint
int lrt_trainer_trajectory_end(struct trainer *t);  // with a check; says what was written
void lrt_trainer_trajectory_close(struct trainer *t);

// ---- trainer_replay.c: --replay ----
// Reads and checks the files; seed, rate and steps come from them, before the model is initialised.
int lrt_trainer_replay_open(struct trainer *t);
int lrt_trainer_replay(struct trainer *t); // LRT_EXIT_INTERRUPTED after a signal
void lrt_trainer_replay_close(struct trainer *t);

// ---- trainer_model.c ----
// Maps the memory, initialises the model, and reads what it goes on from: a checkpoint, or adapters and shards.
int lrt_trainer_start_model(struct trainer *t);
// Initialises the model again, with the rate and run_steps of now and the adapters, optimizer state and step it has.
int lrt_trainer_restart_model(struct trainer *t);

// ---- trainer_places.c: which files are read and written ----
int lrt_trainer_check_apart(struct trainer *t); // no output is an input, and no two outputs are one file
// Makes --out, locks it for this run, removes what killed runs left half-written in it, and refuses one that holds
// another run: without --overwrite, and unless it is that of --resume.
int lrt_trainer_take_out(struct trainer *t);
int lrt_trainer_clear_out(struct trainer *t); // --overwrite: removes the other run's files; none of --resume
void lrt_trainer_leave_out(struct trainer *t);

// ---- trainer_output.c ----
// Says which number of adapters and optimizer state is not finite; before they are written, and after the last step.
int lrt_trainer_check_finite(struct trainer *t);
int lrt_trainer_make_folder(struct trainer *t, const char *path); // with its parents
int lrt_trainer_check_result(struct trainer *t);                  // before training: --out can be written
int lrt_trainer_check_places(struct trainer *t);                  // before training: files can be written there
int lrt_trainer_read_adapter(struct trainer *t);                  // --adapter
int lrt_trainer_write_gradients(struct trainer *t);               // --dump-grads
int lrt_trainer_write_result(struct trainer *t);                  // --out
int lrt_trainer_read_shards(struct trainer *t);                   // --shard-in
int lrt_trainer_write_shard(struct trainer *t);                   // --shard-out

// ---- trainer_pools.c ----
// Planned and measured peak by pool: one line for people, and --pools:
// {"pools":{"arena":{"planned":n,"measured":n},...},"rss_anon":n}, in bytes.
int lrt_trainer_print_pools(struct trainer *t);
