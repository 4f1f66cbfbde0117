// Options: argv becomes struct options, by a table that is also the text of --help.
#include "compiler/cli/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compiler/base/arena.h"
#include "compiler/base/near.h"
#include "compiler/base/text.h"
#include "compiler/cli/method_list.h"
#include <lorac/lrt_files.h>

enum option_kind { KIND_TEXT, KIND_LIST, KIND_FLAG, KIND_NUMBER, KIND_OPTIONAL };

struct option_row {
    enum option_kind kind;
    const char *name, *argument, *about;
    size_t member;
};

static const struct option_row rows[] = {
#define OPTION(kind, member, name, argument, about)                                                                    \
    {KIND_##kind, name, argument, about, offsetof(struct options, member)},
#include "compiler/cli/options.def"
#undef OPTION
};
enum { NOT_GIVEN = -1 }; // a number that has its default only where it is wanted
enum { ROWS = sizeof rows / sizeof *rows };

// What is read into: the options, and where mistakes are reported.
struct reading {
    struct options *options;
    struct arena *arena;
    struct diagnostics *diagnostics;
};

static bool refuse(struct diagnostics *d, enum diag_id id, const char *what, const char *name) {
    diag_report(d, id, (struct span){0}, "%s '%s'", what, name);
    return false;
}

static bool refuse_with_hint(struct diagnostics *d, enum diag_id id, const char *what, const char *name,
                             const char *hint) {
    refuse(d, id, what, name);
    diag_hint(d, "%s", hint);
    return false;
}

static void add(struct arena *a, struct option_list *list, const char *item) {
    list->items = arena_grow(a, list->items, list->count, &list->capacity, sizeof *list->items);
    list->items[list->count++] = item;
}

// "--name=value", "-Dvalue" and "--name value" alike: *value gets what is joined to the name, or NULL.
static const struct option_row *find(const char *argument, const char **value) {
    *value = NULL;
    for (int i = 0; i < ROWS; i++) {
        size_t length = strlen(rows[i].name);
        if (strcmp(argument, rows[i].name) == 0) return &rows[i];
        bool is_long = rows[i].name[1] == '-', joined = rows[i].kind != KIND_FLAG && length == 2 && !is_long;
        if (strncmp(argument, rows[i].name, length) != 0) continue;
        if (joined || (is_long && argument[length] == '=')) {
            *value = argument + length + (is_long ? 1 : 0);
            return &rows[i];
        }
    }
    return NULL;
}

static bool set_number(struct diagnostics *d, void *member, const char *name, const char *value) {
    char *end;
    errno = 0;
    long long number = strtoll(value, &end, 10);
    if (errno || end == value || *end || number < 0) {
        diag_report(d, DIAG_E0011, (struct span){0}, "%s: '%s' is not a whole number", name, value);
        return false;
    }
    *(int64_t *)member = number;
    return true;
}

static bool set(const struct reading *r, const struct option_row *row, const char *value) {
    void *member = (char *)r->options + row->member;
    switch (row->kind) {
    case KIND_FLAG: *(bool *)member = true; return true;
    case KIND_TEXT: *(const char **)member = value; return true;
    case KIND_NUMBER: return set_number(r->diagnostics, member, row->name, value);
    case KIND_LIST: add(r->arena, member, value); return true;
    case KIND_OPTIONAL: add(r->arena, member, value ? value : "-"); return true;
    }
    return false;
}

static bool takes_value(const struct option_row *row) {
    return row->kind == KIND_TEXT || row->kind == KIND_LIST || row->kind == KIND_NUMBER;
}

// A bare --report is followed by another option, by the model, or by nothing.
static bool looks_like_report(const char *argument) {
    const char *dot = strrchr(argument, '.');
    static const char *const extensions[] = {
#define TARGET(name, extension, function, compares, about) "." extension,
#include "compiler/report/targets.def"
#undef TARGET
    };
    for (size_t i = 0; dot && i < sizeof extensions / sizeof *extensions; i++)
        if (strcmp(dot, extensions[i]) == 0) return argument[0] != '-';
    return false;
}

static bool read_choice(const struct reading *r, const char *argument, const char *next, int *used) {
    const char *value = strchr(argument, '=') ? strchr(argument, '=') + 1 : next;
    *used = strchr(argument, '=') ? 1 : 2;
    if (strncmp(argument, "--diagnostics", 13) == 0) {
        static const char *const forms[] = {"text", "json", "sarif"};
        for (int i = 0; value && i < 3; i++)
            if (strcmp(value, forms[i]) == 0) {
                r->options->diagnostics = (enum diag_format)i;
                return true;
            }
        return refuse(r->diagnostics, DIAG_E0011, "--diagnostics takes text, json or sarif, not", value ? value : "");
    }
    if (!strchr(argument, '=')) {
        bool named =
            value && (strcmp(value, "always") == 0 || strcmp(value, "never") == 0 || strcmp(value, "auto") == 0);
        *used = named ? 2 : 1;
        value = named ? value : "always";
    }
    if (strcmp(value, "always") != 0 && strcmp(value, "never") != 0 && strcmp(value, "auto") != 0)
        return refuse(r->diagnostics, DIAG_E0011, "--color takes always, never or auto, not", value);
    if (strcmp(value, "auto") != 0) r->options->color = strcmp(value, "always") == 0;
    return true;
}

static bool is_choice(const char *argument) {
    return strcmp(argument, "--diagnostics") == 0 || strncmp(argument, "--diagnostics=", 14) == 0 ||
           strcmp(argument, "--color") == 0 || strncmp(argument, "--color=", 8) == 0;
}

static bool set_input(const struct reading *r, const char *argument) {
    const char *dot = strrchr(argument, '.');
    if (!r->options->input) {
        r->options->input = argument;
        return true;
    }
    refuse(r->diagnostics, DIAG_E0013, "one model at a time; a second one is", argument);
    if (!dot || strcmp(dot, ".lora") != 0)
        diag_hint(r->diagnostics,
                  "a value with a space in it stands in quotes; a report's name ends in .txt, .json, .csv, .html or "
                  ".svg");
    return false;
}

// ---- options that go together or not, checked before anything is read ----
static bool miss(struct diagnostics *d, const char *missing, const char *beside) {
    diag_report(d, DIAG_E0012, (struct span){0}, "%s is missing beside '%s'", missing, beside);
    return false;
}

static bool check_tables(const struct options *o, struct diagnostics *d) {
    if (o->measure && !o->compare) return miss(d, "--compare", o->data ? "--data" : "--measure");
    if (o->methods && !o->compare && !o->reports.count) return miss(d, "--compare or --report", "--methods");
    if (o->data && !o->compare) return miss(d, "--compare", "--data");
    if (o->data && !o->weights) return miss(d, "--weights", "--data");
    if (o->weights && !o->measure) return miss(d, "--measure or --data", "--weights");
    if (o->eval && !o->data) return miss(d, "--data", "--eval");
    if (o->tokenizer && !o->data) return miss(d, "--data", "--tokenizer");
    if (o->rates.count && !o->data) return miss(d, "--data", "--lr");
    if (o->seconds != NOT_GIVEN && !o->data) return miss(d, "--data", "--seconds");
    if (o->seeds != NOT_GIVEN && !o->data) return miss(d, "--data", "--seeds");
    if (o->compare && o->pareto) return refuse(d, DIAG_E0012, "--compare prints another table: leave out", "--pareto");
    if ((!o->compare && !o->pareto) || (!o->output && !o->random_weights)) return true;
    return refuse(d, DIAG_E0012,
                  o->compare ? "--compare writes no code and no weights: leave out"
                             : "--pareto writes no code and no weights: leave out",
                  o->output ? "-o" : "--random-weights");
}

static bool check_outputs(const struct options *o, struct diagnostics *d) {
    size_t length = o->output ? strlen(o->output) : 0;
    if ((o->depend || o->depend_file) && (!o->output || strcmp(o->output, "-") == 0))
        return refuse(d, DIAG_E0012, "a make rule needs a target: give -o FILE with", o->depend_file ? "-MF" : "-MD");
    if (!o->header && length > 2 && strcmp(o->output + length - 2, ".h") == 0)
        return refuse_with_hint(d, DIAG_E0012, "the header would replace the source", o->output,
                                "give the header another name: --header");
    if (o->output && o->header && strcmp(o->output, "-") != 0 && strcmp(o->output, o->header) == 0)
        return refuse(d, DIAG_E0012, "source and header have the same name", o->output);
    const char *named = o->header ? o->header : o->output, *slash = named ? strrchr(named, '/') : NULL;
    if (named && strcmp(named, "-") != 0 && strpbrk(slash ? slash + 1 : named, "\"\\\n\r"))
        return refuse_with_hint(d, DIAG_E0012, "the source includes its header, and #include cannot hold the name",
                                named,
                                "give the header a name without quotes, backslashes and ends of lines: --header");
    return true;
}

static bool check_folders(const struct options *o, struct diagnostics *d) {
    struct stat s;
    for (size_t i = 0; i < o->folders.count; i++)
        if (stat(o->folders.items[i], &s) != 0 || !S_ISDIR(s.st_mode))
            return refuse(d, DIAG_E0011, "-I: there is no folder", o->folders.items[i]);
    return true;
}

// What would be ignored, or written under a name of another format.
static bool check_random_weights(const struct reading *r) {
    const struct options *o = r->options;
    struct diagnostics *d = r->diagnostics;
    const char *path = o->random_weights, *dot = path ? strrchr(path, '.') : NULL;
    uint32_t type;
    if (path && (!dot || strcasecmp(dot, ".gguf") != 0))
        return refuse_with_hint(d, DIAG_E0011, "--random-weights writes GGUF, not", path,
                                "give a name that ends in .gguf");
    if (o->dtype && !lrt_type_named(o->dtype, &type))
        return refuse_with_hint(d, DIAG_E0011, "--dtype: there is no type", o->dtype,
                                arena_print(r->arena, "the types are %s", lrt_type_names()));
    if (o->dtype && !path && !(o->measure && !o->weights))
        return miss(d, "--random-weights, or --measure without --weights,", "--dtype");
    if (o->seed != (uint64_t)NOT_GIVEN && !path && !o->measure)
        return miss(d, "--random-weights, --measure or --data", "--seed");
    return true;
}

static bool check_methods(const struct reading *r) {
    const char *methods = r->options->methods;
    size_t n;
    return !methods || method_list(r->arena, methods, &n) ||
           refuse(r->diagnostics, DIAG_E0011,
                  "--methods takes rows of --compare, as in 'checkpoint, structured, page on', not", methods);
}

static bool check(const struct options *o, struct diagnostics *d) {
    static const char *const arenas[] = {"planned", "separate", "poisoned"};
    bool known = false;
    for (int i = 0; i < 3; i++) known = known || strcmp(o->arena, arenas[i]) == 0;
    if (!known) return refuse(d, DIAG_E0011, "--arena takes planned, separate or poisoned, not", o->arena);
    if (o->threads < 1 || o->threads > 64) {
        diag_report(d, DIAG_E0011, (struct span){0}, "--threads takes 1 to 64");
        return false;
    }
    if (o->input && o->place) return refuse(d, DIAG_E0012, "--place takes no model; leave out", o->input);
    if (options_ask(o) || o->place) return true;
    if (o->input) return check_folders(o, d) && check_tables(o, d) && check_outputs(o, d);
    diag_report(d, DIAG_E0013, (struct span){0}, "no model given");
    diag_hint(d, "try lorac --help");
    return false;
}

bool options_ask(const struct options *o) {
    return o->help || o->version || o->cflags || o->libs || o->print_ops || o->print_targets || o->explain;
}

static bool refuse_unknown(const struct reading *r, const char *argument) {
    struct near near = near_begin(arena_print(r->arena, "%.*s", (int)strcspn(argument, "="), argument));
    for (int i = 0; i < ROWS; i++) near_try(&near, rows[i].name);
    near_try(&near, "--diagnostics");
    near_try(&near, "--color");
    const char *hint = near.best ? arena_print(r->arena, "did you mean '%s'?", near.best) : "try lorac --help";
    return refuse_with_hint(r->diagnostics, DIAG_E0010, "unknown option", argument, hint);
}

// The one at argv[i], with its value; *i is then the last that was read.
static bool read_option(const struct reading *r, int argc, char **argv, int *i) {
    const char *value, *next = *i + 1 < argc ? argv[*i + 1] : NULL;
    if (is_choice(argv[*i])) {
        int used;
        bool good = read_choice(r, argv[*i], next, &used);
        *i += used - 1;
        return good;
    }
    const struct option_row *row = find(argv[*i], &value);
    if (!row) return refuse_unknown(r, argv[*i]);
    if (row->kind == KIND_FLAG && value) return refuse(r->diagnostics, DIAG_E0011, "no value is taken by", row->name);
    if (!value && takes_value(row) && !next)
        return refuse(r->diagnostics, DIAG_E0011, "a value is missing after", row->name);
    if (!value && (takes_value(row) || (row->kind == KIND_OPTIONAL && next && looks_like_report(next)))) {
        value = next;
        ++*i;
    }
    return set(r, row, value);
}

// The form of diagnostics must be known before the first mistake is found.
static void read_choices(struct options *o, struct arena *a, int argc, char **argv) {
    const struct sources none = {.arena = a};
    const struct reading r = {o, a, diag_new(a, &none)};
    int used;
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (is_choice(argv[i])) read_choice(&r, argv[i], i + 1 < argc ? argv[i + 1] : NULL, &used);
}

bool options_read(struct options *o, struct arena *a, struct diagnostics *d, int argc, char **argv) {
    *o = (struct options){.threads = 4,
                          .seconds = NOT_GIVEN,
                          .seeds = NOT_GIVEN,
                          .seed = (uint64_t)NOT_GIVEN,
                          .arena = "planned",
                          .color = isatty(STDERR_FILENO) != 0};
    const struct reading r = {o, a, d};
    bool only_files = false;
    read_choices(o, a, argc, argv);
    for (int i = 1; i < argc; i++) {
        bool is_file = only_files || argv[i][0] != '-' || argv[i][1] == '\0';
        if (!is_file && strcmp(argv[i], "--") == 0)
            only_files = true;
        else if (is_file ? !set_input(&r, argv[i]) : !read_option(&r, argc, argv, &i))
            return false;
    }
    o->measure = o->measure || (o->compare && o->data);
    if (!check(o, d) || !check_methods(&r) || !check_random_weights(&r)) return false;
    if (o->seconds == NOT_GIVEN) o->seconds = o->place ? 10 : 60;
    if (o->seeds == NOT_GIVEN) o->seeds = 16;
    if (o->seed == (uint64_t)NOT_GIVEN) o->seed = 0;
    return true;
}

bool options_add(struct options *o, struct arena *a, struct diagnostics *d, const char *const *words) {
    const struct reading r = {o, a, d};
    for (size_t i = 0; words[i]; i++) {
        const char *value;
        const struct option_row *row = find(words[i], &value);
        if (!row) return refuse(d, DIAG_E0010, "unknown option", words[i]);
        if (!value && takes_value(row)) value = words[++i];
        if (!set(&r, row, value)) return false;
    }
    return true;
}

void options_help(struct text *out) {
    text_puts(out, "usage: lorac [options] model.lora -o train.c\n\n"
                   "Turns a description of a transformer with LoRA adapters into C that trains the adapters in a known "
                   "memory budget.\n\n");
    for (int i = 0; i < ROWS; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s%s%s", rows[i].name, rows[i].argument ? " " : "",
                 rows[i].argument ? rows[i].argument : "");
        text_print(out, "  %-28s %s\n", name, rows[i].about);
    }
    text_puts(out,
              "  --diagnostics FORM           text, json or sarif\n"
              "  --color [WHEN]               always, never, auto\n\n"
              "Exit: 0 good; 1 the input is wrong; 2 usage; 3 the memory budget cannot be met; 70 internal error.\n");
}
