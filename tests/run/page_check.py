"""Holds an HTML report against the JSON report of the same plan. The page must be well-formed, have nothing to load, and
its data must be the same numbers: page_check.py plan.html plan.json"""
import html.parser
import json
import re
import sys

VOID = {"meta", "input", "br", "link", "img", "hr"}


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.ids, self.text, self.tags = [], set(), {}, []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append((tag, attributes))
        if "id" in attributes:
            assert attributes["id"] not in self.ids, f"two elements are {attributes['id']}"
            self.ids.add(attributes["id"])
        if tag not in VOID:
            self.open.append((tag, attributes.get("id")))

    def handle_endtag(self, tag):
        assert self.open and self.open[-1][0] == tag, f"</{tag}> closes {self.open[-1:]}"
        self.open.pop()

    def handle_data(self, data):
        if self.open:
            self.text[self.open[-1]] = self.text.get(self.open[-1], "") + data


source, report = open(sys.argv[1], encoding="utf-8").read(), json.load(open(sys.argv[2]))
page = Page()
page.feed(source)
page.close()
assert not page.open, f"never closed: {page.open}"
script, style, plan = page.text[("script", None)], page.text[("style", None)], json.loads(page.text[("script", "plan")])

# ---- nothing comes from outside ----
for tag, attributes in page.tags:
    assert tag not in ("link", "img", "iframe", "object", "base"), tag
    assert not {"src", "href", "srcset", "action"} & set(attributes), (tag, attributes)
for part in (script, style):
    for word in ("http:", "https:", "//cdn", "@import", "url(", "fetch(", "XMLHttpRequest", "WebSocket", "import(", "eval("):
        assert word not in part, word
used = set(re.findall(r"(?:element|svg|table)\('(\w+)'", script)) - {"beside", "differences"}  # those it makes itself
assert used <= page.ids, f"the script looks for {used - page.ids}"

# ---- the numbers ----
for name in ("version", "model", "options", "dims", "pools", "sharing", "steps", "estimate", "alternatives", "pareto"):
    assert plan[name] == report[name], name
assert plan["peak"]["bytes"] == report["peak"]["bytes"] and plan["peak"]["step"] == report["peak"]["step"]
assert plan["peak"]["holders"] == report["peak"]["holders"] and plan["peak"]["values"] == len(report["peak"]["values"])
assert plan["bound"] == report["bound"]["bytes"]
assert plan["every_output_kept"] == report.get("every_output_kept", 0) and plan["family_floor"] == report.get("family_floor", 0)

# ---- the curve: of every `width` steps the fullest, by class ----
live = {name: [0] * (report["steps"] + 1) for name in plan["classes"]}
for v in report["values"]:
    live[v["class"]][v["birth"]] += v["bytes"]
    live[v["class"]][v["death"]] -= v["bytes"]
for column in live.values():
    for s in range(report["steps"]):
        column[s + 1] += column[s]
total, width = [sum(column) for column in zip(*live.values())], plan["curve"]["width"]
assert max(total) == plan["bound"]
assert len(plan["curve"]["step"]) == -(-report["steps"] // width) <= 1000
for i, step in enumerate(plan["curve"]["step"]):
    assert total[step] == max(total[i * width : min((i + 1) * width, report["steps"])])
    assert [column[i] for column in plan["curve"]["bytes"]] == [live[name][step] for name in plan["classes"]]

# ---- the boxes: every value in one, at its place, and alone there ----
boxes, birth = plan["boxes"], 0
kinds, slots, counts = boxes["kinds"], boxes["slots"], boxes["counts"]
slot_of, count_of = dict(zip(slots[::2], slots[1::2])), dict(zip(counts[::2], counts[1::2]))
assert bool(counts) == boxes["folded"] and len(report["values"]) == sum(count_of.get(i, 1) for i in range(len(boxes["kind"])))
by_place = {}
for i, kind in enumerate(boxes["kind"]):
    birth += boxes["born_after_last"][i]
    k = kinds[kind]
    key = (k["name"], k["class"], k["source"], k["dtype"], tuple(k["shape"]), k["bytes"], boxes["place"][i] * boxes["unit"], slot_of.get(i))
    by_place.setdefault(key, []).append([birth, birth + boxes["life"][i], count_of.get(i, 1)])
for v in report["values"]:
    key = (v["name"], v["class"], v["source"], v["dtype"], tuple(v["shape"]), v["bytes"], v["offset"], v.get("slot"))
    around = [b for b in by_place[key] if b[0] <= v["birth"] and v["death"] <= b[1] and b[2] > 0]
    assert around, f"no box is around {v}"
    around[0][2] -= 1
low, high = plan["loupe"]
assert 0 <= low <= plan["peak"]["step"] < high <= plan["steps"]
names = [p["name"] for p in plan["phases"]]
assert [p["from"] for p in plan["phases"]] == sorted(p["from"] for p in plan["phases"]) and len(names) == len(set(names)), names
