// Bytes: sizes become words, and words sizes.
#include "compiler/base/bytes.h"

#include <string.h>

#include "compiler/base/arena.h"
#include "compiler/base/number.h"
#include "compiler/base/text.h"

enum { KIBIBYTE = 1 << 10, MEBIBYTE = 1 << 20 };
static const double most_bytes = 9007199254740992.0; // 2^53

const char *bytes_unit(int64_t most, int64_t *unit) {
    *unit = most < MEBIBYTE ? KIBIBYTE : MEBIBYTE;
    return most < MEBIBYTE ? "KiB" : "MiB";
}

void bytes_in(struct text *out, int width, int64_t bytes, int64_t unit) {
    const long long hundredths = (long long)((bytes * 100 + unit / 2) / unit);
    text_print(out, "%*lld.%02lld", width > 3 ? width - 3 : 0, hundredths / 100, hundredths % 100);
}

void bytes_words(struct text *out, int width, int64_t bytes) {
    const bool small = bytes && bytes < 100 * KIBIBYTE;
    bytes_in(out, width, bytes, small ? KIBIBYTE : MEBIBYTE);
    text_puts(out, small ? " KiB" : " MiB");
}

const char *bytes_rounded_up(struct arena *a, int64_t bytes, int64_t unit) {
    int64_t scale = 100;
    int digits = 2;
    for (; scale < 100000000 && bytes && bytes * scale < 100 * unit; digits++) scale *= 10;
    const int64_t scaled = (bytes * scale + unit - 1) / unit;
    return arena_print(a, "%lld.%0*lld", (long long)(scaled / scale), digits, (long long)(scaled % scale));
}

// 0: there is no such unit.
static uint64_t unit_bytes(const char *unit) {
    static const struct {
        const char *name;
        uint64_t bytes;
    } units[] = {{"B", 1},     {"KiB", KIBIBYTE}, {"MiB", MEBIBYTE}, {"GiB", 1ull << 30},
                 {"kB", 1000}, {"MB", 1000000},   {"GB", 1000000000}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(unit, units[i].name) == 0) return units[i].bytes;
    return 0;
}

bool bytes_has_unit(const char *unit) { return unit_bytes(unit) != 0; }

bool bytes_of(double amount, const char *unit, uint64_t *bytes) {
    const uint64_t factor = unit ? unit_bytes(unit) : 1;
    const double product = amount * (double)factor;
    if (!factor || !(product >= 0 && product <= most_bytes)) return false;
    *bytes = (uint64_t)product;
    return true;
}

bool bytes_read(const char *words, uint64_t *bytes) {
    char number[64];
    size_t length = strspn(words, "0123456789.eE+-");
    if (length && (words[length - 1] == 'e' || words[length - 1] == 'E')) length--;
    if (length >= sizeof number) return false;
    memcpy(number, words, length);
    number[length] = '\0';
    const char *unit = words + length + strspn(words + length, " ");
    double amount;
    return number_read(number, &amount) && bytes_of(amount, *unit ? unit : NULL, bytes);
}
