// Trainer line: numbers and text to a line of output and back, the same in every locale, without allocation.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A whole decimal integer >= least. False for anything else, also for trailing characters and overflow.
bool lrt_trainer_parse_integer(const char *text, int64_t least, int64_t *value);
// A finite number with a decimal point ("0.5", "2e-4"). False for anything else.
bool lrt_trainer_parse_number(const char *text, double *value);

// A line is a few hundred bytes; text that does not fit is cut at the end (paths in messages go through stdio instead).
struct trainer_line {
    size_t length;
    char text[1024];
};

void lrt_line_text(struct trainer_line *l, const char *text);
void lrt_line_integer(struct trainer_line *l, int64_t value);
// The shortest form of 15 to 17 significant digits that reads back as the same double; "null" when not finite (JSON).
void lrt_line_exact(struct trainer_line *l, double value);
void lrt_line_digits(struct trainer_line *l, double value, int digits); // `digits` behind the point
void lrt_line_bytes(struct trainer_line *l, uint64_t bytes);            // "23.5 MiB"
void lrt_line_duration(struct trainer_line *l, double seconds);         // "1:05", "2:03:40"
// Writes everything to the descriptor and empties the line. False: errno says why.
bool lrt_line_write(struct trainer_line *l, int descriptor);
