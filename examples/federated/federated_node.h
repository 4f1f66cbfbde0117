/* Federated node: one member of a federation, client or server, as plain C functions that any language can call. A node
 * has a generated program, its weights, its own data and its adapter. Compile federated_node.c with
 * -DINTERFACE=<prefix>_interface.
 *
 * Functions that return int return 0, or a status of lorac/lrt.h with a message in node_error. Only one thread at a
 * time may use a node. */
#ifndef FEDERATED_NODE_H
#define FEDERATED_NODE_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

struct node;

/* weights: a file that the runtime reads. data: the member's own data as .tok, .jsonl or text; "": none. seed: for the
 * initial adapter, the noise and the order of the data; all members use the same. shard: 1..shards of the tensors; 0,
 * 0: all. Returns NULL only without memory. With a *status other than 0, only node_error and node_close may be called.
 */
struct node *node_open(const char *weights, const char *data, uint64_t seed, int32_t shard, int32_t shards, int threads,
                       int *status);
void node_close(struct node *n);              /* NULL is fine */
const char *node_error(const struct node *n); /* the message of the last call that failed */
int node_tangents(const struct node *n);      /* scalars per step; 0: the program's gradient is exact */

/* Everything that training changes. To resume a node elsewhere, copy it from one node to the other. */
float *node_adapter(struct node *n, size_t *floats);
float *node_state(struct node *n, size_t *floats); /* of the optimizer */
int64_t node_step(struct node *n);                 /* steps done */
void node_set_step(struct node *n, int64_t step);

/* The scalars of the next step on the member's data, out [tangents]; nothing changes. */
int node_scalars(struct node *n, float *out);
/* Applies the update of step `step` from the scalars of all shards [shards, tangents]: the same bits on every member.
 */
int node_apply(struct node *n, uint64_t seed, int64_t step, const float *scalars, int32_t shards);

/* Runs this many steps on the member's own data; only its shard changes. */
int node_train(struct node *n, int64_t steps);
/* The tensors of a shard in the layout of lrt_interface; with out NULL it only sets *floats. */
int node_shard_get(struct node *n, int32_t shard, int32_t shards, float *out, size_t *floats);
int node_shard_set(struct node *n, int32_t shard, int32_t shards, const float *in, size_t floats);

/* Mean loss over all rows of the member's data. */
int node_evaluate(struct node *n, double *loss);

#ifdef __cplusplus
}
#endif
#endif
