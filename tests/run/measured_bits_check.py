"""Holds a report of --compare --measure: exact rows have the same bits, and all the memory that was planned.
measured_bits_check.py REPORT.json"""
import json
import sys

rows = json.load(open(sys.argv[1]))["alternatives"]
assert len(rows) >= 5 and all((not r["exact"] or r["measured"]["same_bits"]) and r["measured"]["ms"] > 0 for r in rows), rows
for r in rows:
    planned = sum(n for pool, n in r["pools"].items() if pool not in ("weights", "file"))
    assert planned * 0.85 < r["measured"]["rss_anon"] < planned * 1.02 + 2**20, (r, planned)
