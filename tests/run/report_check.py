"""Challenges a JSON report from the outside: are the lives disjoint, is the bound what the values say, is it certified?"""
import json
import sys

report = json.load(open(sys.argv[1]))
values, bound = report["values"], report["bound"]
events = []
for v in values:
    assert v["birth"] < v["death"] <= report["steps"], v
    assert v["offset"] % 64 == 0 and v["bytes"] % 64 == 0 and 0 <= v["offset"], v
    assert v["offset"] + v["bytes"] <= report["peak"]["bytes"] == report["pools"]["arena"], v
    if v["in_place_of"] is not None:
        assert values[v["in_place_of"]]["offset"] == v["offset"], v
    events += [(v["birth"], 1, v), (v["death"], 0, v)]
live, most, alive = 0, 0, []
for step, begins, v in sorted(events, key=lambda e: e[:2]):
    if not begins:
        live -= v["bytes"]
        alive.remove(v)
        continue
    for w in alive:
        assert v["offset"] + v["bytes"] <= w["offset"] or w["offset"] + w["bytes"] <= v["offset"], (v, w)
    alive.append(v)
    live += v["bytes"]
    most = max(most, live)
certificate = [values[i] for i in bound["certificate"]["values"]]
step = bound["certificate"]["step"]
assert most == bound["bytes"], (most, bound["bytes"])
assert sum(v["bytes"] for v in certificate) == bound["bytes"]
assert all(v["birth"] <= step < v["death"] for v in certificate)
assert report["peak"]["bytes"] == bound["bytes"], "the arena is larger than the bound"
assert abs(sum(n["flops"] for n in report["nodes"]) - report["estimate"]["flops"]) <= 1e-9 * report["estimate"]["flops"]
