// Emit: shared by the files that print the C source: the output text and the spelling of operands.
#pragma once
#include "compiler/op/op.h"
#include "compiler/program/program.h"

struct emit_checkpoint { // names of a checkpoint schedule's functions, and the number of weights they read
    const char *advance, *keep, *restore, *page_out, *page_in, *first;
    size_t reads, first_reads; // of advance, of first
};

struct emitter {
    const struct program *program;
    const struct plan *plan;
    const struct graph *graph;
    struct arena *arena;
    struct text *out;
    const char *lower, *upper;                    // "step", "STEP": prefixes of the graph's functions and constants
    struct emit_checkpoint *checkpoint_schedules; // [graph->n_checkpoint_schedules]
};

// Makes an identifier: "d x" and 7 become "d_x_7".
const char *emit_identifier(struct arena *a, const char *name, uint32_t number);
void emit_string(struct text *out, const char *string); // a C string literal, or NULL
void emit_float(struct text *out, double value, const char *suffix);

// The loop variable in the functions of its body: "i", "iteration".
const char *emit_loop_variable(const struct emitter *e, loop_id l);
// Prints the address of a value as seen in loop `home`.
void emit_place(const struct emitter *e, struct text *out, value_id v, loop_id home);
// The constant of a buffer's offset; with _SLOTS, of its lower block.
const char *emit_buffer_name(const struct emitter *e, uint32_t buffer);
// The local tensor of an operand: "x_12", or "x_12_rows" if it is accessed by rows.
const char *emit_tensor_name(const struct emitter *e, struct use u);
// Prints its definition, as node n sees the operand (result or argument `index`).
void emit_tensor(const struct emitter *e, struct text *out, node_id n, bool result, uint32_t index);
// Prints the offsets of buffers and pools as named constants.
void emit_constants(const struct emitter *e);
void emit_attribute_tables(const struct emitter *e);

// Prints the node's struct of arguments; then the call that takes it, without a semicolon.
void emit_arguments(const struct emitter *e, struct text *out, node_id n);
void emit_call(const struct emitter *e, struct text *out, node_id n);
// The operand in a member of the struct; none: no operand, or absent in this node.
struct use emit_member_use(const struct emitter *e, const struct node *n, const struct op_member *m);

// Prints the table NAME_reads of the mapped weights that nodes [first, end) of a slice in loop `home` read. Returns its
// length (0: no table).
size_t emit_reads(const struct emitter *e, const char *name, uint32_t first, uint32_t end, loop_id home);

// A row of a slice table: struct lrt_slice.
struct emit_slice_row {
    const char *function;
    int64_t first, stride, iterations;
    size_t reads;
    const char *from, *to; // symbols; NULL: none
};
void emit_slice_row(struct text *table, struct emit_slice_row row);
// Prints the function that recomputes a checkpoint schedule's first input.
void emit_first_input(const struct emitter *e, const char *name, const struct checkpoint_schedule *c);
// codegen/c_checkpoint.c: prints the functions of a checkpoint schedule's steps, other than its bodies, and the table
// rows of the steps. `forward` covers the steps up to the end of the forward loop, with the body named in
// e->checkpoint_schedules; `backward` covers the rest. Both return the number of rows.
size_t emit_checkpoint_forward(const struct emitter *e, struct text *table, const struct checkpoint_schedule *c);
size_t emit_checkpoint_backward(const struct emitter *e, struct text *table, const struct checkpoint_schedule *c,
                                const char *reverse, size_t reads);

// Prints the functions and the slice table of one graph. Returns the number of slices before update_first and from it
// on.
struct emit_slices {
    size_t gradient, update;
};
struct emit_slices emit_graph(const struct emitter *e);

// Prints the symbols that the runtime resolves, as constants of struct lrt_bound.
void emit_symbols(const struct emitter *e);
const char *emit_symbol_name(const struct emitter *e, symbol_id s); // NULL for none, and for a symbol that is a value
// Print the constants of struct lrt_plan_info and struct lrt_program, and the functions of the interface.
void emit_prototypes(const struct program *p, struct text *out);
void emit_interface(const struct program *p, struct arena *a, struct text *out, struct emit_slices step,
                    struct emit_slices eval, struct emit_slices logits);
