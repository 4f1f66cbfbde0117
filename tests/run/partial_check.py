"""Holds two plans that have the same adapted layers, DEPTH of EACH runs, behind FEW and behind MANY others, against each other:
partial_check.py FOLDER FEW MANY DEPTH EACH. No backward loop goes below the first adapted layer."""
import json
import re
import sys

work, few, many, depth, each = sys.argv[1], *map(int, sys.argv[2:])
kept = depth * each  # runs of adapted layers
reports = [json.load(open(f"{work}/{name}.json")) for name in ("few", "many")]
for report, first, name in zip(reports, (few, many), ("few", "many")):
    step = open(f"{work}/{name}.schedule").read()
    step = step[step.index("graph step"):].split("\ngraph ")[0]
    ranges = [tuple(map(int, m)) for m in re.findall(r"repeat layer (\d+)\.\.(\d+) backward", step)]
    assert ranges and min(low for low, _ in ranges) == first * each, ranges
    frozen = re.findall(r"repeat layer (\d+)\.\.(\d+) with .*?\n  }", step, re.S)
    assert ("0", str(first * each)) in frozen, frozen  # one forward loop, which no cut divides
    for v in report["values"]:  # a slot for every run of an adapted layer, at most
        assert v["class"] != "saved" or v.get("slot", 0) < kept, v
    back = re.search(rf"  repeat layer {first * each}\.\.\d+ backward.*?\n  }}", step, re.S)[0].splitlines()
    for weight in ("wq", "wk", "wv"):  # nothing leads on to the layers before
        [dx] = [line for line in back if re.search(rf"linear_dx\([^,]*, {weight},", line)]
        assert dx.endswith(") if i != last"), dx
    assert not any("attention_backward" in line and "i != last" in line for line in back)
    grads = re.findall(r"param \w+\.lora_[ab].* of layer (\d+)\.\.(\d+)", step)
    assert len(grads) == 14 and set(grads) == {(str(first), str(first + depth))}, grads
a, b = reports
for pool in ("arena", "adapters", "gradients", "optimizer", "file"):
    assert a["pools"][pool] == b["pools"][pool], (pool, a["pools"][pool], b["pools"][pool])
more = [y["estimate"][x] - z["estimate"][x] for y, z in ((b, a),) for x in ("flops", "forward_flops")]
assert more[1] > 0 and more[1] * 0.999999 <= more[0] <= more[1] * 1.001, more  # each level of a tiled layer makes its own norm
