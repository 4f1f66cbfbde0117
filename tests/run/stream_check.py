"""Holds what the kernel counts of the weights against the plan: all of them without --stream-weights; with it the code, two
layers and the output matrix. stream_check.py PLAIN.log STREAMED.log WEIGHTS"""
import json
import os
import sys

def most(log): return max(json.loads(line)["rss_file"] for line in open(log))
plain, streamed = most(sys.argv[1]), most(sys.argv[2])
files = [os.path.join(sys.argv[3], f) for f in os.listdir(sys.argv[3])] if os.path.isdir(sys.argv[3]) else [sys.argv[3]]
weights = sum(os.path.getsize(f) for f in files)
layer_numbers, head_numbers, layers = 4 * 384 * 384 + 3 * 384 * 1536, 700 * 384, 12
layer, head = (weights * n // (layers * layer_numbers + 2 * head_numbers) for n in (layer_numbers, head_numbers))
code = max(plain - weights + head, 0) # of the embedding only rows are read
print(f"{plain >> 10} KiB, then {streamed >> 10}: code {code >> 10}, a layer {layer >> 10}, all {weights >> 10}")
assert plain > 0.9 * weights and streamed <= code + 2 * layer + head + (1 << 20)
