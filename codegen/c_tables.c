// Tables: the plan as constants of the generated code: struct lrt_plan_info and struct lrt_program, and the model's
// functions.
#include <string.h>

#include "codegen/c_emit.h"
#include "compiler/base/arena.h"
#include "compiler/base/text.h"
#include "compiler/op/op.h"

static void emit_dims(const struct program *p, struct text *out) {
    if (!p->model->n_dims) return;
    text_puts(out, "\nstatic const struct lrt_dim_info dims[] = {\n");
    for (size_t i = 0; i < p->model->n_dims; i++) {
        text_puts(out, "    {");
        emit_string(out, p->model->dims[i].name);
        text_print(out, ", %lld},\n", (long long)p->model->dims[i].value);
    }
    text_puts(out, "};\n");
}

static void emit_consts(const struct program *p, struct text *out) {
    if (!p->model->n_consts) return;
    text_puts(out, "\nstatic const struct lrt_const_info consts[] = {\n");
    for (size_t i = 0; i < p->model->n_consts; i++) {
        text_puts(out, "    {");
        emit_string(out, p->model->consts[i].name);
        text_puts(out, ", ");
        emit_float(out, p->model->consts[i].value, "");
        text_puts(out, "},\n");
    }
    text_puts(out, "};\n");
}

static size_t emit_facts(const struct program *p, struct arena *a, struct text *out) {
    struct program_fact *facts;
    const size_t n = program_facts(p, a, &facts);
    if (n) text_puts(out, "\nstatic const struct lrt_op_info ops[] = {\n");
    for (size_t i = 0; i < n; i++) {
        text_puts(out, "    {");
        emit_string(out, facts[i].op);
        text_puts(out, ", ");
        emit_string(out, facts[i].attribute);
        text_puts(out, ", ");
        emit_float(out, facts[i].value, "");
        text_puts(out, "},\n");
    }
    if (n) text_puts(out, "};\n");
    return n;
}

static void emit_extent(struct text *out, int rank, const int64_t *dim) {
    text_print(out, "%d, {", rank);
    for (int d = 0; d < 4; d++) text_print(out, "%s%lld", d ? ", " : "", d < rank ? (long long)dim[d] : 0);
    text_puts(out, "}");
}

static const char *const initial_names[] = {[LRT_INITIAL_ZEROS] = "LRT_INITIAL_ZEROS",
                                            [LRT_INITIAL_ONES] = "LRT_INITIAL_ONES",
                                            [LRT_INITIAL_NORMAL] = "LRT_INITIAL_NORMAL"};

static void emit_weights(const struct program *p, struct arena *a, struct text *out) {
    const struct model *m = p->model;
    if (!m->n_weights) return;
    text_puts(out, "\nstatic const struct lrt_weight_info weights[] = {\n");
    for (size_t i = 0; i < m->n_weights; i++) {
        const struct model_weight *w = &m->weights[i];
        const struct program_weight *slot = &p->weights[i];
        const char *name = w->block < 0 ? w->name : arena_print(a, "%s.%s", m->blocks[w->block].name, w->name);
        text_puts(out, "    {");
        emit_string(out, name);
        text_puts(out, ", ");
        emit_string(out, w->gguf);
        text_puts(out, ", ");
        emit_string(out, w->hf);
        text_puts(out, ", ");
        emit_extent(out, w->rank, w->shape);
        text_print(out, ", %lld, %lld, %u, %u, %lld, %s},\n", (long long)slot->first, (long long)slot->instances,
                   slot->first_slot, slot->slot_stride, (long long)slot->rope_head, initial_names[slot->initial]);
    }
    text_puts(out, "};\n");
}

static const char *const role_names[] = {
#define LRT_ADAPTER(...)
#define LRT_ROLE(ROLE, ...) "LRT_ROLE_" #ROLE,
#include <lorac/lrt_adapters.def>
#undef LRT_ROLE
#undef LRT_ADAPTER
};

static void emit_params(const struct program *p, struct text *out) {
    if (!p->n_params) return;
    text_puts(out, "\nstatic const struct lrt_param_info params[] = {\n");
    for (size_t i = 0; i < p->n_params; i++) {
        const struct program_param *q = &p->params[i];
        const struct tensor *t = &q->tensor;
        text_puts(out, "    {");
        emit_string(out, q->name);
        text_print(out, ", %s, %u, ", role_names[t->role], t->weight);
        emit_extent(out, t->shape.rank, t->shape.dim);
        text_print(out, ", %lld, %lld, %lld, %lld, ", (long long)q->first_layer, (long long)t->instances,
                   (long long)q->offset, (long long)q->stride);
        const struct model_adaptation *a = &p->model->adaptations[t->adaptation];
        emit_float(out, model_option_number(a->options, a->n_options, "alpha", 0), "");
        text_print(out, ", %u, %u},\n", q->first_noise, q->noise_stride);
    }
    text_puts(out, "};\n");
}

static void emit_pools(const struct program *p, struct arena *a, const char *upper, struct text *out) {
    const char *terms = p->tangents ? arena_print(a, " + LRT_MODEL_ALIGN(%s_TERM_BYTES)", upper) : "";
    text_print(out,
               "\nstatic const struct lrt_pool_info pools[] = {\n"
               "    {\"arena\", %s_ARENA_BYTES},\n    {\"adapters\", %s_ADAPTER_BYTES},\n"
               "    {\"gradients\", %s_GRADIENT_BYTES},\n    {\"optimizer\", %s_STATE_BYTES},\n"
               "    {\"scratch\", LRT_MODEL_ALIGN(%s_SCRATCH_BYTES) + %s_THREAD_BYTES%s},\n"
               "    {\"context\", sizeof(struct %s)},\n    {\"file\", %lld},\n};\n",
               upper, upper, upper, upper, upper, upper, terms, p->options.prefix, (long long)program_page_bytes(p));
}

// The source line and op that hold the arena's peak.
static void emit_peak(const struct program *p, struct arena *a, struct text *out) {
    const struct plan *const plans[] = {p->step, p->eval, p->logits}, *plan = NULL;
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++)
        if (plans[i] && (!plan || plans[i]->arena_bytes > plan->arena_bytes)) plan = plans[i];
    if (!plan) {
        text_puts(out, "NULL");
        return;
    }
    const struct node *n = &plan->graph->nodes[plan->bound.at];
    const char *what = n->kind == NODE_OP ? n->op->name : "loop";
    emit_string(out, arena_print(a, "%s %s", program_place(p, a, n->span), what));
}

static int64_t input_count(const struct model *m, size_t index) {
    if (index >= m->n_inputs) return 0;
    int64_t n = 1;
    for (int d = 0; d < m->inputs[index].rank; d++) n *= m->inputs[index].shape[d];
    return n;
}

static bool schedule_of_run(const struct model_train *t) {
    return t->schedule && strcmp(t->schedule, "constant") != 0 && t->schedule_steps <= 0;
}

static const char *schedule_kind(const struct model_train *t) {
    if (t->schedule && strcmp(t->schedule, "linear") == 0) return "LRT_SCHEDULE_LINEAR";
    return t->schedule && strcmp(t->schedule, "cosine") == 0 ? "LRT_SCHEDULE_COSINE" : "LRT_SCHEDULE_CONSTANT";
}

// What a resumed run must have again: the kind of gradient and the optimizer's options, but for the rate. All exact
// methods are one kind.
static void emit_update(const struct program *p, struct text *out) {
    const struct model_train *t = &p->model->train;
    struct text words = {0};
    if (p->perturbation > 0)
        text_puts(&words, "zeroth eps "), text_number(&words, p->perturbation);
    else if (p->tangents)
        text_print(&words, "forward tangents %d", p->tangents);
    else
        text_puts(&words, "exact");
    text_print(&words, ", %s(", p->options.optimizer);
    const char *between = "";
    for (size_t i = 0; i < t->n_optimizer_options; i++) {
        const struct model_option *o = &t->optimizer_options[i];
        if (strcmp(o->name, "lr") == 0) continue;
        text_print(&words, "%s%s:", between, o->name);
        for (int k = 0; k < o->n; k++) text_puts(&words, " "), text_number(&words, o->value[k]);
        between = ", ";
    }
    text_puts(&words, ")");
    emit_string(out, words.bytes);
    text_free(&words);
}

static void emit_info(const struct program *p, size_t n_facts, struct arena *a, struct text *out) {
    const struct model *m = p->model;
    const struct model_input *tokens = m->n_inputs ? &m->inputs[0] : NULL;
    int64_t batch = tokens && tokens->rank > 1 ? tokens->shape[0] : 1, all = input_count(m, 0);
    text_puts(out, "\nstatic const struct lrt_plan_info info = {\n    ");
    const char *strings[] = {p->options.prefix, LORAC_VERSION, p->options.words, p->options.gradient,
                             p->options.optimizer};
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
        emit_string(out, strings[i]);
        text_puts(out, ", ");
    }
    text_print(out,
               "\n    %s, %zu, %s, %zu, %s, %zu, %u, %s, %zu, pools, sizeof pools / sizeof *pools,\n    %lld, %lld, ",
               m->n_dims ? "dims" : "NULL", m->n_dims, m->n_consts ? "consts" : "NULL", m->n_consts,
               m->n_weights ? "weights" : "NULL", m->n_weights, p->n_slots, p->n_params ? "params" : "NULL",
               p->n_params, (long long)p->arena_bytes, (long long)program_bound(p));
    emit_peak(p, a, out);
    bool ignore = m->n_inputs > 1 && m->inputs[1].has_ignore;
    text_print(out, ", %lld, %lld, %lld, ", (long long)batch, (long long)(all / batch),
               (long long)(tokens ? tokens->vocab : 0));
    if (ignore)
        text_print(out, "%lld", (long long)m->inputs[1].ignore);
    else
        text_puts(out, "INT64_MIN");
    text_print(out, ", %lld, %d, %d, ", (long long)m->train.accumulate, p->options.threads, p->n_states);
    emit_float(out, p->options.learning_rate, "");
    text_print(out, ", %lld, %d, %d, %d, ", (long long)p->logits_rows, schedule_of_run(&m->train), p->fused,
               p->tangents);
    emit_float(out, p->perturbation, "");
    text_print(out, ", %s, %zu,\n    ", n_facts ? "ops" : "NULL", n_facts);
    emit_update(p, out);
    const struct model_train *t = &m->train;
    text_print(out, ", {%s, %lld, %lld, ", schedule_kind(t), (long long)t->warmup, (long long)t->schedule_steps);
    emit_float(out, t->schedule_floor, "");
    text_puts(out, "}, ");
    emit_float(out, t->clip, "");
    text_print(out, ",\n    \"%s\",\n    \"%s\"};\n", program_model_hash(p, a), program_plan_hash(p, a));
}

// ---- struct lrt_program ----
static void emit_slice_table(struct text *out, const char *table, size_t count) {
    text_print(out, "{%s, %zu}, ", count ? table : "NULL", count);
}

static long long offset_of(const struct plan *plan, value_id v) {
    return plan && v.id ? (long long)plan_offset(plan, v, 0) : 0;
}

static bool has_jvps(const struct program *p) { return p->step && p->step->graph->n_jvps; }

// The place of forward mode's derivatives.
static void emit_jvps(const struct program *p, struct text *out) {
    if (!has_jvps(p)) return;
    text_puts(out, "\nstatic const size_t jvps[] = {");
    for (size_t i = 0; i < p->step->graph->n_jvps; i++)
        text_print(out, "%s%lld", i ? ", " : "", offset_of(p->step, p->step->graph->jvps[i]));
    text_puts(out, "};\n");
}

static void emit_program(const struct program *p, const char *upper, struct text *out, const size_t *counts) {
    text_print(out,
               "\nstatic const struct lrt_program program = {\n    &info, %s_MEMORY_BYTES, %s_ARENA_BYTES, "
               "%s_SCRATCH_BYTES, %lld,\n    %lld, %lld, %lld, %lld, %lld,\n    ",
               upper, upper, upper, (long long)program_page_bytes(p), (long long)p->param_floats,
               (long long)p->gradient_floats, (long long)(p->param_floats * p->n_states),
               (long long)input_count(p->model, 0), (long long)input_count(p->model, 1));
    emit_slice_table(out, "step_slices", counts[0]);
    emit_slice_table(out, "step_update", counts[1]);
    emit_slice_table(out, "eval_slices", counts[2]);
    emit_slice_table(out, "logits_slices", counts[3]);
    text_print(out, "\n    %lld, %lld, %lld, %lld,\n    %d, %s};\n",
               p->step ? offset_of(p->step, p->step->graph->loss) : 0,
               p->step ? offset_of(p->step, p->step->graph->counted) : 0,
               p->eval ? offset_of(p->eval, p->eval->graph->loss) : 0,
               p->eval ? offset_of(p->eval, p->eval->graph->counted) : 0, p->passes, has_jvps(p) ? "jvps" : "NULL");
}

// ---- functions: M_name(struct M *m, ...) calls lrt_model_name(&m->model, ...), and the same with a void * ----
static const struct {
    const char *type, *name, *parameters, *arguments;
} functions[] = {
    {"void ", "stop", "", ""},
    {"int ", "begin", ", const int32_t *tokens, const int32_t *targets, int64_t micro_batches",
     ", tokens, targets, micro_batches"},
    {"int ", "advance", "", ""},
    {"int ", "finish", ", struct lrt_step *out", ", out"},
    {"int ", "step", ", const int32_t *tokens, const int32_t *targets, int64_t micro_batches, struct lrt_step *out",
     ", tokens, targets, micro_batches, out"},
    {"int ", "eval", ", const int32_t *tokens, const int32_t *targets, double *loss_sum, int64_t *counted",
     ", tokens, targets, loss_sum, counted"},
    {"int ", "logits", ", const int32_t *tokens, const int32_t *rows, int64_t n_rows, float *out",
     ", tokens, rows, n_rows, out"},
    {"float *", "adapter", ", size_t *floats", ", floats"},
    {"float *", "gradient", ", size_t *floats", ", floats"},
    {"float *", "state", ", size_t *floats", ", floats"},
    {"int ", "scalars", ", float *out", ", out"},
    {"int ", "apply", ", const struct lrt_noise_term *terms, size_t n, struct lrt_step *out", ", terms, n, out"},
    {"int ", "estimate", ", float *out", ", out"},
    {"int ", "shard_get", ", int32_t shard, int32_t shards, float *out, size_t *floats",
     ", shard, shards, out, floats"},
    {"int ", "shard_set", ", int32_t shard, int32_t shards, const float *in, size_t floats",
     ", shard, shards, in, floats"},
};
enum { FUNCTIONS = sizeof functions / sizeof *functions };

void emit_prototypes(const struct program *p, struct text *out) {
    const char *prefix = p->options.prefix;
    text_print(
        out,
        "int %s_init(struct %s *m, void *memory, size_t bytes, const struct lrt_weights *w, const struct lrt_options "
        "*o);\n",
        prefix, prefix);
    for (int i = 0; i < FUNCTIONS; i++)
        text_print(out, "%s%s_%s(struct %s *m%s);\n", functions[i].type, prefix, functions[i].name, prefix,
                   functions[i].parameters);
    text_print(out, "const struct lrt_plan_info *%s_plan(void);\nconst struct lrt_interface *%s_interface(void);\n",
               prefix, prefix);
}

static void emit_functions(const struct program *p, struct text *out) {
    const char *prefix = p->options.prefix;
    text_print(
        out,
        "\nint %s_init(struct %s *m, void *memory, size_t bytes, const struct lrt_weights *w, const struct lrt_options "
        "*o) {\n    return lrt_model_init(m ? &m->model : NULL, &program, memory, bytes, w, o);\n}\n",
        prefix, prefix);
    for (int i = 0; i < FUNCTIONS; i++) {
        const char *give = strcmp(functions[i].type, "void ") == 0 ? "" : "return ";
        text_print(out, "\n%s%s_%s(struct %s *m%s) {\n    %slrt_model_%s(m ? &m->model : NULL%s);\n}\n",
                   functions[i].type, prefix, functions[i].name, prefix, functions[i].parameters, give,
                   functions[i].name, functions[i].arguments);
    }
    text_print(out, "\nconst struct lrt_plan_info *%s_plan(void) { return &info; }\n", prefix);
}

static void emit_untyped(const struct program *p, struct text *out) {
    const char *prefix = p->options.prefix;
    text_print(out,
               "\n/* the same for programs that drive any model */\n"
               "static int any_init(void *m, void *memory, size_t bytes, const struct lrt_weights *w,\n"
               "                    const struct lrt_options *o) {\n"
               "    return %s_init((struct %s *)m, memory, bytes, w, o);\n}\n",
               prefix, prefix);
    for (int i = 0; i < FUNCTIONS; i++) {
        const char *give = strcmp(functions[i].type, "void ") == 0 ? "" : "return ";
        text_print(out, "static %sany_%s(void *m%s) {\n    %s%s_%s((struct %s *)m%s);\n}\n", functions[i].type,
                   functions[i].name, functions[i].parameters, give, prefix, functions[i].name, prefix,
                   functions[i].arguments);
    }
    text_print(out, "static struct lrt *any_run(void *m) { return m ? &((struct %s *)m)->model.run : NULL; }\n",
               prefix);
}

void emit_interface(const struct program *p, struct arena *a, struct text *out, struct emit_slices step,
                    struct emit_slices eval, struct emit_slices logits) {
    const char *upper = program_upper(p, a), *prefix = p->options.prefix;
    const size_t counts[] = {step.gradient, step.update, eval.gradient, logits.gradient};
    emit_dims(p, out);
    emit_consts(p, out);
    emit_weights(p, a, out);
    emit_params(p, out);
    emit_pools(p, a, upper, out);
    emit_info(p, emit_facts(p, a, out), a, out);
    emit_jvps(p, out);
    emit_program(p, upper, out, counts);
    emit_functions(p, out);
    emit_untyped(p, out);
    text_print(
        out,
        "\nstatic const struct lrt_interface interface_table = {\n    sizeof(struct %s), %s_MEMORY_BYTES, %s_plan, "
        "any_init",
        prefix, upper, prefix);
    for (int i = 0; i < FUNCTIONS; i++) text_print(out, ", any_%s", functions[i].name);
    text_print(out, ", any_run};\n\nconst struct lrt_interface *%s_interface(void) { return &interface_table; }\n",
               prefix);
}
