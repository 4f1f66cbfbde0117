// Options: argv becomes struct options, by a table that is also the text of --help.
#include "compiler/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler/base/arena.h"
#include "compiler/base/text.h"
#include "compiler/method_list.h"

enum option_kind { KIND_TEXT, KIND_LIST, KIND_FLAG, KIND_NUMBER, KIND_OPTIONAL, KIND_LATER };

struct option_row {
    enum option_kind kind;
    const char *name, *argument, *about;
    size_t member;
};

#define later help // a row that is refused has no member of its own
static const struct option_row rows[] = {
#define OPTION(kind, member, name, argument, about)                                                                    \
    {KIND_##kind, name, argument, about, offsetof(struct options, member)},
#include "compiler/options.def"
#undef OPTION
};
#undef later
enum { NOT_GIVEN = -1 }; // a number that has its default only where it is wanted
enum { ROWS = sizeof rows / sizeof *rows };

static bool refuse(const char *what, const char *name, const char *hint) {
    fprintf(stderr, "lorac: error: %s '%s'%s\n", what, name, hint);
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

static bool set_number(void *member, const char *name, const char *value) {
    char *end;
    errno = 0;
    long long number = strtoll(value, &end, 10);
    if (errno || end == value || *end || number < 0) {
        fprintf(stderr, "lorac: error: %s: '%s' is not a whole number\n", name, value);
        return false;
    }
    *(int64_t *)member = number;
    return true;
}

static bool set(struct options *o, struct arena *a, const struct option_row *row, const char *value) {
    void *member = (char *)o + row->member;
    switch (row->kind) {
    case KIND_FLAG: *(bool *)member = true; return true;
    case KIND_TEXT: *(const char **)member = value; return true;
    case KIND_NUMBER: return set_number(member, row->name, value);
    case KIND_LIST: add(a, member, value); return true;
    case KIND_OPTIONAL: add(a, member, value ? value : "-"); return true;
    case KIND_LATER: break;
    }
    return refuse("this build of lorac does not have", row->name, " yet");
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

static bool read_choice(struct options *o, const char *argument, const char *next, int *used) {
    const char *value = strchr(argument, '=') ? strchr(argument, '=') + 1 : next;
    *used = strchr(argument, '=') ? 1 : 2;
    if (strncmp(argument, "--diagnostics", 13) == 0) {
        static const char *const forms[] = {"text", "json", "sarif"};
        for (int i = 0; value && i < 3; i++)
            if (strcmp(value, forms[i]) == 0) {
                o->diagnostics = (enum diag_format)i;
                return true;
            }
        return refuse("--diagnostics takes text, json or sarif, not", value ? value : "", "");
    }
    if (!strchr(argument, '=')) {
        bool named =
            value && (strcmp(value, "always") == 0 || strcmp(value, "never") == 0 || strcmp(value, "auto") == 0);
        *used = named ? 2 : 1;
        value = named ? value : "always";
    }
    if (strcmp(value, "always") != 0 && strcmp(value, "never") != 0 && strcmp(value, "auto") != 0)
        return refuse("--color takes always, never or auto, not", value, "");
    if (strcmp(value, "auto") != 0) o->color = strcmp(value, "always") == 0;
    return true;
}

static bool is_choice(const char *argument) {
    return strcmp(argument, "--diagnostics") == 0 || strncmp(argument, "--diagnostics=", 14) == 0 ||
           strcmp(argument, "--color") == 0 || strncmp(argument, "--color=", 8) == 0;
}

static bool set_input(struct options *o, const char *argument) {
    static const char hint[] = "\n      hint: a value with a space in it stands in quotes; a report's name ends in "
                               ".txt, .json, .csv, .html or .svg";
    const char *dot = strrchr(argument, '.');
    if (o->input)
        return refuse("one model at a time; a second one is", argument, dot && strcmp(dot, ".lora") == 0 ? "" : hint);
    o->input = argument;
    return true;
}

// Options that go together or not, told before anything is read.
static bool check_tables(const struct options *o) {
    if (o->measure && !o->compare) return refuse("--compare is missing beside", "--measure", "");
    if (o->methods && !o->compare && !o->reports.count)
        return refuse("--compare or --report is missing beside", "--methods", "");
    if (o->data && !o->compare) return refuse("--compare is missing beside", "--data", "");
    if (o->data && !o->weights) return refuse("--weights is missing beside", "--data", "");
    if (o->weights && !o->measure) return refuse("--measure or --data is missing beside", "--weights", "");
    if (o->eval && !o->data) return refuse("--data is missing beside", "--eval", "");
    if (o->tokenizer && !o->data) return refuse("--data is missing beside", "--tokenizer", "");
    if (o->rates.count && !o->data) return refuse("--data is missing beside", "--lr", "");
    if (o->seconds != NOT_GIVEN && !o->data) return refuse("--data is missing beside", "--seconds", "");
    if (o->seeds != NOT_GIVEN && !o->data) return refuse("--data is missing beside", "--seeds", "");
    if (o->compare && o->pareto) return refuse("--compare prints another table: leave out", "--pareto", "");
    if ((!o->compare && !o->pareto) || (!o->output && !o->random_weights)) return true;
    return refuse(o->compare ? "--compare writes no code and no weights: leave out"
                             : "--pareto writes no code and no weights: leave out",
                  o->output ? "-o" : "--random-weights", "");
}

static bool check_outputs(const struct options *o) {
    size_t length = o->output ? strlen(o->output) : 0;
    if ((o->depend || o->depend_file) && (!o->output || strcmp(o->output, "-") == 0))
        return refuse("a make rule needs a target: give -o FILE with", o->depend_file ? "-MF" : "-MD", "");
    if (!o->header && length > 2 && strcmp(o->output + length - 2, ".h") == 0)
        return refuse("the header would replace the source", o->output, "; give the header another name: --header");
    if (o->output && o->header && strcmp(o->output, "-") != 0 && strcmp(o->output, o->header) == 0)
        return refuse("source and header have the same name", o->output, "");
    return true;
}

static bool check_methods(const struct options *o, struct arena *a) {
    size_t n;
    return !o->methods || method_list(a, o->methods, &n) ||
           refuse("--methods takes rows of --compare, as in 'checkpoint, structured, page on', not", o->methods, "");
}

static bool check(const struct options *o) {
    static const char *const arenas[] = {"planned", "separate", "poisoned"};
    bool known = false;
    for (int i = 0; i < 3; i++) known = known || strcmp(o->arena, arenas[i]) == 0;
    if (!known) return refuse("--arena takes planned, separate or poisoned, not", o->arena, "");
    if (o->threads < 1 || o->threads > 64) {
        fprintf(stderr, "lorac: error: --threads takes 1 to 64\n");
        return false;
    }
    if (o->input && o->place) return refuse("--place takes no model; leave out", o->input, "");
    if (options_ask(o) || o->place) return true;
    if (o->input) return check_tables(o) && check_outputs(o);
    fprintf(stderr, "lorac: error: no model given; try lorac --help\n");
    return false;
}

bool options_ask(const struct options *o) {
    return o->help || o->version || o->cflags || o->libs || o->print_ops || o->print_targets || o->explain;
}

bool options_read(struct options *o, struct arena *a, int argc, char **argv) {
    *o = (struct options){.threads = 4,
                          .seconds = NOT_GIVEN,
                          .seeds = NOT_GIVEN,
                          .arena = "planned",
                          .color = isatty(STDERR_FILENO) != 0};
    bool only_files = false;
    for (int i = 1; i < argc; i++) {
        const char *argument = argv[i], *value;
        if (only_files || argument[0] != '-' || argument[1] == '\0') {
            if (!set_input(o, argument)) return false;
            continue;
        }
        if (strcmp(argument, "--") == 0) {
            only_files = true;
            continue;
        }
        if (is_choice(argument)) {
            int used;
            if (!read_choice(o, argument, argv[i + 1], &used)) return false;
            i += used - 1;
            continue;
        }
        const struct option_row *row = find(argument, &value);
        if (!row) return refuse("unknown option", argument, "; try lorac --help");
        if (row->kind == KIND_FLAG && value) return refuse("no value is taken by", row->name, "");
        if (!value && takes_value(row) && i + 1 == argc) return refuse("a value is missing after", row->name, "");
        if (!value &&
            (takes_value(row) || (row->kind == KIND_OPTIONAL && i + 1 < argc && looks_like_report(argv[i + 1]))))
            value = argv[++i];
        if (!set(o, a, row, value)) return false;
    }
    o->measure = o->measure || (o->compare && o->data);
    if (!check(o) || !check_methods(o, a)) return false;
    if (o->seconds == NOT_GIVEN) o->seconds = o->place ? 10 : 60;
    if (o->seeds == NOT_GIVEN) o->seeds = 16;
    return true;
}

bool options_add(struct options *o, struct arena *a, const char *const *words) {
    for (size_t i = 0; words[i]; i++) {
        const char *value;
        const struct option_row *row = find(words[i], &value);
        if (!row || row->kind == KIND_LATER) return false;
        if (!value && takes_value(row)) value = words[++i];
        if (!set(o, a, row, value)) return false;
    }
    return true;
}

void options_help(struct text *out) {
    text_puts(out, "usage: lorac [options] model.lora -o train.c\n\n"
                   "Turns a description of a transformer with LoRA adapters into C that trains the adapters in a known "
                   "memory budget.\n\n");
    for (int i = 0; i < ROWS; i++) {
        if (rows[i].kind == KIND_LATER) continue;
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
