// Place file: an instance from outside goes the way of our own plans: greedy orders, then the exact search.
#include "compiler/place_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "compiler/base/number.h"
#include "compiler/base/source.h"
#include "compiler/base/text.h"
#include "compiler/plan/instance.h"
#include "compiler/plan/minimise.h"

enum { EFFORT = 200000 }; // search nodes when the least peak is looked for: seconds

// "40MiB", "40 MiB", "1.5GB" or bytes.
static bool read_size(const char *words, int64_t *bytes) {
    char number[64];
    size_t length = strspn(words, "0123456789.eE+-");
    if (length && (words[length - 1] == 'e' || words[length - 1] == 'E')) length--;
    const char *unit = words + length + strspn(words + length, " ");
    uint64_t factor = *unit ? number_unit(unit) : 1;
    double value;
    if (length && length < sizeof number && factor) {
        memcpy(number, words, length);
        number[length] = '\0';
        if (number_read(number, &value) && value * (double)factor >= 0 &&
            value * (double)factor <= 9007199254740992.0) {
            *bytes = (int64_t)(value * (double)factor);
            return true;
        }
    }
    fprintf(stderr, "lorac: error: --memory: '%s' is no size; write bytes, or a number and B KiB MiB GiB kB MB GB\n",
            words);
    return false;
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void tell(const struct placement *p, double time, FILE *to) {
    long long milliseconds = (long long)(time * 1000 + 0.5);
    fprintf(to, "peak %lld\nbound %lld\n", (long long)p->peak, (long long)p->bound);
    fprintf(to, "time %lld.%03lld s\nmethod %s%s\n", milliseconds / 1000, milliseconds % 1000, p->method,
            p->proven ? ", no placement is lower" : "");
}

static int write_solution(const struct options *o, const struct instance *in) {
    struct text out = {0};
    instance_write(in, &out);
    bool good = text_write(&out, o->output);
    if (!good) fprintf(stderr, "lorac: error: cannot write %s: %s\n", o->output, strerror(errno));
    text_free(&out);
    return good ? EXIT_GOOD : EXIT_INPUT;
}

int place_file(const struct options *o, struct arena *a) {
    struct sources sources = {.arena = a};
    struct instance in;
    uint32_t number = source_read(&sources, o->place);
    int64_t capacity = instance_capacity(o->place);
    if (o->memory && !read_size(o->memory, &capacity)) return EXIT_USAGE;
    if (!number) {
        fprintf(stderr, "%s:1: error: cannot be read: %s; check the path\n", o->place, strerror(errno));
        return EXIT_INPUT;
    }
    const struct source *file = source_get(&sources, number);
    struct text problem = {0};
    if (!instance_read(&in, a, o->place, file->bytes, file->length, &problem)) {
        fputs(problem.bytes, stderr);
        text_free(&problem);
        return EXIT_INPUT;
    }
    double start = seconds();
    struct placement p = {0};
    bool fits = true;
    if (capacity >= 0)
        fits = place_within(a, in.buffers, in.n, capacity, &p);
    else
        p = place_minimise(a, in.buffers, in.n, 1, EFFORT);
    double time = seconds() - start;
    if (!fits) {
        fprintf(stderr, "lorac: error: %s cannot be placed in %lld; %s %lld, %lld is enough\n", o->place,
                (long long)capacity,
                p.bound > capacity ? "alive at once are" : "all placements were tried; the bound is",
                (long long)p.bound, (long long)p.peak);
        return EXIT_BUDGET;
    }
    tell(&p, time, o->output && strcmp(o->output, "-") == 0 ? stderr : stdout);
    return o->output ? write_solution(o, &in) : EXIT_GOOD;
}
