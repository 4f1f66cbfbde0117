// Replay, internal: shared by the verifier's files. Its interface is plan_verify (compiler/plan/plan.h).
#pragma once
#include "compiler/plan/plan.h"
#include "compiler/plan/replay_map.h"
#include "compiler/plan/position_history.h"

// An instance of a value: one slot of a stack, or the newest value.
struct replay_instance {
    uint64_t write; // the last write of it; 0: none yet
    uint64_t since; // time in a position history since which its bytes must be intact
};

// Content of a checkpoint schedule's slot, or of an iteration's place in its file.
struct replay_kept {
    uint64_t write, since;
    int64_t iteration;
};

struct replay {
    const struct plan *plan;
    const struct graph *g;
    struct replay_map map;
    uint64_t writes;
    struct replay_instance **meant; // [n_values][slots or 1]
    // Positions run so far: `value_history` checks the lives of values, `buffer_history` (buffer order) those of
    // buffers. They differ where a checkpoint schedule's forward body runs inside its backward loop. In
    // `value_history` such a run is one position, `rerun`.
    struct position_history value_history, buffer_history;
    uint32_t rerun;
    int64_t *iteration;       // [n_loops]
    struct replay_kept *kept; // [n_kept] of all checkpoint schedules
    size_t n_kept;
    char *text;
    size_t size;
    bool failed;
};

struct replay_place {
    bool placed;
    int64_t low, high;
    struct replay_instance *meant;
    bool top; // in the top slot, or not in a stack
};

struct replay_interval {
    uint32_t from, to;
};

void replay_error(struct replay *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *replay_name(const struct replay *r, value_id v);
const struct plan_buffer *replay_buffer(const struct replay *r, value_id v);
// The place of an operand of a node in loop `home`, `ahead` iterations from now.
struct replay_place replay_locate(struct replay *r, struct use u, loop_id home, int64_t ahead);
// The interval of positions run since a time, including `at`.
struct replay_interval replay_interval(const struct position_history *t, uint64_t since, uint32_t at);
// from, to: in buffer order (plan_buffer_position).
void replay_check_buffer(struct replay *r, value_id v, struct replay_place where, uint32_t from, uint32_t to,
                         uint32_t at);
void replay_read_place(struct replay *r, value_id v, struct replay_place where, struct replay_instance meant,
                       uint32_t at);
void replay_read_value(struct replay *r, struct use u, loop_id home, uint32_t at);
void replay_mark_step(struct replay *r, uint32_t at);
// Passes on all carries of a loop: COPY_INIT at its LOOP node, COPY_NEXT or COPY_RESULT at its END.
void replay_pass_carries(struct replay *r, loop_id l, uint32_t at, int kind, int64_t ahead);
void replay_last_copies(struct replay *r, loop_id l, uint32_t at);
void replay_nodes(struct replay *r, uint32_t first, uint32_t end);

// compiler/plan/replay_checkpoint.c: replays one loop of a checkpoint schedule, step by step.
void replay_checkpoint_forward(struct replay *r, const struct checkpoint_schedule *checkpoints);
void replay_checkpoint_backward(struct replay *r, const struct checkpoint_schedule *checkpoints);
