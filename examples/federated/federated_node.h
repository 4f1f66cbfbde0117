/* Federated node: one member of a federation, client or server, as flat C calls that any language can load: a generated
 * program, its weights, its own data, its adapter. Compile federated_node.c with -DINTERFACE=<prefix>_interface.
 *
 * Calls that return int give 0, or a status of lorac/lrt.h with words in node_error. One thread at a time a node. */
#ifndef FEDERATED_NODE_H
#define FEDERATED_NODE_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

struct node;

/* weights: a file that the runtime reads. data: the member's own, .tok, .jsonl or text; "": none. seed: of the first
 * adapter, the noise and the order of the data; all members take the same. shard 1..shards of the tensors; 0, 0: all.
 * NULL only without memory; with a *status other than 0 the node is good for node_error and node_close alone. */
struct node *node_open(const char *weights, const char *data, uint64_t seed, int32_t shard, int32_t shards, int threads,
                       int *status);
void node_close(struct node *n);              /* NULL is fine */
const char *node_error(const struct node *n); /* of the last call that failed */
int node_tangents(const struct node *n);      /* scalars a step; 0: the program's gradient is exact */

/* All that training changes: to be copied from, and to by who goes on. */
float *node_adapter(struct node *n, size_t *floats);
float *node_state(struct node *n, size_t *floats); /* of the optimizer */
int64_t node_step(struct node *n);                 /* steps done */
void node_set_step(struct node *n, int64_t step);

/* What the member's data says of the next step, out [tangents]; nothing changes. */
int node_scalars(struct node *n, float *out);
/* The update of step `step` from what all shards sent, scalars [shards, tangents]: the same bits on every member. */
int node_apply(struct node *n, uint64_t seed, int64_t step, const float *scalars, int32_t shards);

/* So many steps on the member's own data; its shard alone changes. */
int node_train(struct node *n, int64_t steps);
/* The tensors of a shard, as lrt_interface has them: out NULL asks for *floats alone. */
int node_shard_get(struct node *n, int32_t shard, int32_t shards, float *out, size_t *floats);
int node_shard_set(struct node *n, int32_t shard, int32_t shards, const float *in, size_t floats);

/* Mean loss over all rows of the member's data. */
int node_evaluate(struct node *n, double *loss);

#ifdef __cplusplus
}
#endif
#endif
