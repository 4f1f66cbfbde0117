"""Holds the memory that the process took against the plan, and against what the trainer says: measured_check.py PLAN.json
LOG TOLD. It must not grow with the steps."""
import json
import re
import sys

report, log, printed = sys.argv[1:4]
pools = json.load(open(report))["pools"]
planned = sum(v for k, v in pools.items() if k not in ("weights", "file"))
steps = [json.loads(line) for line in open(log)]
measured = max(s["rss_anon"] for s in steps)
line = re.search(r"together ([0-9.]+)/([0-9.]+); process ([0-9.]+), of which outside the plan: heap ([0-9.]+), data of program and "
                 r"libraries ([0-9.]+), stacks and threads ([0-9.]+); weights' file ([0-9.]+), resident of it, of the program and of libraries ([0-9.]+); at one time at most ([0-9.]+)", open(printed).read())
assert line, "the trainer does not tell"
together, held, process, heap, data, rest, _, file, most = (float(x) for x in line.groups())
print(f"planned {planned}, measured {measured}, outside {heap} + {data} + {rest} MiB")
assert planned > 2 << 20, "too small to tell"
assert abs(measured - planned) <= max(0.02 * planned, 512 << 10), "not what was planned"
assert abs(together - planned / 2**20) <= 0.1 and held <= together + 0.05 and abs(process - measured / 2**20) <= 0.05, "told otherwise"
assert abs(held + heap + data + rest - process) <= 0.3, "the parts are not the whole"
assert most <= process + file + 0.3, "more at one time than there ever was"
for kind in "rss_anon", "rss_file":  # the kernel's counters lag behind by some pages
    assert steps[-1][kind] <= steps[1][kind] + (256 << 10), f"{kind} grows: {[s[kind] for s in steps]}"
