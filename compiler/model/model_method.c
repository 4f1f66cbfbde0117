// Methods: `adamw(lr: 2e-4)` against the language's table (methods.def).
#include <float.h>
#include <math.h>
#include <string.h>

#include "compiler/base/arena.h"
#include "compiler/base/near.h"
#include "compiler/base/text.h"
#include "compiler/model/builder.h"

enum presence { PRESENCE_REQUIRED, PRESENCE_OPTIONAL, PRESENCE_DEFAULT };
enum rule {
    RULE_COUNT,
    RULE_TANGENTS,
    RULE_WHOLE,
    RULE_POSITIVE,
    RULE_NOT_NEGATIVE,
    RULE_FRACTION,
    RULE_PORTION,
    RULE_SIDE
};

struct row { // a method (option NULL), or an option of the method above it
    enum method_group group;
    const char *method, *option;
    enum presence presence;
    int count;
    double first, second;
    enum rule rule;
};

static const struct row rows[] = {
#define METHOD(group, name) {METHOD_##group, #name, NULL, PRESENCE_OPTIONAL, 0, 0, 0, RULE_COUNT},
#define OPTION(presence, name, count, first, second, rule)                                                             \
    {METHOD_GRADIENT, NULL, #name, PRESENCE_##presence, count, first, second, RULE_##rule},
#include "compiler/model/methods.def"
#undef OPTION
#undef METHOD
};
enum { N_ROWS = sizeof rows / sizeof *rows };

// Every tangent adds nodes and values, and planning time grows with their square. 256 tangents take seconds.
enum { TANGENTS_MOST = 256 };

static const char *const group_names[] = {[METHOD_GRADIENT] = "gradient mode",
                                          [METHOD_OPTIMIZER] = "optimizer",
                                          [METHOD_SCHEDULE] = "schedule",
                                          [METHOD_ADAPTER] = "adapter"};

static bool satisfies(enum rule rule, double value) {
    switch (rule) {
    case RULE_COUNT: return value >= 1 && value == floor(value) && value <= 1e15;
    case RULE_TANGENTS: return value >= 1 && value == floor(value) && value <= TANGENTS_MOST;
    case RULE_WHOLE: return value >= 0 && value == floor(value) && value <= 1e15;
    case RULE_POSITIVE: return value > 0 && value <= (double)FLT_MAX && (float)value > 0;
    case RULE_NOT_NEGATIVE: return value >= 0 && value <= (double)FLT_MAX;
    case RULE_FRACTION: return value >= 0 && value < 1;
    case RULE_PORTION: return value >= 0 && value <= 1;
    case RULE_SIDE: return false; // a word
    }
    return false;
}

// The words of a rule that wants none of numbers, ended by NULL; NULL: it wants a number.
static const char *const *words_of(enum rule rule) {
    static const char *const sides[] = {"outputs", "inputs", NULL};
    return rule == RULE_SIDE ? sides : NULL;
}

static const char *describe(enum rule rule) {
    switch (rule) {
    case RULE_COUNT: return "a whole number of at least 1";
    case RULE_TANGENTS: return "a whole number of 1 to 256: each is compiled on its own";
    case RULE_WHOLE: return "a whole number of at least 0";
    case RULE_POSITIVE: return "above 0, and a number that a float holds";
    case RULE_NOT_NEGATIVE: return "at least 0, and a number that a float holds";
    case RULE_FRACTION: return "at least 0 and less than 1";
    case RULE_PORTION: return "between 0 and 1";
    case RULE_SIDE: return "outputs or inputs";
    }
    return "";
}

// "a, b and c" of a group's methods.
static void list_methods(enum method_group group, struct text *t) {
    const char *last = NULL;
    for (int i = 0; i < N_ROWS; i++) {
        if (rows[i].option || rows[i].group != group) continue;
        if (last) text_print(t, t->length ? ", %s" : "%s", last);
        last = rows[i].method;
    }
    text_print(t, t->length ? " and %s" : "%s", last);
}

static const struct row *find_method(struct builder *b, enum method_group group, const struct expr *e,
                                     enum diag_id unavailable) {
    struct near near = near_begin(e->name);
    for (int i = 0; i < N_ROWS; i++) {
        if (rows[i].option || rows[i].group != group) continue;
        if (strcmp(rows[i].method, e->name) == 0) return &rows[i];
        near_try(&near, rows[i].method);
    }
    struct text list = {0};
    list_methods(group, &list);
    diag_report(b->diagnostics, unavailable, e->span_name, "there is no %s '%s'; there is %s", group_names[group],
                e->name, list.bytes);
    text_free(&list);
    if (near.best) diag_hint(b->diagnostics, "did you mean '%s'?", near.best);
    return NULL;
}

static size_t count_options(const struct row *method) {
    size_t n = 0;
    while (method + n + 1 < rows + N_ROWS && method[n + 1].option) n++;
    return n;
}

static void report_unknown_option(struct builder *b, const struct row *method, const struct expr_named *given,
                                  enum diag_id wrong_option) {
    size_t n = count_options(method);
    struct text list = {0};
    struct near near = near_begin(given->name);
    for (size_t i = 1; i <= n; i++) {
        text_print(&list, "%s%s", i == 1 ? "" : i == n ? " and " : ", ", method[i].option);
        near_try(&near, method[i].option);
    }
    diag_report(b->diagnostics, wrong_option, given->span, "%s has no option '%s'; it takes %s", method->method,
                given->name, n ? list.bytes : "none");
    text_free(&list);
    if (near.best) diag_hint(b->diagnostics, "did you mean '%s'?", near.best);
}

static bool read_word(struct builder *b, const struct row *method, const struct row *row, const struct expr *e,
                      enum diag_id wrong_option, struct model_option *option) {
    const char *const *words = words_of(row->rule);
    for (int i = 0; words[i]; i++) {
        if (e->kind != EXPR_NAME || strcmp(words[i], e->name) != 0) continue;
        option->value[0] = i;
        option->word = words[i];
        return true;
    }
    diag_report(b->diagnostics, wrong_option, e->span, "%s: '%s' must be %s", method->method, row->option,
                describe(row->rule));
    return false;
}

static bool read_value(struct builder *b, const struct row *method, const struct row *row,
                       const struct expr_named *given, enum diag_id wrong_option, struct model_option *option) {
    const struct expr *e = given->value;
    const struct expr *const *numbers = e->kind == EXPR_TUPLE ? (const struct expr *const *)e->args : &e;
    size_t n_numbers = e->kind == EXPR_TUPLE ? e->n_args : 1;
    if (n_numbers != (size_t)row->count) {
        diag_report(b->diagnostics, wrong_option, e->span, "%s: '%s' takes %d number%s, not %zu", method->method,
                    row->option, row->count, row->count == 1 ? "" : "s", n_numbers);
        return false;
    }
    *option = (struct model_option){.name = row->option, .span = given->span, .n = row->count};
    if (words_of(row->rule)) return read_word(b, method, row, e, wrong_option, option);
    for (int i = 0; i < row->count; i++) {
        if (!model_number(b->model, numbers[i], NULL, 0, &option->value[i], b->diagnostics)) return false;
        if (satisfies(row->rule, option->value[i])) continue;
        diag_report(b->diagnostics, wrong_option, numbers[i]->span, "%s: '%s' is %s; it must be %s", method->method,
                    row->option, builder_text(b, option->value[i]), describe(row->rule));
        return false;
    }
    return true;
}

static const struct expr_named *find_given(struct builder *b, const struct expr *e, const char *name,
                                           enum diag_id wrong_option) {
    const struct expr_named *found = NULL;
    for (size_t i = 0; i < e->n_named; i++) {
        if (strcmp(e->named[i].name, name) != 0) continue;
        if (found) diag_report(b->diagnostics, wrong_option, e->named[i].span, "option '%s' is given twice", name);
        if (!found) found = &e->named[i];
    }
    return found;
}

static bool check_given(struct builder *b, const struct row *method, const struct expr *e, enum diag_id wrong_option) {
    bool ok = true;
    if (e->n_args) {
        diag_report(b->diagnostics, wrong_option, e->args[0]->span, "options of %s are given by name", method->method);
        ok = false;
    }
    for (size_t i = 0; i < e->n_named; i++) {
        bool found = false;
        for (size_t j = 1; j <= count_options(method); j++)
            found = found || strcmp(method[j].option, e->named[i].name) == 0;
        if (!found) report_unknown_option(b, method, &e->named[i], wrong_option);
        ok = ok && found;
    }
    return ok;
}

bool method_read(struct builder *b, enum method_group group, const struct expr *e, enum diag_id unavailable,
                 enum diag_id wrong_option, struct method *method) {
    if (e->kind != EXPR_NAME && e->kind != EXPR_CALL) {
        diag_report(b->diagnostics, unavailable, e->span, "%s: a name is needed, with its options in brackets",
                    group_names[group]);
        return false;
    }
    const struct row *row = find_method(b, group, e, unavailable);
    if (!row) return false;
    bool spelled = check_given(b, row, e, wrong_option), ok = spelled;
    *method = (struct method){.name = row->method, .span = e->span_name};
    size_t n = count_options(row);
    method->options = ARENA_ARRAY(b->arena, struct model_option, n);
    for (size_t i = 1; i <= n; i++) {
        const struct expr_named *given = find_given(b, e, row[i].option, wrong_option);
        struct model_option *option = &method->options[method->n_options];
        if (given) {
            bool read = read_value(b, row, &row[i], given, wrong_option, option);
            method->n_options += read;
            ok = ok && read;
        } else if (row[i].presence == PRESENCE_REQUIRED) {
            // A misspelt option is reported once, not also as a missing one.
            if (spelled)
                diag_report(b->diagnostics, wrong_option, e->span, "%s needs its option '%s'", row->method,
                            row[i].option);
            ok = false;
        } else if (row[i].presence == PRESENCE_DEFAULT) {
            const char *const *words = words_of(row[i].rule);
            const char *word = words ? words[(int)row[i].first] : NULL;
            *option =
                (struct model_option){row[i].option, e->span_name, row[i].count, {row[i].first, row[i].second}, word};
            method->n_options++;
        }
    }
    return ok;
}
