"""Writes the weights of models/stream.lora as a folder of two safetensors, cut in the middle of a layer, and a token file:
stream_weights.py FOLDER makes FOLDER/shards and FOLDER/d.tok."""
import json
import os
import struct
import sys

width, ff, vocab, depth = 384, 1536, 700, 12
shapes = {"model.embed_tokens.weight": [vocab, width], "model.norm.weight": [width], "lm_head.weight": [vocab, width]}
for i in range(depth):
    layer = {"input_layernorm": [width], "post_attention_layernorm": [width], "mlp.gate_proj": [ff, width], "mlp.up_proj": [ff, width],
             "mlp.down_proj": [width, ff], **{f"self_attn.{p}_proj": [width, width] for p in "qkvo"}}
    shapes.update({f"model.layers.{i}.{name}.weight": shape for name, shape in layer.items()})
exponents = bytes(0x3d if b % 2 else 0xbd for b in range(256))
def bf16(shape):  # norms are 1, matrices +-(0.03..0.12)
    n = shape[0] * (shape[1] if len(shape) > 1 else 1)
    if len(shape) == 1: return struct.pack("<H", 0x3f80) * n
    low, data = os.urandom(n), bytearray(2 * n)
    data[0::2], data[1::2] = low, low.translate(exponents)
    return bytes(data)
os.mkdir(sys.argv[1] + "/shards")
names, where = list(shapes), {}
for s, part in enumerate((names[:50], names[50:])):
    file, header, at, blobs = f"model-{s + 1:05}-of-00002.safetensors", {}, 0, []
    for name in part:
        blobs.append(bf16(shapes[name]))
        header[name] = {"dtype": "BF16", "shape": shapes[name], "data_offsets": [at, at + len(blobs[-1])]}
        at += len(blobs[-1])
        where[name] = file
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    open(f"{sys.argv[1]}/shards/{file}", "wb").write(struct.pack("<Q", len(text)) + text + b"".join(blobs))
json.dump({"weight_map": where}, open(sys.argv[1] + "/shards/model.safetensors.index.json", "w"))
open(sys.argv[1] + "/d.tok", "wb").write(struct.pack("<193i", *[(i * i * 7 + 3 * i) % vocab for i in range(193)]))
