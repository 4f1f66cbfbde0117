"""Challenges a JSON report from the outside: does it follow its schema, are the lives disjoint, is the bound what the
values say, is it certified, do the holders of the peak add up to it?"""
import json
import sys

TYPES = {"object": dict, "array": list, "string": str, "integer": int, "number": (int, float), "boolean": bool, "null": type(None)}


def follows(schema, value, root, where):
    """The part of JSON Schema that compiler/report/report_schema.json uses; what it does not name is not there."""
    schema = root["$defs"][schema["$ref"].split("/")[-1]] if "$ref" in schema else schema
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    assert not kinds or any(isinstance(value, TYPES[k]) for k in kinds), f"{where}: not {kinds}"
    assert "enum" not in schema or value in schema["enum"], f"{where}: {value}"
    assert "minimum" not in schema or value >= schema["minimum"], f"{where}: {value}"
    if isinstance(value, dict):
        known, others = schema.get("properties", {}), schema.get("additionalProperties")
        assert not set(schema.get("required", [])) - set(value), f"{where}: without {set(schema['required']) - set(value)}"
        for name in value:
            assert not known or name in known or others, f"{where}: {name} is not in the schema"
            if name in known or isinstance(others, dict):
                follows(known.get(name, others), value[name], root, f"{where}.{name}")
    if isinstance(value, list) and "items" in schema:
        for i, item in enumerate(value):
            follows(schema["items"], item, root, f"{where}[{i}]")


report = json.load(open(sys.argv[1]))
schema = json.load(open("compiler/report/report_schema.json"))
follows(schema, report, schema, "report")
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
holders, floor = report["peak"]["holders"], report["family_floor"]
assert sum(h["bytes"] for h in holders) == bound["bytes"] and sum(h["count"] for h in holders) == len(certificate)
assert [h["bytes"] for h in holders] == sorted((h["bytes"] for h in holders), reverse=True)
assert sum(a["chosen"] for a in report["alternatives"]) == 1
for a in report["alternatives"]:
    assert floor <= a["pools"]["arena"] or not a["exact"], "a plan goes below the floor"
    if a["chosen"]:
        assert (a["pools"], a["flops"], a["ms"]) == (report["pools"], report["estimate"]["flops"], report["estimate"]["ms"]), a
assert abs(sum(n["flops"] for n in report["nodes"]) - report["estimate"]["flops"]) <= 1e-9 * report["estimate"]["flops"]
