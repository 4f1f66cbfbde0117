"""Writes the tokens of stories260K_golden.json as a file, and prints the mean loss that each file of weights must give:
golden_losses.py GOLDEN.json TOKENS"""
import json
import struct
import sys

golden = json.load(open(sys.argv[1]))
ids = golden["ids_with_bos"]
open(sys.argv[2], "wb").write(struct.pack("<%di" % len(ids), *ids))
for name, loss in golden["mean_nll_same_text_other_files"].items():
    print(name.split()[0], repr(loss))
