// Trajectory: see the header. Bytes may be hostile: every record's size and every number is checked before it is used.
#include "runtime/trainer/trajectory.h"

#include <math.h>
#include <string.h>

#include "runtime/formats/bits.h"
#include "runtime/trainer/trainer_hash.h"

static const char magic[4] = {'L', 'R', 'T', 'J'};

static void put(unsigned char *bytes, uint64_t value, int n) {
    for (int i = 0; i < n; i++) bytes[i] = (unsigned char)(value >> 8 * i);
}

static uint64_t get(const unsigned char *bytes, int n) {
    uint64_t value = 0;
    for (int i = 0; i < n; i++) value |= (uint64_t)bytes[i] << 8 * i;
    return value;
}

void lrt_trajectory_put_scalar(unsigned char bytes[4], float scalar) { put(bytes, lrt_float_bits(scalar), 4); }

float lrt_trajectory_scalar(const unsigned char bytes[4]) { return lrt_bits_float((uint32_t)get(bytes, 4)); }

bool lrt_trajectory_finite(const float *scalars, int32_t n) {
    for (int32_t k = 0; k < n; k++)
        if (!isfinite(scalars[k]) && lrt_float_bits(scalars[k]) != LRT_NO_SCALAR) return false;
    return true;
}

void lrt_trajectory_put_segment(unsigned char bytes[TRAJECTORY_SEGMENT_BYTES], const struct trajectory_segment *s) {
    const uint64_t words[] = {TRAJECTORY_MARK_SEGMENT, 0, TRAJECTORY_VERSION, (uint32_t)s->tangents, (uint32_t)s->shard,
                              (uint32_t)s->shards};
    const uint64_t numbers[] = {s->program,
                                s->seed,
                                (uint64_t)s->first_step,
                                (uint64_t)s->schedule_steps,
                                lrt_double_bits(s->perturbation),
                                lrt_double_bits(s->learning_rate),
                                s->base};
    for (int i = 0; i < 6; i++) put(bytes + 4 * i, words[i], 4);
    memcpy(bytes + 4, magic, sizeof magic);
    for (int i = 0; i < 7; i++) put(bytes + 24 + 8 * i, numbers[i], 8);
    put(bytes + 80, (uint32_t)s->tensors, 4);
    put(bytes + 84, (uint64_t)s->numbers, 8);
    put(bytes + 92, (uint32_t)s->states, 4);
    put(bytes + 96, (uint32_t)s->rate.kind, 4);
    put(bytes + 100, (uint64_t)s->rate.warmup, 8);
    put(bytes + 108, (uint64_t)s->rate.steps, 8);
    put(bytes + 116, lrt_double_bits(s->rate.floor), 8);
    put(bytes + 124, lrt_double_bits(s->clip), 8);
}

static struct trajectory_segment get_segment(const unsigned char *bytes) {
    return (struct trajectory_segment){.tangents = (int32_t)get(bytes + 12, 4),
                                       .shard = (int32_t)get(bytes + 16, 4),
                                       .shards = (int32_t)get(bytes + 20, 4),
                                       .program = get(bytes + 24, 8),
                                       .seed = get(bytes + 32, 8),
                                       .first_step = (int64_t)get(bytes + 40, 8),
                                       .schedule_steps = (int64_t)get(bytes + 48, 8),
                                       .perturbation = lrt_bits_double(get(bytes + 56, 8)),
                                       .learning_rate = lrt_bits_double(get(bytes + 64, 8)),
                                       .base = get(bytes + 72, 8),
                                       .tensors = (int32_t)get(bytes + 80, 4),
                                       .numbers = (int64_t)get(bytes + 84, 8),
                                       .states = (int32_t)get(bytes + 92, 4),
                                       .rate = {.kind = (int)get(bytes + 96, 4),
                                                .warmup = (int64_t)get(bytes + 100, 8),
                                                .steps = (int64_t)get(bytes + 108, 8),
                                                .floor = lrt_bits_double(get(bytes + 116, 8))},
                                       .clip = lrt_bits_double(get(bytes + 124, 8))};
}

void lrt_trajectory_put_check(unsigned char bytes[TRAJECTORY_CHECK_BYTES], uint64_t hash, uint64_t state) {
    put(bytes, TRAJECTORY_MARK_CHECK, 4);
    put(bytes + 8, state, 8);
    hash = lrt_trainer_hash_bytes(hash, bytes + 8, 8);
    put(bytes + 4, (hash >> 32 ^ hash) & UINT32_MAX, 4);
}

// ---- reading ----
struct trajectory_reader lrt_trajectory_read(const void *bytes, size_t n) {
    return (struct trajectory_reader){.bytes = bytes, .n = n, .hash = TRAINER_HASH_START};
}

static const char cut_short[] = "it is cut short: copy it again", damaged[] = "it is damaged: copy it again";

static enum trajectory_record corrupt(struct trajectory_reader *r, const char *wrong) {
    r->wrong = wrong;
    return TRAJECTORY_CORRUPT;
}

static enum trajectory_record pass(struct trajectory_reader *r, size_t bytes, enum trajectory_record record) {
    r->hash = lrt_trainer_hash_bytes(r->hash, r->bytes + r->at, bytes);
    r->at += bytes;
    r->checked = record == TRAJECTORY_CHECK;
    return record;
}

// Numbers that no run has.
static bool impossible(const struct trajectory_segment *s) {
    const int64_t most = INT64_MAX / 2;
    if (s->tangents < 1 || s->tensors < 0 || s->numbers < 0 || s->states < 0) return true;
    if (s->shards < 0 || s->shard < 0 || s->shard > s->shards || (s->shards > 0 && s->shard < 1)) return true;
    if (s->first_step < 1 || s->first_step > most || s->schedule_steps < 0 || s->schedule_steps > most) return true;
    if (!(s->perturbation >= 0) || !isfinite(s->perturbation) || !(s->learning_rate > 0) || !isfinite(s->learning_rate))
        return true;
    if (s->rate.kind < LRT_SCHEDULE_CONSTANT || s->rate.kind > LRT_SCHEDULE_COSINE) return true;
    if (s->rate.warmup < 0 || s->rate.warmup > most || s->rate.steps < 0 || s->rate.steps > most) return true;
    if (!(s->rate.floor >= 0) || !(s->rate.floor <= 1) || !(s->clip >= 0) || !isfinite(s->clip)) return true;
    return s->perturbation > 0 && s->tangents != 1;
}

static enum trajectory_record read_segment(struct trajectory_reader *r) {
    const unsigned char *from = r->bytes + r->at;
    if (r->n - r->at < TRAJECTORY_SEGMENT_BYTES) return corrupt(r, cut_short);
    if (memcmp(from + 4, magic, sizeof magic) != 0) return corrupt(r, damaged);
    if (get(from + 8, 4) != TRAJECTORY_VERSION)
        return corrupt(r, "it is of another version of lorac: replay it with that version");
    const struct trajectory_segment s = get_segment(from);
    if (impossible(&s)) return corrupt(r, damaged);
    if (r->at > 0 && s.first_step != r->step + 1) return corrupt(r, "steps are missing in it");
    r->segment = s;
    r->step = s.first_step - 1;
    r->steps_of_segment = 0;
    return pass(r, TRAJECTORY_SEGMENT_BYTES, TRAJECTORY_SEGMENT);
}

static enum trajectory_record read_check(struct trajectory_reader *r) {
    unsigned char wanted[TRAJECTORY_CHECK_BYTES];
    const unsigned char *from = r->bytes + r->at;
    if (r->n - r->at < TRAJECTORY_CHECK_BYTES) return corrupt(r, cut_short);
    r->state = get(from + 8, 8);
    lrt_trajectory_put_check(wanted, r->hash, r->state);
    if (memcmp(from, wanted, sizeof wanted) != 0) return corrupt(r, damaged);
    return pass(r, TRAJECTORY_CHECK_BYTES, TRAJECTORY_CHECK);
}

enum trajectory_record lrt_trajectory_next(struct trajectory_reader *r) {
    const size_t left = r->n - r->at;
    if (r->at == 0 && (left < 8 || get(r->bytes, 4) != TRAJECTORY_MARK_SEGMENT || memcmp(r->bytes + 4, magic, 4) != 0))
        return corrupt(r, "it is not a trajectory");
    if (left == 0) return TRAJECTORY_END;
    if (left < 4) return corrupt(r, cut_short);
    const uint64_t mark = get(r->bytes + r->at, 4);
    if (mark == TRAJECTORY_MARK_SEGMENT) return read_segment(r);
    if (mark == TRAJECTORY_MARK_CHECK) return read_check(r);
    if (left / 4 < (size_t)r->segment.tangents) return corrupt(r, cut_short);
    if (!r->checked && r->steps_of_segment > 0 && r->steps_of_segment % TRAJECTORY_CHECK_EVERY == 0)
        return corrupt(r, damaged);
    r->scalars = r->bytes + r->at;
    r->step++;
    r->steps_of_segment++;
    return pass(r, 4 * (size_t)r->segment.tangents, TRAJECTORY_STEP);
}
