"""Holds cosines and norms of a report of --compare --data, rows checkpoint and METHOD, against gradients dumped by programs
compiled and run by hand: compare_estimates_check.py LORAC FOLDER METHOD --seed N; FOLDER as tests/run/compare-data makes it."""
import json
import math
import os
import shlex
import struct
import subprocess
import sys

lorac, folder, method, _, seed = sys.argv[1:]
path = lambda name: os.path.join(folder, name)
report = json.load(open(path("c.json")))
exact, row = report["alternatives"]
assert exact["exact"] and not row["exact"] and "same_bits" not in row["measured"] and row["name"] == f"{method}, optimizer sgd"
assert row["pools"]["gradients"] == 0 == row["measured"]["pools"]["gradients"]
assert row["measured"]["training"]["learning_rate"] == 1e-4 and exact["measured"]["training"]["learning_rate"] == 0.01
flags = shlex.split(subprocess.run([lorac, "--cflags", "--libs"], check=True, capture_output=True, text=True).stdout)
for gradient, name in (("checkpoint", "exact"), (method, "estimate")):
    words = [lorac, path("model.lora"), "-I", "examples", "--main", "-o", path(f"{name}.c"), "--threads", "2", "--gradient", gradient]
    subprocess.run(words + (["--optimizer", "sgd"] if name == "estimate" else []), check=True)
    subprocess.run([os.environ.get("CC", "cc"), "-O2", path(f"{name}.c"), *flags, "-o", path(name)], check=True)


def run(program, steps, seed, *options):
    words = [path(program), "--weights", path("w.gguf"), "--data", path("train.tok"), "--quiet", "--steps", str(steps)]
    subprocess.run(words + ["--seed", str(seed), *options], check=True)


def gradients(program, seed, *options):
    run(program, 1, seed, "--no-shuffle", "--adapter", path("base/peft"), "--dump-grads", path("g"), *options)
    data = open(path("g"), "rb").read()
    start = 8 + struct.unpack("<q", data[:8])[0]
    header = json.loads(data[8:start])
    header.pop("__metadata__", None)
    values = {name: data[start + t["data_offsets"][0]:start + t["data_offsets"][1]] for name, t in header.items()}
    return {name: struct.unpack(f"<{len(v) // 4}f", v) for name, v in values.items()}


ids = struct.unpack("<3001i", open(path("d.tok"), "rb").read())[:report["comparison"]["trained_on"] * 16 + 1]
open(path("train.tok"), "wb").write(struct.pack(f"<{len(ids)}i", *ids))
run("exact", 10, seed, "--overwrite", "--out", path("base"))
truth = gradients("exact", seed)
shards_told = [a["shards"] for a in row["measured"]["gradient"]]
assert shards_told == ([1, 4] if method == "forward" else [1]), shards_told  # 14 pairs of tensors are no 16 shards
for angle in row["measured"]["gradient"]:
    shards, n, cosines, norms, numbers = angle["shards"], angle["seeds"], [], [], []
    assert n == report["comparison"]["seeds"] == 6
    for i in range(n):
        g = gradients("estimate", int(seed) + i, *(["--shard", f"{i % shards + 1}/{shards}"] if shards > 1 else []))
        covered = [name for name in g if any(g[name])]
        assert (len(covered) < len(g)) == (shards > 1)
        xx, yy, xy = (sum(a * b for name in covered for a, b in zip(x[name], y[name])) for x, y in ((g, g), (truth, truth), (g, truth)))
        cosines.append(xy / math.sqrt(xx * yy))
        norms.append(math.sqrt(xx / yy))
        numbers.append(sum(len(g[name]) for name in covered))
    d = sum(numbers) / n
    assert math.isclose(angle["numbers"], d), (angle, d)
    for printed, samples in (angle["cosine"], cosines), (angle["norm_ratio"], norms):
        mean = sum(samples) / n
        error = math.sqrt(sum((s - mean) ** 2 for s in samples) / (n - 1) / n)
        assert math.isclose(printed["mean"], mean, rel_tol=1e-9) and math.isclose(printed["standard_error"], error, rel_tol=1e-9), (printed, mean, error)
    expected = angle["expected_cosine"]
    assert math.isclose(expected["mean"], math.sqrt(2 / math.pi / d), rel_tol=1e-3), (expected, d)
    assert abs(angle["cosine"]["mean"] - expected["mean"]) < 5 * expected["standard_error"], angle
    norm = angle["expected_norm_ratio"]
    assert abs(angle["norm_ratio"]["mean"] - norm["mean"]) < 5 * norm["standard_error"], angle
