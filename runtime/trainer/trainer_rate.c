// Trainer rate: see the header.
#include "runtime/trainer/trainer_rate.h"

#include <string.h>

#include "runtime/trainer/trainer_line.h"

enum { WORD_BYTES = 32 };

static const char *skip_blanks(const char *text) { return text + strspn(text, " "); }

// A word of `of` at *text, which moves behind it and the blanks around it.
static bool take_word(const char **text, const char *of, char word[WORD_BYTES]) {
    *text = skip_blanks(*text);
    const size_t n = strspn(*text, of);
    if (n == 0 || n >= WORD_BYTES) return false;
    memcpy(word, *text, n);
    word[n] = 0;
    *text = skip_blanks(*text + n);
    return true;
}

static bool take(const char **text, char wanted) {
    if (**text != wanted) return false;
    *text = skip_blanks(*text + 1);
    return true;
}

static bool take_option(const char **text, struct trainer_rate *rate) {
    struct lrt_rate_schedule *s = &rate->schedule;
    char name[WORD_BYTES], value[WORD_BYTES];
    if (!take_word(text, "abcdefghijklmnopqrstuvwxyz", name) || !take(text, ':') ||
        !take_word(text, "0123456789.e+-", value))
        return false;
    if (strcmp(name, "warmup") == 0) return rate->has_warmup = lrt_trainer_parse_integer(value, 0, &s->warmup);
    if (strcmp(name, "steps") == 0) return rate->has_steps = lrt_trainer_parse_integer(value, 0, &s->steps);
    if (strcmp(name, "floor") != 0) return false;
    return rate->has_floor = lrt_trainer_parse_number(value, &s->floor) && s->floor >= 0 && s->floor <= 1;
}

static const char *const kinds[] = {
    [LRT_SCHEDULE_CONSTANT] = "constant", [LRT_SCHEDULE_LINEAR] = "linear", [LRT_SCHEDULE_COSINE] = "cosine"};

const char *lrt_trainer_schedule_name(int kind) { return kinds[kind]; }

int lrt_trainer_schedule_kind(const char *name) {
    for (int kind = LRT_SCHEDULE_CONSTANT; kind <= LRT_SCHEDULE_COSINE; kind++)
        if (strcmp(kinds[kind], name) == 0) return kind;
    return LRT_SCHEDULE_COMPILED;
}

bool lrt_trainer_parse_schedule(const char *text, struct trainer_rate *rate) {
    char name[WORD_BYTES];
    if (!take_word(&text, "abcdefghijklmnopqrstuvwxyz", name)) return false;
    rate->schedule.kind = lrt_trainer_schedule_kind(name);
    rate->has_kind = rate->schedule.kind != LRT_SCHEDULE_COMPILED;
    if (!rate->has_kind || !*text) return rate->has_kind;
    if (!take(&text, '(')) return false;
    do
        if (!take_option(&text, rate)) return false;
    while (take(&text, ','));
    return take(&text, ')') && !*text;
}

struct lrt_rate_schedule lrt_trainer_rate_over(const struct lrt_rate_schedule *base, const struct trainer_rate *given) {
    struct lrt_rate_schedule s = *base;
    if (given->has_kind) s.kind = given->schedule.kind;
    if (given->has_warmup) s.warmup = given->schedule.warmup;
    if (given->has_steps) s.steps = given->schedule.steps;
    if (given->has_floor) s.floor = given->schedule.floor;
    if (s.kind == LRT_SCHEDULE_COMPILED) s.kind = LRT_SCHEDULE_CONSTANT;
    return s;
}

bool lrt_trainer_rate_is_same(const struct lrt_rate_schedule *a, const struct lrt_rate_schedule *b) {
    return a->kind == b->kind && a->warmup == b->warmup && a->steps == b->steps && !(a->floor < b->floor) &&
           !(a->floor > b->floor);
}
