// Bytes: sizes for people and from people, in binary units, with '.' in every locale.
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct arena;
struct text;

// "KiB" or "MiB": the unit of a table whose largest size this is. Sets *unit to its bytes.
const char *bytes_unit(int64_t most, int64_t *unit);
// The size in units with two decimals, rounded: "12.35"; blanks before it up to `width` characters.
void bytes_in(struct text *out, int width, int64_t bytes, int64_t unit);
// The same with its unit: MiB, or KiB where MiB would leave nothing of the figure.
void bytes_words(struct text *out, int width, int64_t bytes);
// In units, rounded up to three significant digits at least, so that two small sizes never print alike.
const char *bytes_rounded_up(struct arena *a, int64_t bytes, int64_t unit);

// Amount times a unit ("B" "KiB" "MiB" "GiB" "kB" "MB" "GB"; NULL: bytes). False: there is no such unit, or the result
// is below 0 or above 2^53, up to which whole bytes are exact.
bool bytes_of(double amount, const char *unit, uint64_t *bytes);
bool bytes_has_unit(const char *unit);
// The same from words: "40MiB", "1.5 GB", "4096".
bool bytes_read(const char *words, uint64_t *bytes);
