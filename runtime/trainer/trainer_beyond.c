// Trainer beyond: the process's own memory that no pool of the plan holds, by place, and the file that is mapped at an
// address. Both come from the kernel's list of mappings. It is read a line at a time into a buffer on the stack,
// because allocating would change what is counted.
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "runtime/trainer/trainer_memory.h"

struct reader {
    int file;
    size_t at, end;
    char buffer[1024], line[256]; // a longer line is cut: what is looked for stands in front
};

static bool next_line(struct reader *r) {
    size_t length = 0;
    for (;;) {
        if (r->at == r->end) {
            const ssize_t n = read(r->file, r->buffer, sizeof r->buffer);
            if (n <= 0) return false;
            r->at = 0;
            r->end = (size_t)n;
        }
        const char c = r->buffer[r->at++];
        if (c == '\n') break;
        if (length + 1 < sizeof r->line) r->line[length++] = c;
    }
    r->line[length] = 0;
    return true;
}

// The text after five words of "7f00-7f01 rw-p 00000000 00:00 0    [heap]"; NULL: not such a line.
static const char *mapping_name(const char *line) {
    const char *dash = strchr(line, '-'), *space = strchr(line, ' ');
    if (!dash || !space || dash > space || space[-1] == ':') return NULL;
    for (int word = 0; word < 5; word++) {
        while (*line && *line != ' ') line++;
        while (*line == ' ') line++;
    }
    return line;
}

static uint64_t kilobytes(const char *text) {
    uint64_t n = 0;
    while (*text == ' ') text++;
    for (; *text >= '0' && *text <= '9'; text++) n = n * 10 + (uint64_t)(*text - '0');
    return n * 1024;
}

static bool hex(const char **text, uintptr_t *n) {
    const char *digits = "0123456789abcdef", *begin = *text, *at;
    for (*n = 0; **text && (at = strchr(digits, **text)); ++*text) *n = *n << 4 | (uintptr_t)(at - digits);
    return *text > begin;
}

// "7f00-7f01 ...": the address lies in the mapping.
static bool holds(const char *line, uintptr_t address) {
    uintptr_t first, end;
    return hex(&line, &first) && *line++ == '-' && hex(&line, &end) && address >= first && address < end;
}

void lrt_trainer_memory_name(const void *address, char *name, size_t size) {
    struct reader r = {.file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC)};
    *name = 0;
    if (r.file < 0) return;
    while (!*name && next_line(&r)) {
        const char *named = holds(r.line, (uintptr_t)address) ? mapping_name(r.line) : NULL;
        if (!named) continue;
        const size_t n = strlen(named) < size ? strlen(named) : size - 1;
        memcpy(name, named, n);
        name[n] = 0;
        break;
    }
    close(r.file);
}

struct trainer_beyond lrt_trainer_memory_beyond(uint64_t planned) {
    static const char anonymous[] = "Anonymous:";
    struct trainer_beyond beyond = {0, 0, 0};
    struct reader r = {.file = open("/proc/self/smaps", O_RDONLY | O_CLOEXEC)};
    uint64_t unnamed = 0, *kind = &unnamed;
    if (r.file < 0) return beyond;
    while (next_line(&r)) {
        const char *name = mapping_name(r.line);
        if (name)
            kind = strcmp(name, "[heap]") == 0 ? &beyond.heap : name[0] == '/' ? &beyond.data : &unnamed;
        else if (strncmp(r.line, anonymous, sizeof anonymous - 1) == 0)
            *kind += kilobytes(r.line + sizeof anonymous - 1);
    }
    close(r.file);
    beyond.rest = unnamed > planned ? unnamed - planned : 0;
    return beyond;
}
