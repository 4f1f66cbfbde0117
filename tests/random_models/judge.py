"""Judges of one model. Every plan, thread count, kernel set and compiler gives the bits of the plain one. The gradient is
PyTorch's in double precision, and that of finite differences in double. Rewrites that mean the same give the same.

`judge(text, seed)` answers None, or a fault: a word for its kind and what was seen. A model that lorac refuses with a
diagnostic, or whose numbers are not finite, is no fault; it is `Unfit`.
"""
import collections
import json
import os
import pathlib
import random
import re
import subprocess
import tempfile
import threading

import rewrite
import source
import tensors

ROOT = pathlib.Path(__file__).resolve().parents[2]
LORAC = os.environ.get("LORAC", str(ROOT / "build/lorac"))
MODEL_CHECK = os.environ.get("MODEL_CHECK", str(ROOT / "build/tests/model_check"))
CC = os.environ.get("CC", "cc").split()
SECONDS = 300  # of one command, on a machine that others use too
INSANE = 3  # what model_check exits with where no scale of the weights makes the numbers sane
NO_SUCH_KERNELS = 4  # what drive.c exits with
KERNEL_SETS = ["reference", "avx2", "avx512", "neon"]  # the portable one may round products apart
SCALES = [0.7, 0.35, 0.15]  # of weights, tried until the numbers are sane
REWRITTEN = 1e-3  # relative error between programs that mean the same but add in another order
judged = collections.Counter()  # how often each judge has spoken


class Unfit(Exception):
    """The model is none to judge by."""


class Fault(Exception):
    """args: a word for the kind, and what was seen."""


def run(*command, seconds=SECONDS, **more):
    try:
        return subprocess.run([str(c) for c in command], capture_output=True, text=True, errors="replace", timeout=seconds, **more)
    except subprocess.TimeoutExpired:
        raise Fault("time", f"over {seconds} s: {' '.join(str(c) for c in command)}")


def words_of(option):
    return run(LORAC, option).stdout.split()


class Torch:
    """PyTorch in a process of its own, one for each thread that asks. `python` is None where nobody has PyTorch."""

    python, local = None, threading.local()

    @classmethod
    def find(cls):
        for python in ("python3", "/usr/bin/python3", ROOT / "build/venv/bin/python"):
            try:
                if subprocess.run([python, "-c", "import torch"], capture_output=True).returncode == 0:
                    cls.python = python
                    return
            except OSError:
                pass

    @classmethod
    def answer(cls, *paths):
        if not hasattr(cls.local, "process"):
            cls.local.process = subprocess.Popen([cls.python, "-B", ROOT / "tests/random_models/torch_model.py"], text=True,
                                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        cls.local.process.stdin.write(" ".join(str(p) for p in paths) + "\n")
        cls.local.process.stdin.flush()
        return cls.local.process.stdout.readline().strip()


class Bench:
    """A folder with the model in it, and the objects that drive all programs. They are compiled once, since their own
    arithmetic must be the same with every compiler."""

    flags, libraries, shared = [], [], None

    def __init__(self, text):
        self.home = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.home.name)
        self.model = self.folder / "model.lora"
        self.model.write_text(text)

    @classmethod
    def begin(cls):
        cls.flags, cls.libraries, cls.shared = words_of("--cflags"), words_of("--libs"), tempfile.TemporaryDirectory()
        cls.drive, cls.probe = (cls.driver(path) for path in ("tests/run/drive.c", "tests/random_models/probe.c"))
        clang = ROOT / "build/clang/liblrt.a"  # the runtime as another compiler builds it
        cls.by_clang = [str(clang) if word.endswith("liblrt.a") else word for word in cls.libraries] if clang.exists() else None
        Torch.find()

    @classmethod
    def driver(cls, path):
        made = pathlib.Path(cls.shared.name) / pathlib.Path(path).with_suffix(".o").name
        run(*CC, *cls.flags, "-O1", "-ffp-contract=off", "-DINTERFACE=model_interface", "-c", ROOT / path, "-o", made).check_returncode()
        return made

    def lorac(self, *options):
        answer = run(LORAC, self.model, *options)
        if answer.returncode in (1, 3) and re.search(r"error: .*\[E\d+\]", answer.stderr):
            return answer
        if answer.returncode:
            raise Fault("compiler", f"lorac {' '.join(options)}: exit {answer.returncode}: {answer.stderr.strip()[-300:]}")
        return answer

    def program(self, name, options, compiler=CC, flags=("-O0",), driver=None, libraries=None):
        """The program's path; None where lorac refuses the options with a diagnostic."""
        text, program = self.folder / f"{name}.c", self.folder / name
        if self.lorac("--prefix", "model", "-o", str(text), *options).returncode:
            return None
        command = [*compiler, *Bench.flags, *flags, "-w", text, driver or Bench.drive]
        answer = run(*command, *(libraries or Bench.libraries), "-o", program)
        if answer.returncode:
            raise Fault("C", f"{' '.join(options)}: {answer.stderr.strip()[-300:]}")
        return program

    def bits(self, program, *options):
        answer = run(program, "--steps", 2, *options)
        if answer.returncode:
            raise Fault("run", f"{program.name} {' '.join(options)}: exit {answer.returncode}: {(answer.stdout + answer.stderr).strip()[-300:]}")
        return answer.stdout

    def answers(self, program, records, threads):
        """What a program with the probe makes of these numbers."""
        name = program.name
        numbers, answer = self.folder / f"{name}.in", self.folder / f"{name}.out"
        tensors.write(numbers, records)
        done = run(program, numbers, answer, "--threads", threads)
        if done.returncode:
            raise Fault("run", f"{name}: exit {done.returncode}: {done.stderr.strip()[-300:]}")
        return tensors.read(answer)


def finite(bits):
    return not re.search(r"(loss|norm|eval) -?(nan|inf)", bits)


def exact_plans(r, bench):
    """(options of lorac, options of the program): all of them train with the same bits."""
    tile, slots = r.randint(1, 40), r.randint(1, 3)
    plans = [(["--gradient", "checkpoint"], []), (["--gradient", "structured"], []), (["--gradient", f"structured(tile: {tile})"], []),
             (["--gradient", f"checkpoint(slots: {slots})"], []), (["--gradient", "checkpoint(forwards: 2)"], []),
             (["--gradient", "structured(forwards: 3)"], []), (["--gradient", "checkpoint", "--page", "on"], []),
             (["--gradient", "structured", "--arena", "poisoned"], []), (["--gradient", "reverse", "--arena", "separate"], []),
             (["--gradient", "structured", "--threads", "3"], ["--threads", "3", "--sliced"]),
             (["--gradient", "checkpoint", "--threads", "2"], ["--threads", "2"]), ("budget", [])]
    plans = r.sample(plans, 3)
    return [(budget_options(r, bench) if options == "budget" else options, run_options) for options, run_options in plans]


def budget_options(r, bench):
    report = bench.folder / "curve.json"
    bench.lorac("--gradient", "auto", "--pareto", "--report", str(report))
    points = json.loads(report.read_text())["pareto"] if report.exists() else []
    if not points:
        return ["--gradient", "auto"]
    return ["--gradient", "auto", "--memory", str(r.choice(points)["bytes"] + r.randint(0, 99))]


def same(base, bits, what):
    if bits != base:
        differing = [f"{a} | {b}" for a, b in zip(base.splitlines(), bits.splitlines()) if a != b]
        raise Fault("bits", f"{what}: {differing[0] if differing else 'another number of lines'}")


def judge_exact(r, bench):
    base = bench.program("base", ["--gradient", "reverse"])
    if not base:
        raise Unfit("refused")
    bits = bench.bits(base)
    if not finite(bits):
        raise Unfit("not finite")
    for n, (options, run_options) in enumerate(exact_plans(r, bench)):
        program = bench.program(f"plan{n}", options)
        if program:
            same(bits, bench.bits(program, *run_options), " ".join(options + run_options))
    if r.random() < 0.3:
        fused = bench.program("fused", ["--gradient", r.choice(["reverse", "checkpoint", "structured"]), "--update", "fused"])
        if fused:
            same(bench.bits(base, "--trained", "--micro-batches", 1), bench.bits(fused, "--trained", "--micro-batches", 1), "update fused")
    if r.random() < 0.15:
        judge_compilers(r, bench, bits)
    if r.random() < 0.3:
        judge_kernel_sets(r, bench, base, bits)


def judge_compilers(r, bench, bits):
    flags = r.choice([("-O2",), ("-O3", "-march=native"), ("-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined")])
    compiler, libraries = CC, None
    if Bench.by_clang and r.random() < 0.5:
        compiler, libraries, flags = ["clang"], Bench.by_clang, flags[:1]
    program = bench.program("flags", ["--gradient", "structured"], compiler, flags, libraries=libraries)
    same(bits, bench.bits(program), " ".join([*compiler, *flags]))


def judge_kernel_sets(r, bench, program, bits):
    for name in r.sample(KERNEL_SETS, 2):
        if run(program, "--kernels", name, "--steps", 0).returncode != NO_SUCH_KERNELS:
            judged[f"kernels {name}"] += 1
            same(bits, bench.bits(program, "--kernels", name), f"kernels {name}")


def judge_estimates(r, bench):
    """A method that estimates gives the same bits in tiles and on threads."""
    method = r.choice(["zeroth", "forward", "forward(tangents: 2)"])
    base = bench.program("estimate", ["--gradient", method])
    if not base:
        return
    bits = bench.bits(base)
    inside = method[method.find("(") + 1:-1] + ", " if "(" in method else ""
    tiled = bench.program("tiled", ["--gradient", f"{method.split('(')[0]}({inside}tile: {r.randint(1, 30)})", "--threads", "2"])
    if tiled:
        same(bits, bench.bits(tiled, "--threads", 2), f"{method} in tiles on two threads")


def judge_in_double(bench):
    if "relu(" in bench.model.read_text():
        return  # its kinks are no place for differences
    answer = run(MODEL_CHECK, bench.model)
    if answer.returncode == INSANE:
        judged["differences: unfit"] += 1
        return
    judged["differences: good"] += 1
    if answer.returncode:
        raise Fault("double", answer.stderr.strip()[-300:])


def sane_numbers(bench, program, model, seed, threads):
    """Numbers that float32 can judge the model by, and the program's answer; what PyTorch says of it."""
    for scale in SCALES:
        records = tensors.make(model, seed, scale)
        answer = bench.answers(program, records, threads)
        if not Torch.python:
            return records, answer, "good"
        verdict = Torch.answer(bench.model, bench.folder / f"{program.name}.in", bench.folder / f"{program.name}.out")
        if not verdict.startswith("unfit"):
            break
    return records, answer, verdict


def judge_numbers(r, bench, seed):
    """The gradient of some plan is PyTorch's, and that of rewrites which mean the same."""
    text = bench.model.read_text()
    options = ["--gradient", r.choice(["reverse", "checkpoint", "structured", f"structured(tile: {r.randint(1, 40)})"])]
    threads = r.randint(1, 3)
    program = bench.program("numbers", options + ["--threads", str(threads)], driver=Bench.probe)
    if not program:
        return
    records, answer, verdict = sane_numbers(bench, program, source.Model(text), seed, threads)
    if Torch.python:
        judged["PyTorch: " + verdict.split()[0]] += 1
    if verdict.startswith("unfit"):
        return
    if verdict != "good":
        raise Fault("PyTorch", f"{' '.join(options)}: {verdict}")
    for name, exact, rewritten, numbers in rewrite.rewrites(r, text, records):
        judge_rewrite(bench, answer, name, exact, rewritten, numbers)


def judge_rewrite(bench, answer, name, exact, rewritten, numbers):
    text = bench.model.read_text()
    bench.model.write_text(rewritten)
    try:
        program = bench.program("rewritten", ["--gradient", "checkpoint"], driver=Bench.probe)
        if not program:
            raise Fault("rewrite", f"{name}: refused\n{rewritten}")
        other = bench.answers(program, numbers, 1)
    finally:
        bench.model.write_text(text)
    judged[name] += 1
    whole = sum(length(numbers) for numbers in answer.values())
    for key in answer.keys() & other.keys():
        if answer[key] == other[key]:
            continue
        far = length([a - b for a, b in zip(answer[key], other[key])])
        if exact or far > REWRITTEN * max(length(answer[key]), 1e-2 * whole):
            raise Fault("rewrite", f"{name}: {key[0]} of layer {key[1]} is {far:.3g} away, of {length(answer[key]):.3g}\n{rewritten}")


def length(numbers):
    return sum(x * x for x in numbers) ** 0.5


def judge(text, seed):
    r = random.Random(seed)
    bench = Bench(text)
    try:
        judge_exact(r, bench)
        if r.random() < 0.3:
            judge_estimates(r, bench)
        if r.random() < 0.4:
            judge_in_double(bench)
        if r.random() < 0.6:
            judge_numbers(r, bench, seed)
    except Fault as fault:
        return fault.args
    finally:
        bench.home.cleanup()
    return None
