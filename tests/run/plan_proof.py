"""Proves a memory plan again, from its JSON report and what compiler/report/report_schema.json says of it, nothing else.

    plan_proof.py REPORT.json ...       a line for each; exit 1 when one is refused

A plan is a set of rectangles, time across and place upwards, and a program that reads and writes them. It is good when
every rectangle is inside the arena, no two of them overlap, the program never reads what was not written or is not
there any more, and the sizes that the report tells of (peak, bound, certificate) are those of the rectangles.
"""
import bisect
import json
import sys

ALIGNMENT = 64
ELEMENT_BYTES = {"f32": 4, "f64": 8, "i32": 4}
PASSES_ON = ("loop", "end", "snapshot")  # nodes that copy or rename values; all others are ops


class Refused(Exception):
    """What is wrong with a plan."""


def demand(truth, *words):
    if not truth:
        raise Refused(" ".join(str(w) for w in words))


def name(plan, i):
    v = plan["values"][i]
    return f"value {i} ({v['name']}, id {v['id']}, [{v['birth']}, {v['death']}) at {v['offset']})"


# ---- the rectangles ----
def check_value(plan, i):
    """Inside the arena, aligned, with a life, and with room for its elements."""
    v = plan["values"][i]
    needed = ELEMENT_BYTES[v["dtype"]]
    for dim in v["shape"]:
        needed *= dim
    taken = v["birth"] == v["death"] and any(w["in_place_of"] == i for w in plan["values"][i:])
    demand(0 <= v["birth"] < v["death"] + taken <= plan["steps"] + taken, name(plan, i), "has no life in", plan["steps"], "steps")
    demand(v["offset"] % ALIGNMENT == 0 and v["bytes"] % ALIGNMENT == 0, name(plan, i), "is not aligned")
    demand(0 <= v["offset"] and v["offset"] + v["bytes"] <= plan["peak"]["bytes"], name(plan, i), "leaves the arena")
    demand(0 < needed <= v["bytes"], name(plan, i), "has no room for", needed, "bytes")


def check_place_taken(plan, i):
    """A value that is made in place of another one stands where that stood, and ends its life."""
    other = plan["values"][i]["in_place_of"]
    if other is None:
        return
    demand(0 <= other < len(plan["values"]) and other != i, name(plan, i), "takes the place of no value")
    v, w = plan["values"][i], plan["values"][other]
    demand(v["offset"] == w["offset"], name(plan, i), "does not stand where", name(plan, other), "did")
    demand(w["death"] == v["birth"], name(plan, i), "is made while", name(plan, other), "is alive, in its place")


def events(plan):
    """(step, ends before begins, index) of every life's beginning and end, in the order of time."""
    all_of_them = []
    for i, v in enumerate(plan["values"]):
        if v["birth"] < v["death"]:
            all_of_them += [(v["birth"], 1, i), (v["death"], 0, i)]
    return sorted(all_of_them)


def check_overlaps(plan):
    """No two values that are alive together share a byte: among neighbours in the order of places that is enough."""
    values, alive = plan["values"], []  # (offset, end, index), by offset
    for _, begins, i in events(plan):
        place = (values[i]["offset"], values[i]["offset"] + values[i]["bytes"], i)
        at = bisect.bisect_left(alive, place)
        if not begins:
            alive.pop(at)
            continue
        if at:
            demand(alive[at - 1][1] <= place[0], name(plan, i), "overlaps", name(plan, alive[at - 1][2]))
        if at < len(alive):
            demand(place[1] <= alive[at][0], name(plan, i), "overlaps", name(plan, alive[at][2]))
        alive.insert(at, place)


# ---- what the report says of them ----
def check_sizes(plan):
    """The arena is as high as its highest value; the bound is the most that is alive; the certificate shows it."""
    values, peak, bound = plan["values"], plan["peak"], plan["bound"]
    top = max((v["offset"] + v["bytes"] for v in values), default=0)
    demand(peak["bytes"] == top, "the peak is given as", peak["bytes"], "and is", top)
    demand(plan["pools"]["arena"] == top, "the arena is given as", plan["pools"]["arena"], "and is", top)
    live = most = 0
    for _, begins, i in events(plan):
        live += values[i]["bytes"] if begins else -values[i]["bytes"]
        most = max(most, live)
    demand(bound["bytes"] == most, "the bound is given as", bound["bytes"], "and", most, "bytes are alive at most")
    demand(peak["bytes"] >= bound["bytes"], "the arena is smaller than its bound")
    for what, printed in (("certificate", bound["certificate"]), ("peak", peak)):
        step, listed = printed["step"], printed["values"]
        there = [i for i, v in enumerate(values) if v["birth"] <= step < v["death"]]
        demand(sorted(listed) == there, "the", what, "does not list what is alive at step", step)
        total = sum(values[i]["bytes"] for i in listed)
        demand(total == bound["bytes"], "the", what, "adds up to", total, "bytes, not to", bound["bytes"])


# ---- the program ----
class Instances:
    """The newest instance of every value, by id and slot, as the steps are walked through."""

    def __init__(self, plan):
        self.newest = {}
        self.born = [[] for _ in range(plan["steps"])]
        self.heirs = {}  # of a value: the one that takes its place
        self.filled = {}  # of a value: the last step that wrote rows of it
        self.last = {"loop": -1, "end": -1}  # step at which a loop was begun, and an iteration ended
        for i, v in enumerate(plan["values"]):
            self.born[v["birth"]].append(i)
            if v["in_place_of"] is not None:
                self.heirs[v["in_place_of"]] = i

    @staticmethod
    def key(v):
        return v["id"], v.get("slot", -1)


def has_rows_left(plan, instances, step, i):
    """An heir takes the place row by row: those that this iteration of its loop reads are not filled yet."""
    does, heir = plan["graph"][plan["run"][step][0]], instances.heirs[i]
    v, w = plan["values"][i], plan["values"][heir]
    by_rows = v["id"] in does["rows"] and w["id"] in plan["graph"][plan["run"][w["birth"]][0]]["rows"]
    same = (v["shape"], v["dtype"]) == (w["shape"], w["dtype"])
    return by_rows and same and instances.last["loop"] < w["birth"] and instances.filled[heir] < instances.last["end"]


def check_read(plan, instances, step, iteration, i):
    """An instance that is read was written, is the newest one, of this iteration, and still there."""
    demand(0 <= i < len(plan["values"]), "step", step, "reads value", i, "that there is not")
    v = plan["values"][i]
    where = f"step {step} reads {name(plan, i)}:"
    demand(instances.newest.get(Instances.key(v)) == i, where, "it is not written yet, or not the newest one")
    handed = i in instances.heirs and step >= v["death"]
    there = step < v["death"] or (handed and (step == v["death"] or has_rows_left(plan, instances, step, i)))
    demand(there, where, "it is dead")
    demand("iteration" not in v or v["iteration"] == iteration, where, "it is of another iteration than", iteration)


def check_step(plan, instances, step):
    node, iteration, *reads = plan["run"][step]
    demand(0 <= node < len(plan["graph"]), "step", step, "runs node", node, "that there is not")
    does, written = plan["graph"][node], instances.born[step]
    ids = {plan["values"][i]["id"] for i in reads if 0 <= i < len(plan["values"])}
    made = {plan["values"][i]["id"] for i in written}
    demand(set(does["reads"]) <= ids, "step", step, f"({does['op']}) does not read", set(does["reads"]) - ids)
    if does["op"] in PASSES_ON:
        for i in set(reads) - set(written):  # what it has passed on before, it may read again
            check_read(plan, instances, step, iteration, i)
    else:
        filled = ids - set(does["reads"])  # rows of an instance that is there
        wanted = set(does["writes"])
        demand(made | filled == wanted, "step", step, f"({does['op']}) writes", made | filled, "and not", wanted)
        for i in reads:
            check_read(plan, instances, step, iteration, i)
        for i in written:
            own = plan["values"][i].get("iteration", iteration)
            demand(own == iteration, "step", step, "writes", name(plan, i), "in iteration", iteration)
    for i in written:
        instances.newest[Instances.key(plan["values"][i])] = i
    for i in written + reads:
        if plan["values"][i]["id"] in does["writes"]:
            instances.filled[i] = step
    if does["op"] in instances.last:
        instances.last[does["op"]] = step


def check_run(plan):
    demand(len(plan["run"]) == plan["steps"], "there are", plan["steps"], "steps and", len(plan["run"]), "are listed")
    instances = Instances(plan)
    for step in range(plan["steps"]):
        check_step(plan, instances, step)


def prove(plan):
    """Raises Refused with the first thing that is wrong."""
    for i in range(len(plan["values"])):
        check_value(plan, i)
        check_place_taken(plan, i)
    check_overlaps(plan)
    check_sizes(plan)
    check_run(plan)


def main(paths):
    refused = 0
    for path in paths:
        try:
            with open(path, encoding="utf-8") as file:
                plan = json.load(file)
            prove(plan)
            print(f"{path}: proven: {len(plan['values'])} values, {plan['steps']} steps, {plan['peak']['bytes']} bytes")
        except Refused as why:
            refused += 1
            print(f"{path}: refused: {why}")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
