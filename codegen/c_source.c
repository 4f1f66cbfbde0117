// C source and header: the frame around the functions of the graphs. The output depends on the program alone.
#include "codegen/c_emit.h"
#include "compiler/base/arena.h"
#include "compiler/base/text.h"

static void emit_banner(const struct program *p, struct text *out) {
    text_print(out, "/* %s: made by lorac %s (%s)", p->options.prefix, LORAC_VERSION, p->options.words);
}

static struct emit_slices emit_one(const struct program *p, struct arena *a, struct text *out, const struct plan *plan,
                                   const char *lower, const char *upper) {
    struct emitter e = {.program = p, .plan = plan, .arena = a, .out = out, .lower = lower, .upper = upper};
    if (!plan) return (struct emit_slices){.gradient = 0};
    e.graph = plan->graph;
    e.checkpoint_schedules = ARENA_ARRAY(a, struct emit_checkpoint, plan->graph->n_checkpoint_schedules);
    return emit_graph(&e);
}

void emit_c_source(const struct program *p, const char *header_name, struct text *out) {
    struct arena a = {0};
    emit_banner(p, out);
    text_print(out, "\n *\n * Every call stands behind the line of the source it comes from. */\n#include \"%s\"\n",
               header_name);
    if (p->options.main) text_puts(out, "#include <lorac/lrt_trainer.h>\n");
    text_puts(out, "\n#ifdef __FAST_MATH__\n#error \"the plan's numbers need exact arithmetic: compile without "
                   "-ffast-math and -Ofast\"\n#endif\n");
    text_puts(out, "\n#ifdef __cplusplus /* designated initialisers: in C++ since 2020, in gcc and clang before */\n"
                   "#pragma GCC diagnostic ignored \"-Wpedantic\"\n"
                   "#pragma GCC diagnostic ignored \"-Wc++20-extensions\"\n"
                   "#pragma GCC diagnostic ignored \"-Wmissing-field-initializers\"\n#endif\n");
    struct emit_slices step = emit_one(p, &a, out, p->step, "step", "STEP");
    struct emit_slices eval = emit_one(p, &a, out, p->eval, "eval", "EVAL");
    struct emit_slices logits = emit_one(p, &a, out, p->logits, "logits", "LOGITS");
    emit_interface(p, &a, out, step, eval, logits);
    if (p->options.main)
        text_print(out, "\nint main(int argc, char **argv) { return lrt_trainer_main(%s_interface(), argc, argv); }\n",
                   p->options.prefix);
    arena_free(&a);
}

static void emit_sizes(const struct program *p, struct arena *a, struct text *out) {
    const char *upper = program_upper(p, a);
    long long params = 4 * (long long)p->param_floats;
    text_print(out, "/* bytes of the pools in the memory given to %s_init, and their sum */\n", p->options.prefix);
    text_print(out, "#define %s_ARENA_BYTES ((size_t)%lld)\n", upper, (long long)p->arena_bytes);
    text_print(out, "#define %s_ADAPTER_BYTES ((size_t)%lld)\n", upper, params);
    text_print(out, "#define %s_GRADIENT_BYTES ((size_t)%lld)\n", upper, 4 * (long long)p->gradient_floats);
    text_print(out, "#define %s_STATE_BYTES ((size_t)%lld)\n", upper, params * p->n_states);
    text_print(out, "#define %s_SCRATCH_BYTES ((size_t)%lld)\n", upper, (long long)p->scratch_bytes);
    text_print(out, "#define %s_MAX_THREADS %d\n", upper, p->options.threads);
    text_print(out, "#define %s_THREAD_BYTES LRT_MODEL_POOL_BYTES(%s_MAX_THREADS)\n", upper, upper);
    if (p->tangents) text_print(out, "#define %s_TERM_BYTES LRT_MODEL_TERM_BYTES(%d)\n", upper, p->tangents);
    text_print(out, "#define %s_MEMORY_BYTES \\\n    (", upper);
    static const char *const regions[] = {"ARENA", "ADAPTER", "GRADIENT", "STATE", "SCRATCH", "THREAD", "TERM"};
    size_t n_regions = sizeof regions / sizeof *regions - (p->tangents ? 0 : 1);
    for (size_t i = 0; i < n_regions; i++)
        text_print(out, "%sLRT_MODEL_ALIGN(%s_%s_BYTES)", i ? " + \\\n     " : "", upper, regions[i]);
    text_print(out, ")\n#define %s_CONTEXT_BYTES sizeof(struct %s)\n#define %s_ALIGNMENT LRT_ALIGNMENT\n", upper,
               p->options.prefix, upper);
}

void emit_c_header(const struct program *p, struct text *out) {
    struct arena a = {0};
    const char *upper = program_upper(p, &a), *prefix = p->options.prefix;
    emit_banner(p, out);
    text_print(
        out,
        "\n *\n * The caller gives all memory: one block for %s_init, aligned to %s_ALIGNMENT bytes. Functions return\n"
        " * enum lrt_status; lrt_error(&m->model.run) says in words what happened. A step is %s_step, or in slices of "
        "a layer:\n"
        " * %s_begin, %s_advance until it is not LRT_MORE, %s_finish; until then begin, eval and logits drop it.\n"
        "%s * tokens, targets: micro_batches rows of a batch one after the other. */\n",
        prefix, upper, prefix, prefix, prefix, prefix,
        p->fused ? " * The backward pass changes the adapters already (update fused): a step dropped in it counts in\n"
                   " * m->model.run.torn_steps, and there is one micro-batch a step.\n"
                 : "");
    text_print(out,
               "#ifndef LORAC_%s_H\n#define LORAC_%s_H\n#include <stddef.h>\n#include <stdint.h>\n#include "
               "<lorac/lrt.h>\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n",
               upper, upper);
    emit_sizes(p, &a, out);
    text_print(out, "\nstruct %s {\n    struct lrt_model model;\n};\n\n", prefix);
    emit_prototypes(p, out);
    text_puts(out, "\n#ifdef __cplusplus\n}\n#endif\n#endif\n");
    arena_free(&a);
}
