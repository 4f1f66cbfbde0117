// Operands: a value's place becomes a C expression of plan constants, the surrounding loop variables, and the pools of
// m.
#include <ctype.h>
#include <string.h>

#include "codegen/c_emit.h"
#include "compiler/base/arena.h"
#include "compiler/base/text.h"
#include "compiler/ir/loop.h"
#include "compiler/op/op.h"

const char *emit_identifier(struct arena *a, const char *name, uint32_t number) {
    char *out = arena_print(a, "%s_%u", name && *name ? name : "value", number);
    for (char *c = out; *c; c++)
        if (!isalnum((unsigned char)*c)) *c = '_';
    return isdigit((unsigned char)*out) ? arena_print(a, "v%s", out) : out;
}

void emit_string(struct text *out, const char *string) {
    if (!string) {
        text_puts(out, "NULL");
        return;
    }
    text_puts(out, "\"");
    for (const unsigned char *c = (const unsigned char *)string; *c; c++) {
        if (*c == '"' || *c == '\\')
            text_print(out, "\\%c", *c);
        else if (*c < ' ' || *c == '?' || *c >= 127)
            text_print(out, "\\%03o", *c);
        else
            text_print(out, "%c", *c);
    }
    text_puts(out, "\"");
}

void emit_float(struct text *out, double value, const char *suffix) {
    size_t start = out->length;
    text_number(out, value);
    if (!strpbrk(out->bytes + start, ".en")) text_puts(out, ".0");
    text_puts(out, suffix);
}

// [256, 576]
static void emit_shape(struct text *out, struct shape s) {
    text_puts(out, "[");
    for (int d = 0; d < s.rank; d++) text_print(out, "%s%lld", d ? ", " : "", (long long)s.dim[d]);
    text_puts(out, "]");
}

static const char *emit_c_type(enum dtype t) {
    switch (t) {
    case DTYPE_F64: return "double";
    case DTYPE_I32: return "int32_t";
    default: return "float";
    }
}

const char *emit_loop_variable(const struct emitter *e, loop_id l) {
    const struct loop *loop = graph_loop(e->graph, l);
    const char *name = loop->kind == LOOP_REPEAT ? "i" : "iteration";
    int same = 0;
    for (loop_id o = loop->parent; o.id; o = graph_loop(e->graph, o)->parent)
        same += graph_loop(e->graph, o)->kind == loop->kind;
    return same ? arena_print(e->arena, "%s%d", name, same + 1) : name;
}

// The value's unique name in C.
static const char *emit_local(const struct emitter *e, value_id v) {
    return emit_identifier(e->arena, graph_value(e->graph, v)->name, v.id);
}

// "i", "i + 1", "(i / 2)", "(i / 2 - 24)": the instance at an iteration.
static void emit_instance(const struct emitter *e, struct text *out, loop_id home, domain_id d, int64_t first) {
    const char *i = emit_loop_variable(e, graph_loop_over(e->graph, home, d));
    int64_t each = graph_domain(e->graph, d)->each;
    if (each > 1 && first)
        text_print(out, "(%s / %lld - %lld)", i, (long long)each, (long long)first);
    else if (each > 1)
        text_print(out, "(%s / %lld)", i, (long long)each);
    else if (first)
        text_print(out, "(%s - %lld)", i, (long long)first);
    else
        text_puts(out, i);
}

const char *emit_buffer_name(const struct emitter *e, uint32_t buffer) {
    value_id first = e->plan->buffers[buffer].first;
    return arena_print(e->arena, "%s_%s", e->upper, emit_local(e, first));
}

static void emit_arena_place(const struct emitter *e, struct text *out, value_id v, loop_id home) {
    uint32_t index = e->plan->values[v.id].buffer;
    const struct plan_buffer *b = &e->plan->buffers[index];
    const char *name = emit_buffer_name(e, index);
    text_puts(out, "m->arena + ");
    if (!b->stack.id || b->slots < 2) {
        text_puts(out, name);
        return;
    }
    const char *i = emit_loop_variable(e, graph_loop_over(e->graph, home, graph_value(e->graph, b->stack)->domain));
    const char *slot = b->from ? arena_print(e->arena, "(%s - %lld)", i, (long long)b->from) : i;
    text_print(out, "(%s == %lld ? %s : %s_SLOTS + %s * %lld)", i, (long long)(b->from + b->slots - 1), name, name,
               slot, (long long)b->size);
}

static void emit_pool_place(const struct emitter *e, struct text *out, const struct value *v, loop_id home) {
    static const char *const pools[STORAGE_COUNT] = {
        [STORAGE_PARAM] = "adapters", [STORAGE_GRAD] = "gradients", [STORAGE_STATE] = "optimizer"};
    const struct program_param *param = program_param(e->program, e->graph, v->tensor);
    int64_t offset = param->offset + (v->storage == STORAGE_STATE ? v->slot * e->program->param_floats : 0);
    int64_t stride = param->stride;
    if (v->storage == STORAGE_GRAD) offset = param->gradient_offset, stride = param->gradient_stride;
    text_print(out, "m->%s + %lld", pools[v->storage], (long long)offset);
    if (!v->domain.id || !stride) return;
    text_puts(out, " + ");
    emit_instance(e, out, home, v->domain, param->tensor.first);
    text_print(out, " * %lld", (long long)stride);
}

// A generated tensor: its source and the number of its noise; the sizes follow.
static void emit_noise(const struct emitter *e, struct text *out, const struct value *v, loop_id home) {
    const struct program_param *param = program_param(e->program, e->graph, v->tensor);
    if (v->noise == NOISE_PERTURBED) {
        text_puts(out, "lrt_perturbed(");
        emit_pool_place(e, out, &(struct value){.storage = STORAGE_PARAM, .tensor = v->tensor, .domain = v->domain},
                        home);
        text_puts(out, ", ");
    } else if (v->noise == NOISE_ESTIMATE) {
        text_puts(out, "lrt_estimated(");
    } else {
        text_print(out, "lrt_tangent(%u, ", v->tangent);
    }
    if (v->domain.id) {
        emit_instance(e, out, home, v->domain, param->tensor.first);
        text_print(out, " * %u + ", param->noise_stride);
    }
    text_print(out, "%u", param->first_noise);
}

// A mapped weight's slot.
static void emit_weight(const struct emitter *e, struct text *out, const struct value *v, loop_id home) {
    const struct program_weight *w = &e->program->weights[graph_tensor(e->graph, v->tensor)->weight];
    text_print(out, "lrt_weight(&m->weights[%u", w->first_slot);
    if (v->domain.id) {
        text_puts(out, " + ");
        emit_instance(e, out, home, v->domain, 0);
    }
    text_puts(out, "]");
}

static void emit_input(const struct emitter *e, struct text *out, const struct value *v) {
    const struct model *m = e->program->model;
    size_t index = v->tensor.id - 1;
    if (index >= m->n_inputs) // beside the model's inputs: the chosen rows of logits, and their number
        text_puts(out, index == m->n_inputs ? "m->rows" : "&m->n_rows");
    else
        text_puts(out, index == 0 ? "m->tokens" : "m->targets");
}

// Prints the start of the value's numbers, as a pointer of some type.
static void emit_address(const struct emitter *e, struct text *out, value_id v, loop_id home) {
    const struct value *value = graph_value(e->graph, v);
    switch (value->storage) {
    case STORAGE_ARENA: emit_arena_place(e, out, v, home); break;
    case STORAGE_INPUT: emit_input(e, out, value); break;
    case STORAGE_OUTPUT: text_puts(out, "m->logits"); break;
    default: emit_pool_place(e, out, value, home); break;
    }
}

void emit_place(const struct emitter *e, struct text *out, value_id v, loop_id home) {
    const struct value *value = graph_value(e->graph, v);
    bool arena = value->storage == STORAGE_ARENA;
    if (arena) text_print(out, "(%s *)(void *)(", emit_c_type(value->dtype));
    emit_address(e, out, v, home);
    if (arena) text_puts(out, ")");
}

// ---- tensors ----
const char *emit_tensor_name(const struct emitter *e, struct use u) {
    const char *name = emit_local(e, u.value);
    return u.access == ACCESS_ROWS ? arena_print(e->arena, "%s_rows", name) : name;
}

// An operand of a node in a tile loop has `rows` rows, which start at `row` of the whole value.
static void emit_sizes(const struct emitter *e, struct text *out, bool tiled, int64_t row_elements, struct shape seen) {
    (void)e;
    if (tiled)
        text_print(out, ", rows, %lld)", (long long)row_elements);
    else
        text_print(out, ", %lld, %lld)", (long long)shape_rows(seen), (long long)shape_columns(seen));
}

void emit_tensor(const struct emitter *e, struct text *out, node_id n, bool result, uint32_t index) {
    const struct node *node = graph_node(e->graph, n);
    struct use u = result ? node_results(e->graph, node)[index] : node_args(e->graph, node)[index];
    const struct value *v = graph_value(e->graph, u.value);
    struct shape seen = graph_seen_shape(e->graph, u, node->loop);
    bool tiled = op_is_tiled(e->graph, n, result, index), by_rows = u.access == ACCESS_ROWS;
    int64_t rows =
        by_rows ? graph_loop(e->graph, graph_tile_loop(e->graph, node->loop))->rows : (seen.rank ? seen.dim[0] : 1);
    int64_t row_elements = shape_count(by_rows ? v->shape : seen) / rows;
    text_print(out, "    const struct lrt_tensor %s = ", emit_tensor_name(e, u));
    if (v->storage == STORAGE_WEIGHT) {
        emit_weight(e, out, v, node->loop);
    } else if (v->storage == STORAGE_NOISE) {
        emit_noise(e, out, v, node->loop);
    } else {
        text_puts(out, v->dtype == DTYPE_F64 ? "lrt_f64(" : v->dtype == DTYPE_I32 ? "lrt_i32(" : "lrt_f32(");
        emit_address(e, out, u.value, node->loop);
        if (by_rows) {
            int64_t step = row_elements * (v->storage == STORAGE_ARENA ? dtype_bytes(v->dtype) : 1);
            text_puts(out, " + row");
            if (step != 1) text_print(out, " * %lld", (long long)step);
        }
    }
    emit_sizes(e, out, tiled, row_elements, seen);
    text_puts(out, "; /* ");
    emit_shape(out, v->shape);
    text_puts(out, " */\n");
}

// ---- constants ----
static void emit_members(const struct emitter *e, uint32_t buffer) {
    int shown = 0;
    for (uint32_t v = 1; v < e->graph->n_values; v++) {
        if (e->plan->values[v].buffer != buffer) continue;
        if (shown++ == 6) {
            text_puts(e->out, ", ...");
            return;
        }
        text_print(e->out, "%s%s", shown > 1 ? ", " : "", e->graph->values[v].name);
    }
}

void emit_constants(const struct emitter *e) {
    text_print(e->out, "\n/* %s: offsets in the arena, in bytes, and who stands there */\n", e->lower);
    for (uint32_t b = 1; b < e->plan->n_buffers; b++) {
        const struct plan_buffer *buffer = &e->plan->buffers[b];
        const char *name = emit_buffer_name(e, b);
        text_print(e->out, "#define %s %lld /* %lld bytes: ", name, (long long)buffer->offset, (long long)buffer->size);
        if (e->plan->values[buffer->first.id].buffer == b)
            emit_members(e, b);
        else
            text_puts(e->out, "the kept input of the last block");
        text_puts(e->out, " */\n");
        if (buffer->slots > 1)
            text_print(e->out, "#define %s_SLOTS %lld /* %s%lld %s */\n", name, (long long)buffer->lower_offset,
                       buffer->stack.id ? "the " : "", (long long)buffer->slots - 1,
                       buffer->stack.id ? "iterations before the last" : "kept inputs of blocks");
    }
}

void emit_attribute_tables(const struct emitter *e) {
    for (uint32_t n = 1; n < e->graph->n_nodes; n++) {
        const struct node *node = &e->graph->nodes[n];
        for (uint32_t k = 0; k < node->n_attrs; k++) {
            const struct attr *attr = &e->graph->attrs[node->attrs + k];
            loop_id l = graph_repeat_loop(e->graph, node->loop);
            if (!attr->table || !l.id) continue;
            int64_t count = graph_domain(e->graph, graph_loop(e->graph, l)->domain)->count;
            text_print(e->out, "static const double %s_%s[%lld] = {", e->lower,
                       emit_identifier(e->arena, attr->name, n), (long long)count);
            for (int64_t i = 0; i < count; i++) {
                text_puts(e->out, i ? ", " : "");
                emit_float(e->out, attr->table[i], "");
            }
            text_puts(e->out, "};\n");
        }
    }
}
