"""Holds the report of --compare --data against a program compiled, trained and evaluated by hand:
compare_data_check.py LORAC FOLDER --seed N, FOLDER with model.lora, w.gguf, d.tok, c.json and table as tests/run/compare-data
makes them."""
import json
import os
import shlex
import struct
import subprocess
import sys

lorac, folder, _, seed = sys.argv[1:]
path = lambda name: os.path.join(folder, name)
report = json.load(open(path("c.json")))
rows, printed = report["alternatives"], report["comparison"]
seq, windows = 16, 187
held = windows // 10
assert (printed["trained_on"], printed["held_out"], printed["unit"]) == (windows - held, held, f"windows of {seq} tokens"), told
ids = struct.unpack("<3001i", open(path("d.tok"), "rb").read())
for name, first, last in ("train.tok", 0, windows - held), ("held.tok", windows - held, windows):
    part = ids[first * seq:last * seq + 1]
    open(path(name), "wb").write(struct.pack(f"<{len(part)}i", *part))

subprocess.run([lorac, path("model.lora"), "-I", "examples", "--main", "-o", path("alone.c"), "--threads", "2"], check=True)
flags = shlex.split(subprocess.run([lorac, "--cflags", "--libs"], check=True, capture_output=True, text=True).stdout)
subprocess.run([os.environ.get("CC", "cc"), "-O2", path("alone.c"), *flags, "-o", path("alone")], check=True)


def loss_after(steps, rate):
    words = [path("alone"), "--weights", path("w.gguf"), "--eval", path("held.tok"), "--quiet", "--log", path("alone.log")]
    words += ["--data", path("train.tok"), "--steps", str(steps), "--seed", seed, *(["--lr", str(rate)] if rate else [])]
    subprocess.run(words, check=True)
    return json.loads(open(path("alone.log")).readlines()[-1])["eval_loss"]


assert printed["loss_before"] == loss_after(0, None) and printed["adapter_steps"] == 10
table = open(path("table")).read()
assert f"{printed['loss_before']:.4f}" in table and f"the last {held} of {windows} windows" in table
for row, rate in zip(rows, (0.01, 0.003, 0.003)):
    trained, measured = row["measured"]["training"], row["measured"]
    assert trained["learning_rate"] == rate, trained
    assert trained["loss"] == loss_after(trained["steps"], rate), (row["name"], trained)
    assert 0.999 <= trained["seconds"] < 1.5, trained  # a sum of the rounded times of a log
    assert row["exact"] and measured["same_bits"]
    line = next(line for line in reversed(table.splitlines()) if line[2:].startswith(row["name"] + " "))
    assert f"{trained['loss']:.4f}" in line and f" {trained['steps']} " in line, line
    for pool, planned in row["pools"].items():
        if pool in ("arena", "adapters", "gradients", "optimizer", "staging"):
            assert measured["pools"][pool] <= planned + 8192, (row["name"], pool, planned, measured["pools"])
    if "fused" in row["name"]:
        assert measured["gradient"] == []
        continue
    (angle,) = measured["gradient"]
    assert angle["cosine"] == angle["norm_ratio"] == {"mean": 1, "standard_error": 0} and angle["shards"] == angle["seeds"] == 1
    assert angle["numbers"] * 4 <= row["pools"]["adapters"], angle
