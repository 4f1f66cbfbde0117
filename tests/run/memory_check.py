"""Holds the memory that a process took against the plan: memory_check.py PLAN.json LOG"""
import json
import sys

pools = json.load(open(sys.argv[1]))["pools"]
planned = sum(v for k, v in pools.items() if k not in ("weights", "file"))
measured = max(json.loads(l)["rss_anon"] for l in open(sys.argv[2]))
print("planned", planned, "measured", measured)
assert planned > 20 << 20 and planned * 0.98 <= measured <= planned * 1.02 + (1 << 20)
