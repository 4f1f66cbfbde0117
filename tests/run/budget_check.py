"""Holds a curve of --pareto against what a curve is, and prints its least and its largest budget and COUNT random ones between
and around them: budget_check.py CURVE.json COUNT."""
import json
import random
import sys

curve = json.load(open(sys.argv[1]))["pareto"]
assert curve and all(p["bytes"] > q["bytes"] and p["ms"] <= q["ms"] for p, q in zip(curve, curve[1:])), "the curve"
random.seed(len(curve))
least, most = curve[-1]["bytes"], curve[0]["bytes"]
print(least, most, *sorted(random.randint(least - (most - least) // 9, most + most // 9) for _ in range(int(sys.argv[2]))))
