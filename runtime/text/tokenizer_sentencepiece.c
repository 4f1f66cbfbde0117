/* A SentencePiece model (tokenizer.model, spiece.model) becomes a tokenizer: its pieces, merged by score or chosen as
 * Unigram, and its normaliser. Numbers of fields and defaults: sentencepiece_model.proto. */
#include "runtime/text/charsmap.h"
#include "runtime/text/pattern.h"
#include "runtime/text/protobuf.h"
#include "runtime/text/tokenizer.h"
#include "runtime/text/utf8.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MODEL_UNIGRAM = 1, MODEL_BPE = 2 };

struct settings {
    int64_t type, byte_fallback, unknown, bos, eos, pad, suffix; /* trainer_spec */
    int64_t dummy_prefix, remove_spaces, escape;                 /* normalizer_spec */
    const char *map;
    size_t map_bytes;
};

struct reading {
    struct lrt *c;
    struct lrt_tokenizer *t;
    const char *path;
    struct settings settings;
    double *scores;
    size_t count, capacity;
    int users; /* there are user-defined pieces */
};

static int damaged(const struct reading *r, const char *what) {
    return lrt_fail(r->c, LRT_ERR_FILE, "%s: not a SentencePiece model, or damaged: its %s", r->path, what);
}

static int refuse(const struct reading *r, const char *what) {
    return lrt_fail(r->c, LRT_ERR_FILE,
                    "%s: %s is not supported: give the ids that its own program makes, in a .tok file", r->path, what);
}

/* Numbers of a message that have these field numbers. */
struct wanted {
    uint32_t number;
    int64_t *value;
};
static int read_numbers(const struct reading *r, const struct lrt_field *message, const struct wanted *wanted, size_t n,
                        const char *what) {
    struct lrt_message m = {message->bytes, message->bytes + message->length};
    struct lrt_field f;
    int found;
    if (!message->is_bytes) return damaged(r, what);
    while ((found = lrt_message_next(&m, &f)) > 0)
        for (size_t i = 0; i < n; i++)
            if (wanted[i].number == f.number && !f.is_bytes) *wanted[i].value = (int64_t)f.value;
    return found ? damaged(r, what) : LRT_OK;
}

static int read_trainer(struct reading *r, const struct lrt_field *f) {
    struct settings *s = &r->settings;
    const struct wanted wanted[] = {{3, &s->type}, {35, &s->byte_fallback}, {40, &s->unknown}, {41, &s->bos},
                                    {42, &s->eos}, {43, &s->pad},           {24, &s->suffix}};
    return read_numbers(r, f, wanted, sizeof wanted / sizeof *wanted, "trainer_spec");
}

static int read_normalizer(struct reading *r, const struct lrt_field *f) {
    struct settings *s = &r->settings;
    const struct wanted wanted[] = {{3, &s->dummy_prefix}, {4, &s->remove_spaces}, {5, &s->escape}};
    struct lrt_message m = {f->bytes, f->bytes + f->length};
    struct lrt_field member;
    int status = read_numbers(r, f, wanted, sizeof wanted / sizeof *wanted, "normalizer_spec");
    while (!status && lrt_message_next(&m, &member) > 0)
        if (member.number == 2 && member.is_bytes) {
            s->map = member.bytes;
            s->map_bytes = member.length;
        }
    return status;
}

static int read_piece(struct reading *r, const struct lrt_field *f) {
    struct lrt_message m = {f->bytes, f->bytes + f->length};
    struct lrt_field member;
    const char *text = "";
    size_t bytes = 0;
    int64_t kind = LRT_PIECE_NORMAL;
    float score = 0;
    int found;
    while ((found = lrt_message_next(&m, &member)) > 0) {
        if (member.number == 1 && member.is_bytes) {
            text = member.bytes;
            bytes = member.length;
        }
        if (member.number == 2 && !member.is_bytes) score = lrt_field_float(&member);
        if (member.number == 3 && !member.is_bytes) kind = (int64_t)member.value;
    }
    if (found || kind < LRT_PIECE_NORMAL || kind > LRT_PIECE_BYTE || bytes == 0 || !isfinite(score))
        return damaged(r, "pieces");
    if (kind == LRT_PIECE_UNUSED && r->settings.type == MODEL_BPE) return refuse(r, "an unused piece in a BPE model");
    int status = lrt_grow(r->c, (void **)&r->scores, &r->capacity, r->count + 1, sizeof *r->scores);
    if (status) return status;
    const size_t id = r->count++;
    const struct lrt_vocabulary *v = &r->t->vocabulary;
    r->users |= kind == LRT_PIECE_USER;
    r->scores[id] = kind == LRT_PIECE_NORMAL ? (double)score : NAN;
    if (id < v->count && v->pieces[id].kind != LRT_PIECE_NONE) return LRT_OK; /* added by the folder's configuration */
    if (kind == LRT_PIECE_USER && memchr(text, ' ', bytes)) kind = LRT_PIECE_UNUSED; /* spaces are marks by then */
    return lrt_tokenizer_add(r->c, r->t, (int64_t)id, text, bytes, (int)kind);
}

/* All fields of this number. */
static int read_fields(struct reading *r, const char *file, size_t bytes, uint32_t number,
                       int (*read)(struct reading *r, const struct lrt_field *f)) {
    struct lrt_message m = {file, file + bytes};
    struct lrt_field f;
    int found, status = LRT_OK;
    while ((found = lrt_message_next(&m, &f)) > 0 && !status)
        if (f.number == number) status = f.is_bytes ? read(r, &f) : damaged(r, "fields");
    return status || found == 0 ? status : damaged(r, "fields");
}

/* A step with a text of one space. */
static int add_space(const struct reading *r, struct lrt_normalizer_step step) {
    step.text = malloc(2);
    step.bytes = 1;
    if (step.text) {
        memcpy(step.text, " ", 2);
        return lrt_normalizer_add(r->c, &r->t->normalizer, step);
    }
    lrt_pattern_free(step.pattern);
    return lrt_fail(r->c, LRT_ERR_MEMORY, "%s: no memory", r->path);
}

/* User-defined pieces are found in text that has all its spaces: those that are marks already, and the first one. */
static int make_spaces(const struct reading *r) {
    struct lrt_normalizer_step marks = {.kind = LRT_NORMALIZE_REPLACE};
    const struct lrt_normalizer_step first = {.kind = LRT_NORMALIZE_PREPEND};
    int status = lrt_pattern_compile(r->c, LRT_SPACE_MARK, &marks.pattern);
    if (!status) status = add_space(r, marks);
    r->t->space_prefix = LRT_PREFIX_NONE;
    return status || !r->settings.dummy_prefix ? status : add_space(r, first);
}

static int make_normalizer(struct reading *r) {
    struct lrt_normalizer *n = &r->t->normalizer;
    struct lrt_normalizer_step map = {.kind = LRT_NORMALIZE_CHARSMAP};
    const struct lrt_normalizer_step spaces = {.kind = LRT_NORMALIZE_SPACES};
    int status = LRT_OK;
    if (r->settings.map_bytes) {
        status = lrt_charsmap_open(r->c, r->settings.map, r->settings.map_bytes, &map.map);
        if (!status) status = lrt_normalizer_add(r->c, n, map);
    }
    if (!status && r->settings.remove_spaces) status = lrt_normalizer_add(r->c, n, spaces);
    return status || !r->users ? status : make_spaces(r);
}

static void take_id(const struct reading *r, int64_t number, int32_t *id) {
    const int64_t value = (int32_t)(uint32_t)(uint64_t)number; /* a negative one is none */
    *id = value >= 0 && (size_t)value < r->count ? (int32_t)value : -1;
}

static int make_model(struct reading *r) {
    struct lrt_tokenizer *t = r->t;
    const struct settings *s = &r->settings;
    int status = lrt_vocabulary_index(r->c, &t->vocabulary);
    if (status) return status;
    const size_t n = t->vocabulary.count; /* of the folder's configuration there may be more */
    status = lrt_grow(r->c, (void **)&r->scores, &r->capacity, n, sizeof *r->scores);
    if (status) return status;
    for (size_t i = 0; i < n; i++)
        if (i >= r->count || t->vocabulary.pieces[i].kind != LRT_PIECE_NORMAL) r->scores[i] = NAN;
    take_id(r, s->unknown, &t->info.unknown);
    take_id(r, s->bos, &t->info.bos);
    take_id(r, s->eos, &t->info.eos);
    take_id(r, s->pad, &t->pad);
    t->fuse_unknown = 1;
    t->info.add_bos = s->type == MODEL_BPE && t->info.bos >= 0;
    t->info.add_eos = s->type == MODEL_UNIGRAM && t->info.eos >= 0;
    t->unigram.single = 1;
    return s->type == MODEL_BPE ? lrt_tokenizer_rank(r->c, t, r->scores, n) : lrt_unigram_open(r->c, t, r->scores, n);
}

static int read_model(struct reading *r, const char *file, size_t bytes) {
    struct settings *s = &r->settings;
    int status = read_fields(r, file, bytes, 2, read_trainer);
    if (!status) status = read_fields(r, file, bytes, 3, read_normalizer);
    if (status) return status;
    if (s->type != MODEL_UNIGRAM && s->type != MODEL_BPE) return refuse(r, "a model_type other than UNIGRAM and BPE");
    if (s->suffix) return refuse(r, "treat_whitespace_as_suffix");
    if (!s->escape) return refuse(r, "escape_whitespaces false");
    r->t->marks_spaces = 1;
    r->t->byte_fallback = s->byte_fallback != 0;
    r->t->user_inside = 1;
    r->t->space_prefix = s->dummy_prefix ? LRT_PREFIX_ALWAYS : LRT_PREFIX_NONE;
    r->t->strips_space = s->dummy_prefix != 0;
    r->t->info.pattern = "sentencepiece";
    status = read_fields(r, file, bytes, 1, read_piece);
    if (!status && r->count == 0) status = damaged(r, "pieces, of which it has none");
    if (!status) status = make_normalizer(r);
    return status ? status : make_model(r);
}

int lrt_tokenizer_load_sentencepiece(struct lrt *c, struct lrt_tokenizer *t, const char *path) {
    struct reading r = {
        .c = c,
        .t = t,
        .path = path,
        .settings = {
            .type = MODEL_UNIGRAM, .bos = 1, .eos = 2, .pad = -1, .dummy_prefix = 1, .remove_spaces = 1, .escape = 1}};
    char *file;
    size_t bytes;
    int status = lrt_read_file(c, path, (size_t)1 << 30, &file, &bytes);
    if (status) return status;
    status = read_model(&r, file, bytes);
    free(r.scores);
    free(file);
    return status;
}
