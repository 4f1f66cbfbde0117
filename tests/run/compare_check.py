"""Holds the table and the report of --compare against single compilations:
compare_check.py LORAC TABLE COMPARED.json MODEL OPTIONS..."""
import json
import re
import subprocess
import sys
import tempfile

lorac, table, compared, *command = sys.argv[1:]
lines = [line for line in open(table)]
head = next(line for line in lines if line.startswith("  gradient")).split()
unit = 1024 if "pools in KiB" in lines[0] else 1 << 20
report = json.load(open(compared))
assert len(report["alternatives"]) >= 4
for row in report["alternatives"]:
    name, page, fused, optimizer = re.fullmatch(r"(.*?)(, page on)?(, update fused)?(, optimizer sgd)?(?:, as asked for)?", row["name"]).groups()
    line = next(line for line in lines if line[2:].startswith(row["name"] + " "))
    if "refused" in row:
        assert row["refused"] in line
        continue
    with tempfile.NamedTemporaryFile(suffix=".json") as single:
        asked = [] if "as asked for" in row["name"] else ["--gradient", name]
        words = [lorac, *command, *asked, *(["--page", "on"] if page else []), *(["--update", "fused"] if fused else [])]
        words += ["--optimizer", "sgd"] if optimizer else []
        words = [w for i, w in enumerate(words) if words[i - 1] != "--memory" and w != "--memory"] if not row["fits"] else words
        subprocess.run(words + ["--check", f"--report={single.name}", "--methods", "reverse"], check=True)
        alone = json.load(open(single.name))
    if row["fits"]:
        assert row["pools"] == alone["pools"] and row["ms"] == alone["estimate"]["ms"], (row, alone["pools"])
        assert row["flops"] == alone["estimate"]["flops"]
    assert row["chosen"] == line.startswith("*") and row["fits"] == ("over the budget" not in line)
    printed = dict(zip(head[1:], line[2 + len(row["name"]):].split()))
    for pool, size in row["pools"].items():
        if pool != "weights":
            assert abs(float(printed.get(pool, "0")) - size / unit) <= 0.0051, (pool, printed, size)
    total = sum(size for pool, size in row["pools"].items() if pool not in ("weights", "file"))
    assert abs(float(printed["sum"]) - total / unit) <= 0.0051
    assert abs(float(printed["GFLOP"]) - row["flops"] / 1e9) <= 0.051
    assert abs(float(printed["forwards"]) - row["flops"] / report["estimate"]["forward_flops"]) <= 0.0051
    assert abs(float(printed["forwards"]) - row["forwards"]) <= 0.0051
