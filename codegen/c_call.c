// Call: an op's template becomes one call of C. The template says what stands where; nothing here knows which op it is.
#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "codegen/c_emit.h"
#include "compiler/base/arena.h"
#include "compiler/base/check.h"
#include "compiler/base/text.h"
#include "compiler/op/op.h"

struct operand {
    struct use use;
    bool tiled;
    struct shape seen;
    loop_id home;
    const struct loop *tile;
};

static struct operand operand_of(const struct emitter *e, node_id n, char kind, uint32_t index) {
    const struct node *node = graph_node(e->graph, n);
    bool result = kind == 'r';
    struct operand o = {.home = node->loop};
    if (index >= (result ? node->n_results : node->n_args)) return o;
    o.use = result ? node_results(e->graph, node)[index] : node_args(e->graph, node)[index];
    if (!o.use.value.id) return o;
    o.tiled = op_is_tiled(e->graph, n, result, index);
    o.seen = graph_seen_shape(e->graph, o.use, node->loop);
    o.tile = graph_loop(e->graph, graph_tile_loop(e->graph, node->loop));
    return o;
}

static int64_t row_elements(const struct emitter *e, const struct operand *o) {
    int64_t rows = o->use.access == ACCESS_ROWS ? o->tile->rows : o->seen.rank ? o->seen.dim[0] : 1;
    int64_t count =
        o->use.access == ACCESS_ROWS ? shape_count(graph_value(e->graph, o->use.value)->shape) : shape_count(o->seen);
    return count / rows;
}

static void emit_pointer(const struct emitter *e, struct text *out, const struct operand *o) {
    if (!o->use.value.id) {
        text_puts(out, "0");
        return;
    }
    if (!emit_has_local(e, o->use.value)) {
        text_puts(out, "(const float *)");
        emit_place(e, out, o->use.value, o->home);
        text_puts(out, ".data");
        return;
    }
    text_puts(out, emit_local(e, o->use.value));
    if (o->use.access == ACCESS_ROWS) text_print(out, " + row * %lld", (long long)row_elements(e, o));
}

static void emit_tensor(const struct emitter *e, struct text *out, const struct operand *o) {
    if (o->use.value.id && !emit_has_local(e, o->use.value)) {
        emit_place(e, out, o->use.value, o->home);
        return;
    }
    text_puts(out, "lrt_floats(");
    emit_pointer(e, out, o);
    text_puts(out, ")");
}

// ---- $rows(a0), $cols(a0), $count(a0), $dim(a0,2) ----
static void emit_size(const struct emitter *e, struct text *out, const char *what, const struct operand *o, int dim) {
    if (!o->use.value.id) {
        text_puts(out, "0");
    } else if (strcmp(what, "rows") == 0 && o->tiled) {
        text_puts(out, "rows");
    } else if (strcmp(what, "count") == 0 && o->tiled) {
        int64_t columns = row_elements(e, o);
        if (columns == 1)
            text_puts(out, "rows");
        else
            text_print(out, "rows * %lld", (long long)columns);
    } else {
        int64_t number = strcmp(what, "rows") == 0    ? shape_rows(o->seen)
                         : strcmp(what, "cols") == 0  ? shape_columns(o->seen)
                         : strcmp(what, "count") == 0 ? shape_count(o->seen)
                                                      : o->seen.dim[dim];
        text_print(out, "%lld", (long long)number);
    }
}

// ---- attributes ----
enum attr_form { FORM_FLOAT, FORM_DOUBLE, FORM_INTEGER };

static void emit_attribute(const struct emitter *e, struct text *out, node_id n, const char *name,
                           enum attr_form form) {
    const struct node *node = graph_node(e->graph, n);
    const struct attr *attr = node_attr(e->graph, node, name);
    INVARIANT(attr);
    if (attr->table) {
        static const char *const casts[] = {"(float)", "", "(int64_t)"};
        loop_id l = graph_repeat_loop(e->graph, node->loop);
        text_print(out, "%s%s_%s[%s]", casts[form], e->lower, emit_identifier(e->arena, attr->name, n.id),
                   emit_loop_variable(e, l));
    } else if (form == FORM_INTEGER && attr->number <= (double)INT64_MIN) {
        text_puts(out, "INT64_MIN");
    } else if (form == FORM_INTEGER) {
        text_print(out, "%lld", (long long)attr->number);
    } else {
        emit_float(out, attr->number, form == FORM_FLOAT ? "f" : "");
    }
}

// ---- the template ----
static const char *word(struct arena *a, const char **at) {
    const char *start = *at;
    while (isalnum((unsigned char)**at) || **at == '_') ++*at;
    return arena_copy(a, start, (size_t)(*at - start));
}

static bool is_operand(const char *w) { return strchr("raw", w[0]) && w[0] && isdigit((unsigned char)w[1]) && !w[2]; }

static const char *emit_one(const struct emitter *e, struct text *out, node_id n, const char *at) {
    const char *name = word(e->arena, &at);
    if (is_operand(name)) {
        struct operand o = operand_of(e, n, name[0], (uint32_t)(name[1] - '0'));
        if (name[0] == 'w')
            emit_tensor(e, out, &o);
        else
            emit_pointer(e, out, &o);
        return at;
    }
    if (strcmp(name, "first_row") == 0) {
        text_puts(out, graph_tile_loop(e->graph, graph_node(e->graph, n)->loop).id ? "row" : "0");
        return at;
    }
    bool sizes = strcmp(name, "rows") == 0 || strcmp(name, "cols") == 0 || strcmp(name, "count") == 0 ||
                 strcmp(name, "dim") == 0;
    bool forms = strcmp(name, "int") == 0 || strcmp(name, "double") == 0;
    if (*at != '(' || !(sizes || forms)) {
        emit_attribute(e, out, n, name, FORM_FLOAT);
        return at;
    }
    at++;
    const char *inner = word(e->arena, &at);
    if (forms) {
        emit_attribute(e, out, n, inner, strcmp(name, "int") == 0 ? FORM_INTEGER : FORM_DOUBLE);
    } else {
        int dim = 0;
        if (*at == ',') {
            at++;
            while (*at == ' ') at++;
            dim = *at++ - '0';
        }
        struct operand o = operand_of(e, n, inner[0], (uint32_t)(inner[1] - '0'));
        emit_size(e, out, name, &o, dim);
    }
    INVARIANT(*at == ')');
    return at + 1;
}

void emit_call(const struct emitter *e, struct text *out, node_id n) {
    const char *at = graph_node(e->graph, n)->op->call;
    while (*at) {
        if (*at == '$')
            at = emit_one(e, out, n, at + 1);
        else
            text_add(out, at++, 1);
    }
}
