// Numbers: computes each dim and constant when it is first needed. So their order in the file is free, and a dim
// computed from others sees what -D sets. The same evaluator serves every expression that must be a number.
#include <math.h>
#include <string.h>

#include "compiler/base/arena.h"
#include "compiler/base/diag.h"
#include "compiler/base/near.h"
#include "compiler/front/parse.h"
#include "compiler/model/builder.h"

enum { CHAIN_MAX = 64 }; // dims that need each other's values recurse; longer chains are refused, not overflown

static const double whole_limit = 9007199254740992.0; // 2^53: doubles beyond are not all integers

struct evaluation {
    const struct model *model;
    struct diagnostics *diagnostics; // NULL: silent
    const char *index_name;
    double index;
    struct builder *builder; // while dims are being worked out; else NULL
    int chain;
};

static bool evaluate(struct evaluation *v, const struct expr *e, double *value);
static bool resolve_number(struct evaluation *v, struct builder_number *n);

static bool lookup_final(const struct model *m, const char *name, double *value) {
    for (size_t i = 0; i < m->n_dims; i++)
        if (strcmp(m->dims[i].name, name) == 0) return *value = (double)m->dims[i].value, true;
    for (size_t i = 0; i < m->n_consts; i++)
        if (strcmp(m->consts[i].name, name) == 0) return *value = m->consts[i].value, true;
    return false;
}

static struct builder_number *find_number(struct builder *b, const char *name) {
    for (size_t i = 0; i < b->n_numbers; i++)
        if (strcmp(b->numbers[i].name, name) == 0) return &b->numbers[i];
    return NULL;
}

static void report_name(struct evaluation *v, const struct expr *e) {
    if (!v->diagnostics) return;
    bool is_tensor = model_find_input(v->model, e->name) != NULL || model_find_weight(v->model, e->name, -1) >= 0;
    if (is_tensor) {
        diag_report(v->diagnostics, DIAG_E0110, e->span, "a number is needed, and '%s' is a tensor", e->name);
        return;
    }
    const char *option = diag_option_at(v->diagnostics, e->span);
    struct near near = near_begin(e->name);
    for (size_t i = 0; v->builder && i < v->builder->n_numbers; i++) near_try(&near, v->builder->numbers[i].name);
    for (size_t i = 0; i < v->model->n_dims; i++) near_try(&near, v->model->dims[i].name);
    for (size_t i = 0; i < v->model->n_consts; i++) near_try(&near, v->model->consts[i].name);
    diag_report(v->diagnostics, DIAG_E0103, e->span, "there is no dim or constant '%s'", e->name);
    if (near.best)
        diag_hint(v->diagnostics, "did you mean '%s'?", near.best);
    else if (option && strcmp(option, "--memory") == 0)
        diag_hint(v->diagnostics, "--memory takes a size, as in 40MiB or 1.5GB, or a number of bytes");
    else if (option)
        diag_hint(v->diagnostics, "%s takes a number, or arithmetic with the model's dims", option);
    else
        diag_hint(v->diagnostics, "declare it: dim %s = ...", e->name);
}

static bool evaluate_name(struct evaluation *v, const struct expr *e, double *value) {
    if (v->index_name && strcmp(e->name, v->index_name) == 0) return *value = v->index, true;
    struct builder_number *n = v->builder ? find_number(v->builder, e->name) : NULL;
    if (n) {
        if (n->state == NUMBER_OPEN) {
            diag_report(v->diagnostics, DIAG_E0107, e->span, "the value of '%s' depends on itself", n->name);
            diag_note(v->diagnostics, n->span, "'%s' is declared here", n->name);
        }
        if (n->state == NUMBER_OPEN || !resolve_number(v, n)) return false;
        return *value = n->result, true;
    }
    if (lookup_final(v->model, e->name, value)) return true;
    report_name(v, e);
    return false;
}

static double truth(bool b) { return b ? 1 : 0; }

static double apply(enum expr_operator operation, double a, double b) {
    switch (operation) {
    case OPERATOR_ADD: return a + b;
    case OPERATOR_SUB: return a - b;
    case OPERATOR_MUL: return a * b;
    case OPERATOR_DIV: return a / b;
    case OPERATOR_MOD: return fmod(a, b);
    case OPERATOR_LESS: return truth(a < b);
    case OPERATOR_GREATER: return truth(a > b);
    case OPERATOR_LESS_EQUAL: return truth(a <= b);
    case OPERATOR_GREATER_EQUAL: return truth(a >= b);
    case OPERATOR_EQUAL: return truth(a == b);
    case OPERATOR_NOT_EQUAL: return truth(a != b);
    case OPERATOR_AND: return truth(a != 0 && b != 0);
    case OPERATOR_OR: return truth(a != 0 || b != 0);
    case OPERATOR_NOT: return truth(a == 0);
    }
    return NAN;
}

enum function_kind { FUNCTION_SQRT, FUNCTION_FLOOR, FUNCTION_CEIL, FUNCTION_MIN, FUNCTION_MAX };
struct function {
    const char *name;
    size_t n_args;
};
static const struct function functions[] = {[FUNCTION_SQRT] = {"sqrt", 1},
                                            [FUNCTION_FLOOR] = {"floor", 1},
                                            [FUNCTION_CEIL] = {"ceil", 1},
                                            [FUNCTION_MIN] = {"min", 2},
                                            [FUNCTION_MAX] = {"max", 2}};
enum { N_FUNCTIONS = sizeof functions / sizeof *functions };

static bool evaluate_call(struct evaluation *v, const struct expr *e, double *value) {
    for (int f = 0; f < N_FUNCTIONS; f++) {
        if (strcmp(functions[f].name, e->name) != 0) continue;
        double a[2] = {0};
        if (e->n_args != functions[f].n_args || e->n_named) break;
        for (size_t i = 0; i < e->n_args; i++)
            if (!evaluate(v, e->args[i], &a[i])) return false;
        switch ((enum function_kind)f) {
        case FUNCTION_SQRT: *value = sqrt(a[0]); break;
        case FUNCTION_FLOOR: *value = floor(a[0]); break;
        case FUNCTION_CEIL: *value = ceil(a[0]); break;
        case FUNCTION_MIN: *value = a[0] < a[1] ? a[0] : a[1]; break;
        case FUNCTION_MAX: *value = a[0] > a[1] ? a[0] : a[1]; break;
        }
        return true;
    }
    if (v->diagnostics) {
        diag_report(v->diagnostics, DIAG_E0110, e->span, "a number is needed, and %s(...) is not one", e->name);
        diag_hint(v->diagnostics, "the functions of numbers are sqrt(a), floor(a), ceil(a), min(a, b) and max(a, b)");
    }
    return false;
}

static bool evaluate_binary(struct evaluation *v, const struct expr *e, double *value) {
    double a, b = 0;
    if (!evaluate(v, e->args[0], &a)) return false;
    bool decided = (e->operation == OPERATOR_AND && a == 0) || (e->operation == OPERATOR_OR && a != 0);
    if (!decided && !evaluate(v, e->args[1], &b)) return false;
    *value = apply(e->operation, a, b);
    return true;
}

static bool evaluate(struct evaluation *v, const struct expr *e, double *value) {
    double a;
    switch (e->kind) {
    case EXPR_NUMBER: *value = e->number; break;
    case EXPR_NAME: return evaluate_name(v, e, value);
    case EXPR_CALL:
        if (!evaluate_call(v, e, value)) return false;
        break;
    case EXPR_UNARY:
        if (!evaluate(v, e->args[0], &a)) return false;
        *value = e->operation == OPERATOR_SUB ? -a : truth(a == 0);
        break;
    case EXPR_BINARY:
        if (!evaluate_binary(v, e, value)) return false;
        break;
    case EXPR_CONDITIONAL:
        if (!evaluate(v, e->args[0], &a)) return false;
        return evaluate(v, e->args[a != 0 ? 1 : 2], value);
    case EXPR_TUPLE:
        if (v->diagnostics) diag_report(v->diagnostics, DIAG_E0110, e->span, "one number is needed, not a tuple");
        return false;
    }
    if (isfinite(*value)) return true;
    if (v->diagnostics) diag_report(v->diagnostics, DIAG_E0111, e->span, "this has no finite value");
    return false;
}

// Works out one dim or constant.
static bool resolve_number(struct evaluation *v, struct builder_number *n) {
    if (n->state == NUMBER_DONE || n->state == NUMBER_FAILED) return n->state == NUMBER_DONE;
    if (v->chain >= CHAIN_MAX) {
        diag_report(v->diagnostics, DIAG_E0121, n->span, "'%s' stands at the end of a chain of more than %d dims",
                    n->name, CHAIN_MAX);
        n->state = NUMBER_FAILED;
        return false;
    }
    n->state = NUMBER_OPEN;
    v->chain++;
    bool ok = evaluate(v, n->value, &n->result);
    v->chain--;
    if (ok && !n->is_const && (n->result != floor(n->result) || fabs(n->result) > whole_limit)) {
        diag_report(v->diagnostics, DIAG_E0106, n->value->span, "dim '%s' is %s, which is not a whole number", n->name,
                    builder_text(v->builder, n->result));
        if (fabs(n->result) <= whole_limit)
            diag_hint(v->diagnostics, "numbers that are no sizes are constants: const %s = ...", n->name);
        ok = false;
    }
    n->state = ok ? NUMBER_DONE : NUMBER_FAILED;
    return ok;
}

// -D NAME=VALUE: the value stands in for the one in the file.
static void override_number(struct builder *b, const char *option) {
    struct diagnostics *d = b->diagnostics;
    const char *equal = strchr(option, '=');
    if (!equal || equal == option || !equal[1]) {
        diag_report(d, DIAG_E0105, (struct span){0}, "-D %s: the form is -D NAME=VALUE", option);
        return;
    }
    const char *name = arena_copy(b->arena, option, (size_t)(equal - option));
    struct builder_number *n = find_number(b, name);
    if (!n) {
        struct near near = near_begin(name);
        for (size_t i = 0; i < b->n_numbers; i++) near_try(&near, b->numbers[i].name);
        diag_report(d, DIAG_E0105, (struct span){0}, "-D %s: the model has no dim or constant '%s'", option, name);
        if (near.best) diag_hint(d, "did you mean '%s'?", near.best);
        return;
    }
    const struct ast_setting *value =
        parse_value(b->arena, b->sources, d, arena_print(b->arena, "<-D %s>", name), equal + 1);
    if (value && value->unit.text)
        diag_report(d, DIAG_E0105, value->unit.span, "-D %s: a dim has no unit", option);
    else if (value)
        n->value = value->value;
    else
        n->state = NUMBER_FAILED;
}

static void take_numbers(struct builder *b) {
    for (size_t i = 0; i < b->n_items; i++) {
        const struct ast_item *item = b->items[i];
        if (item->kind != ITEM_DIM && item->kind != ITEM_CONST) continue;
        if (find_number(b, item->name.text)) continue; // reported with the other declarations
        b->numbers = arena_grow(b->arena, b->numbers, b->n_numbers, &b->c_numbers, sizeof *b->numbers);
        b->numbers[b->n_numbers++] = (struct builder_number){.name = item->name.text,
                                                             .span = item->name.span,
                                                             .value = item->value,
                                                             .is_const = item->kind == ITEM_CONST};
    }
}

void resolve_numbers(struct builder *b) {
    struct model *m = b->model;
    take_numbers(b);
    for (size_t i = 0; i < b->options->n_dims; i++) override_number(b, b->options->dims[i]);
    m->dims = ARENA_ARRAY(b->arena, struct model_dim, b->n_numbers);
    m->consts = ARENA_ARRAY(b->arena, struct model_const, b->n_numbers);
    struct evaluation v = {.model = m, .diagnostics = b->diagnostics, .builder = b};
    for (size_t i = 0; i < b->n_numbers; i++) resolve_number(&v, &b->numbers[i]);
    for (size_t i = 0; i < b->n_numbers; i++) {
        const struct builder_number *n = &b->numbers[i];
        // A failed number keeps a harmless value, so that later stages do not report it again.
        double value = n->state == NUMBER_DONE ? n->result : 1;
        if (n->is_const)
            m->consts[m->n_consts++] = (struct model_const){n->name, n->span, value};
        else
            m->dims[m->n_dims++] = (struct model_dim){n->name, n->span, (int64_t)value};
    }
}

bool model_number(const struct model *m, const struct expr *e, const char *index_name, int64_t index, double *value,
                  struct diagnostics *d) {
    struct evaluation v = {.model = m, .diagnostics = d, .index_name = index_name, .index = (double)index};
    return evaluate(&v, e, value);
}

bool model_is_number(const struct model *m, const struct expr *e, const char *index_name) {
    double ignored;
    switch (e->kind) {
    case EXPR_NUMBER: return true;
    case EXPR_NAME: return (index_name && strcmp(e->name, index_name) == 0) || lookup_final(m, e->name, &ignored);
    case EXPR_TUPLE: return false;
    case EXPR_CALL: {
        bool found = false;
        for (int f = 0; f < N_FUNCTIONS; f++) found = found || strcmp(functions[f].name, e->name) == 0;
        if (!found || e->n_named) return false;
        break;
    }
    case EXPR_UNARY:
    case EXPR_BINARY:
    case EXPR_CONDITIONAL: break;
    }
    for (size_t i = 0; i < e->n_args; i++)
        if (!model_is_number(m, e->args[i], index_name)) return false;
    return true;
}

bool model_uses_index(const struct expr *e, const char *index_name) {
    if (!index_name) return false;
    if (e->kind == EXPR_NAME) return strcmp(e->name, index_name) == 0;
    for (size_t i = 0; i < e->n_args; i++)
        if (model_uses_index(e->args[i], index_name)) return true;
    for (size_t i = 0; i < e->n_named; i++)
        if (model_uses_index(e->named[i].value, index_name)) return true;
    return false;
}

const char *builder_text(struct builder *b, double value) {
    char *digits = arena_print(b->arena, "%.9g", value);
    // Nine digits can make a number look whole that is not.
    if (value != floor(value) && !strpbrk(digits, ".,e")) digits = arena_print(b->arena, "%.17g", value);
    for (char *c = digits; *c; c++)
        if (*c == ',') *c = '.';
    return digits;
}

bool builder_whole(struct builder *b, const struct expr *e, int64_t low, enum diag_id id, const char *what,
                   int64_t *value) {
    double number;
    if (!model_number(b->model, e, NULL, 0, &number, b->diagnostics)) return false;
    if (number != floor(number) || number < (double)low || number > whole_limit) {
        diag_report(b->diagnostics, id, e->span, "%s is %s; it must be a whole number of at least %lld", what,
                    builder_text(b, number), (long long)low);
        return false;
    }
    *value = (int64_t)number;
    return true;
}
