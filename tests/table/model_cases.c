// Model cases: odd dims, grouped heads, biases, tied heads, blocks that run twice; partly or fully trained.
#include "tests/table/model_cases.h"

// The cases fill in the parts between.
#define DIMS(more)                                                                                                     \
    "model small\n"                                                                                                    \
    "dim batch = 2, seq = 3, vocab = 11, width = 5, depth = 3, heads = 4, kv_heads = 2, head = 2, ff = 7\n" more       \
    "input tokens[batch, seq]: token(vocab)\n"                                                                         \
    "input targets[batch, seq]: token(vocab), ignore -100\n"                                                           \
    "weight embed[vocab, width]\n"                                                                                     \
    "weight out_norm[width]\n"
#define BLOCK(range)                                                                                                   \
    "block layer(x) for i in 0..depth" range " {\n"                                                                    \
    "  weight attn_norm[width]\n weight wq[heads*head, width]\n weight bq[heads*head]\n weight wk[kv_heads*head, "     \
    "width]\n"                                                                                                         \
    "  weight wv[kv_heads*head, width]\n weight wo[width, heads*head]\n weight ffn_norm[width]\n"                      \
    "  weight w_gate[ff, width]\n weight w_up[ff, width]\n weight w_down[width, ff]\n"                                 \
    "  h = rms_norm(x, attn_norm, eps: 1e-5)\n"                                                                        \
    "  q = rope(linear(h, wq, bq), heads: heads, theta: 100)\n"                                                        \
    "  k = rope(linear(h, wk), heads: kv_heads, theta: 100)\n"                                                         \
    "  v = linear(h, wv)\n"                                                                                            \
    "  x = x + linear(attention(q, k, v, heads: heads, kv_heads: kv_heads, mask: causal), wo)\n"                       \
    "  h = rms_norm(x, ffn_norm, eps: 1e-5)\n"                                                                         \
    "  return x + linear(silu(linear(h, w_gate)) * linear(h, w_up), w_down)\n"                                         \
    "}\n"
#define HEAD                                                                                                           \
    "hidden = layer(embedding(tokens, embed))\n"                                                                       \
    "logits = linear(rms_norm(hidden, out_norm, eps: 1e-5), embed)\n"
#define TRAIN                                                                                                          \
    "train {\n loss cross_entropy(logits, targets)\n gradient reverse\n optimizer adamw(lr: 1e-2)\n clip 0.5\n}\n"

const struct model_case model_cases[] = {
    {"lora of rank 8 on all seven", DIMS("") BLOCK("") HEAD
     "adapt layer.{wq, wk, wv, wo, w_gate, w_up, w_down} with lora(rank: 8, alpha: 16)\n" TRAIN},
    {"lora of rank 1", DIMS("") BLOCK("") HEAD "adapt layer.{wq, wv} with lora(rank: 1, alpha: 3)\n" TRAIN},
    {"the last layers only",
     DIMS("") BLOCK("") HEAD "adapt layer[1..3].{wq, w_down} with lora(rank: 2, alpha: 3)\n" TRAIN},
    {"a middle layer, another weight in the last", DIMS("") BLOCK("") HEAD
     "adapt layer[1..2].wk with lora(rank: 2, alpha: 3)\nadapt layer[2..3].wv with lora(rank: 3, alpha: 3)\n" TRAIN},
    {"every layer twice", DIMS("") BLOCK(" each 2") HEAD "adapt layer.{wq, w_up} with lora(rank: 2, alpha: 3)\n" TRAIN},
    {"the last layers only, their last matrix",
     DIMS("") BLOCK("") HEAD "adapt layer[1..3].w_down with lora(rank: 2, alpha: 3)\n" TRAIN},
    {"every layer three times",
     DIMS("") BLOCK(" each 3") HEAD "adapt layer.{wk, w_gate} with lora(rank: 2, alpha: 3)\n" TRAIN},
    {"the last layers only, every one twice",
     DIMS("") BLOCK(" each 2") HEAD "adapt layer[1..3].{wv, w_down} with lora(rank: 2, alpha: 3)\n" TRAIN},
    {"other weights in other layers, every one twice", DIMS("") BLOCK(" each 2") HEAD
     "adapt layer[1..2].{wq, bq} with full\nadapt layer[2..3].{wo, w_up} with lora(rank: 2, alpha: 3)\n" TRAIN},
    {"the second layer only, three times, and the norm behind all", DIMS("") BLOCK(" each 3") HEAD
     "adapt layer[1..2].wo with lora(rank: 2, alpha: 3)\nadapt out_norm with full\n" TRAIN},
    {"everything itself, tied head", DIMS("") BLOCK("") HEAD "adapt * with full\n" TRAIN},
    {"everything itself, every layer twice", DIMS("") BLOCK(" each 2") HEAD "adapt * with full\n" TRAIN},
    {"biases and norms",
     DIMS("") BLOCK("") HEAD "adapt layer.{bq, attn_norm} with full\nadapt out_norm with full\n" TRAIN},
    {"lora and full in different layers", DIMS("") BLOCK("") HEAD
     "adapt layer[0..1].wo with full\nadapt layer[2..3].wo with lora(rank: 2, alpha: 1)\n" TRAIN},
    {"adapted weights that reach linear under other names",
     DIMS("") "block apply(x, matrix) {\n return tanh(linear(x, matrix))\n}\n"
              "block layer(x) for i in 0..depth {\n weight w[width, width]\n weight u[width, width]\n own = u\n"
              "  return x + apply(x, w) + linear(x, own)\n}\n" HEAD
              "adapt layer.{w, u} with lora(rank: 2, alpha: 3)\n" TRAIN},
    {"ia3 on outputs, a bias with them, and on inputs", DIMS("") BLOCK("") HEAD
     "adapt layer.{wq, wk, wv, w_gate} with ia3\nadapt layer.{wo, w_down} with ia3(scale: inputs)\n" TRAIN},
    {"ia3 in the last layers, every one twice, lora and full beside it", DIMS("") BLOCK(" each 2") HEAD
     "adapt layer[1..3].{wk, w_up} with ia3\nadapt layer[1..2].w_down with ia3(scale: inputs)\n"
     "adapt layer[2..3].wo with lora(rank: 2, alpha: 3)\nadapt layer[2..3].bq with full\n" TRAIN},
    {"scalars, other activations, an index in an attribute, a value used in every layer",
     DIMS("") "weight shift[width]\nweight gain[width]\nweight w_in[width, width]\n"
              "block plain(x) {\n weight w[width, width]\n return gelu(linear(x, w)) * 0.5 - 1\n}\n"
              "block layer(x, context) for i in 0..depth {\n weight w[width, width]\n weight u[width, width]\n"
              "  y = tanh(linear(x, w)) * gain + gelu_tanh(linear(context, u)) * (i + 1)\n"
              "  return x - relu(y) / 3 + context * shift\n}\n"
              "start = embedding(tokens, embed)\ncontext = linear(start, w_in)\n"
              "hidden = layer(plain(start), context)\nlogits = linear(rms_norm(hidden, out_norm, offset: 1), embed) * "
              "2\n"
              "adapt * with full\n" TRAIN},
    {"softcap, window, no bias, no ignored target left out of a head of its own",
     DIMS("") "weight out[vocab, width]\n"
              "block layer(x) for i in 0..depth {\n weight wq[heads*head, width]\n weight wk[kv_heads*head, width]\n"
              " weight wo[width, heads*head]\n k = linear(x, wk)\n"
              " return x + linear(attention(linear(x, wq), k, k, heads: heads, kv_heads: kv_heads, mask: causal, "
              "window: i % 2 == 0 ? 2 : 0,"
              " softcap: 1.5, scale: 0.7), wo)\n}\n"
              "hidden = layer(embedding(tokens, embed))\nlogits = linear(rms_norm(hidden, out_norm), out)\n"
              "adapt layer.{wq, wk, wo} with lora(rank: 2, alpha: 2)\nadapt out with lora(rank: 3, alpha: 2)\n" TRAIN},
    {"attributes by layer: a norm's eps, a factor",
     DIMS("") "block layer(x) for i in 0..depth {\n weight norm[width]\n weight w[width, width]\n"
              "  return x + linear(rms_norm(x, norm, eps: i == 1 ? 0.5 : 1e-5), w) * (i + 1)\n}\n"
              "hidden = layer(embedding(tokens, embed))\nlogits = linear(rms_norm(hidden, out_norm), embed)\n"
              "adapt layer.* with full\n" TRAIN},
    {"what goes into the layers is read in every one of them, the first is frozen",
     DIMS("") "block layer(x, e) for i in 0..depth {\n weight w[width, width]\n weight u[width, width]\n"
              "  return x * 0.5 + linear(silu(linear(x, w) + e) * e, u)\n}\n"
              "block after(x, e) for i in 0..depth {\n weight w[width, width]\n return x - gelu(linear(x * e, w))\n}\n"
              "e = embedding(tokens, embed)\nx = layer(e, e)\n"
              "logits = linear(rms_norm(after(x + e, x), out_norm), embed)\n"
              "adapt layer[1..3].{w, u}, after[2..3].w with lora(rank: 2, alpha: 2)\n" TRAIN},
};

const size_t n_model_cases = sizeof model_cases / sizeof model_cases[0];
