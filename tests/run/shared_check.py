"""Holds what sharing costs in the reports plain, deep and shared of a folder: shared_check.py FOLDER."""
import json
import re
import sys

load = lambda name: json.load(open(f"{sys.argv[1]}/{name}.json"))
plain, deep, shared = load("plain"), load("deep"), load("shared")
assert plain["sharing"] == deep["sharing"] == []
[s] = shared["sharing"]
assert (s["block"], s["instances"], s["runs"]) == ("layer", 30, 2)
for pool in ("weights", "adapters", "gradients", "optimizer"):
    assert shared["pools"][pool] == plain["pools"][pool] < deep["pools"][pool], pool
for pool in ("weights", "adapters"):
    assert s[pool + "_unshared"] - s[pool] == deep["pools"][pool] - plain["pools"][pool], pool
words = f"each of the 30 instances of layer runs 2 times; their weights take {s['weights']} bytes, without sharing {s['weights_unshared']};"
text, page = (open(f"{sys.argv[1]}/shared.{kind}").read() for kind in ("txt", "html"))
assert words in text and "sharing:" not in open(f"{sys.argv[1]}/plain.txt").read()
assert json.loads(re.search(r'id="plan">(.*?)</script>', page, re.S)[1])["sharing"] == shared["sharing"] and 'id="sharing"' in page
