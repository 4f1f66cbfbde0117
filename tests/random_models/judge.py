"""Judges of one model: every plan, thread count and compiler gives the bits of the plain one, and the gradient is that of
finite differences in double precision.

`judge(text, seed)` answers None, or a fault: a word for its kind and what was seen. A model that lorac refuses with a
diagnostic, or whose numbers are not finite, is no fault; it is `Unfit`.
"""
import json
import os
import pathlib
import random
import re
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
LORAC = os.environ.get("LORAC", str(ROOT / "build/lorac"))
MODEL_CHECK = os.environ.get("MODEL_CHECK", str(ROOT / "build/tests/model_check"))
CC = os.environ.get("CC", "cc").split()
SECONDS = 60


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


class Bench:
    """A folder with the model in it, and the object that drives all programs. It is compiled once, since its own arithmetic
    must be the same with every compiler."""

    flags, libraries, shared = [], [], None

    def __init__(self, text):
        self.home = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.home.name)
        self.model = self.folder / "model.lora"
        self.model.write_text(text)

    @classmethod
    def begin(cls):
        cls.flags, cls.libraries, cls.shared = words_of("--cflags"), words_of("--libs"), tempfile.TemporaryDirectory()
        cls.drive = pathlib.Path(cls.shared.name) / "drive.o"
        command = [*CC, *cls.flags, "-O1", "-ffp-contract=off", "-DINTERFACE=model_interface", "-c", ROOT / "tests/run/drive.c", "-o", cls.drive]
        run(*command).check_returncode()

    def lorac(self, *options):
        answer = run(LORAC, self.model, *options)
        if answer.returncode in (1, 3) and re.search(r"error: .*\[E\d+\]", answer.stderr):
            return answer
        if answer.returncode:
            raise Fault("compiler", f"lorac {' '.join(options)}: exit {answer.returncode}: {answer.stderr.strip()[-300:]}")
        return answer

    def program(self, name, options, compiler=CC, flags=("-O0",)):
        """The program's path; None where lorac refuses the options with a diagnostic."""
        source, program = self.folder / f"{name}.c", self.folder / name
        if self.lorac("--prefix", "model", "-o", str(source), *options).returncode:
            return None
        command = [*compiler, *Bench.flags, *flags, "-w", source, Bench.drive]
        answer = run(*command, *Bench.libraries, "-o", program)
        if answer.returncode:
            raise Fault("C", f"{' '.join(options)}: {answer.stderr.strip()[-300:]}")
        return program

    def bits(self, program, *options):
        answer = run(program, "--steps", 2, *options)
        if answer.returncode:
            raise Fault("run", f"{program.name} {' '.join(options)}: exit {answer.returncode}: {(answer.stdout + answer.stderr).strip()[-300:]}")
        return answer.stdout


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
        flags = r.choice([("-O2",), ("-O3", "-march=native"), ("-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined")])
        program = bench.program("flags", ["--gradient", "structured"], flags=flags)
        same(bits, bench.bits(program), f"cc {' '.join(flags)}")
    if r.random() < 0.2:
        judge_dead_branch(r, bench, bits)


def judge_dead_branch(r, bench, bits):
    """What nobody reads changes nothing."""
    text = bench.model.read_text()
    dead = re.sub(r"(?m)^(block \w+\(x\).*\{\n(?:    weight .*\n)*)", r"\1    unused = silu(x) * 2\n", text)
    bench.model.write_text(dead)
    try:
        program = bench.program("dead", ["--gradient", "checkpoint"])
        same(bits, bench.bits(program), "a branch that nobody reads")
    finally:
        bench.model.write_text(text)


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
    if answer.returncode:
        raise Fault("double", answer.stderr.strip()[-300:])


def judge(text, seed):
    r = random.Random(seed)
    bench = Bench(text)
    try:
        judge_exact(r, bench)
        if r.random() < 0.3:
            judge_estimates(r, bench)
        if r.random() < 0.5:
            judge_in_double(bench)
    except Fault as fault:
        return fault.args
    finally:
        bench.home.cleanup()
    return None
