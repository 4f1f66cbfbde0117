// Check: what must hold, in release builds too. A check that fails is an internal error: it is printed, and the process
// ends with 70.
#pragma once

#define CHECK(condition, ...)                                                                                          \
    do {                                                                                                               \
        if (!(condition)) check_failed(__FILE__, __LINE__, __VA_ARGS__);                                               \
    } while (0)

// The same; the message is the condition itself.
#define INVARIANT(condition) CHECK(condition, "%s: %s does not hold", __func__, #condition)

_Noreturn void check_failed(const char *file, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));
