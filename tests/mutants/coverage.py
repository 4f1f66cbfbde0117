"""Which test executes which line: measured once in a build of its own (gcov), kept in build/mutants/coverage.json.

A test is measured again when its own source has changed. A source that has changed since counts as a whole: every test
that executed a line of it is a test of each line."""
import hashlib
import json
import os
import pathlib
import shutil
import subprocess

import workshop

KEPT, BUILD = workshop.FOLDER / "coverage.json", workshop.FOLDER / "coverage"
PLACE = workshop.FOLDER / "measure"  # where a measured test may write
SCRIPTS = ["reports", "tiny-model", "trainer-golden", "trainer-runs", "page-file", "place", "command-line", "budget", "partial",
           "bits-record"]  # those that execute the most in the least time
LONGEST = 900  # seconds of a test: one that takes longer is not used
FLAGS = ["-DCMAKE_BUILD_TYPE=Coverage", "-DCMAKE_C_FLAGS_COVERAGE=-O1 -DNDEBUG --coverage"]
LINK = """#!/bin/sh
# A generated program that links the measured runtime needs gcov's.
for word; do [ "$word" = -c ] && exec /usr/bin/$(basename "$0") "$@"; done
exec /usr/bin/$(basename "$0") "$@" -lgcov
"""


def lines_of(folder):
    """file -> (lines that have code, lines that were executed) of the counts below the folder."""
    found = {}
    counts = [path for path in folder.rglob("*.gcda") if str(path).startswith(f"{folder}{BUILD}/")]
    for path in counts:
        notes = pathlib.Path(str(path)[len(str(folder)):]).with_suffix(".gcno")
        link = path.with_suffix(".gcno")
        if not link.exists():
            link.symlink_to(notes)
    for at in range(0, len(counts), 50):
        words = ["gcov", "--json-format", "--stdout", *map(str, counts[at:at + 50])]
        text = subprocess.run(words, cwd=folder, capture_output=True, text=True, preexec_fn=workshop.limit).stdout
        for report in filter(None, text.split("\n")):
            for file in json.loads(report)["files"]:
                name = os.path.relpath(os.path.join(BUILD, file["file"]), workshop.ROOT)
                if name.startswith(("compiler/", "codegen/", "runtime/")):
                    code, run = found.setdefault(name, (set(), set()))
                    for line in file["lines"]:
                        code.add(line["line_number"])
                        if line["count"]:
                            run.add(line["line_number"])
    return found


def source_of(test):
    """What stands for the test's source: when it differs, the test is measured again."""
    folder = workshop.ROOT / "tests"
    if test in ("golden", "err"):
        cases = sorted(path for path in (folder / test).iterdir() if path.is_file())
        return hashlib.sha256(b"".join(path.read_bytes() for path in cases)).hexdigest()[:16]
    return workshop.digest(folder / test if test.startswith("run/") else next(folder.glob(f"*/{test}.c")))


def measure_test(test):
    """{seconds, source, passed, lines}"""
    counts = PLACE / "counts"
    shutil.rmtree(counts, ignore_errors=True)
    counts.mkdir(parents=True)
    wrapped = f"{PLACE}/cc:" if test.startswith("run/") else ""
    extra = {"GCOV_PREFIX": str(counts), "PATH": wrapped + os.environ["PATH"]}
    result, seconds, words = workshop.run_test(PLACE, workshop.ROOT, PLACE / "bin", test, LONGEST, extra.items())
    print(f"{test}: {result} in {seconds:.1f} s" + (f": {words}" if result != "passed" else ""), flush=True)
    lines = {name: sorted(run) for name, (_, run) in lines_of(counts).items() if run}
    shutil.rmtree(counts)
    return {"seconds": seconds, "source": source_of(test), "passed": result == "passed", "lines": lines}


def build():
    subprocess.run(["cmake", "-S", workshop.ROOT, "-B", BUILD, "-G", "Ninja", *FLAGS], check=True, capture_output=True)
    subprocess.run(["nice", "-n", "19", "ninja", "-C", BUILD], check=True, capture_output=True)
    shutil.rmtree(PLACE, ignore_errors=True)
    for folder in "bin", "cc":
        (PLACE / folder).mkdir(parents=True)
    for program in [BUILD / "lorac", *(BUILD / "tests").glob("test_*")]:
        (PLACE / "bin" / program.name).symlink_to(program)
    for name in "cc", "gcc", "clang":
        (PLACE / "cc" / name).write_text(LINK)
        (PLACE / "cc" / name).chmod(0o755)


def code_lines():
    """file -> the lines that have code, whoever executes them: from the notes alone."""
    notes = [str(path) for path in BUILD.rglob("*.gcno") if "/tests/" not in str(path)]
    found = {}
    for at in range(0, len(notes), 50):
        words = ["gcov", "--json-format", "--stdout", *notes[at:at + 50]]
        text = subprocess.run(words, cwd=BUILD, capture_output=True, text=True).stdout
        for report in filter(None, text.split("\n")):
            for file in json.loads(report)["files"]:
                name = os.path.relpath(os.path.join(BUILD, file["file"]), workshop.ROOT)
                found.setdefault(name, set()).update(line["line_number"] for line in file["lines"])
    return {name: sorted(lines) for name, lines in found.items() if name.startswith(("compiler/", "codegen/", "runtime/"))}


class Coverage:
    def __init__(self):
        self.tree = workshop.ROOT  # whose lines are asked for
        self.kept = json.loads(KEPT.read_text()) if KEPT.exists() else {"tests": {}, "code": {}, "digests": {}}

    def measure(self):
        tests = workshop.tests() + [f"run/{name}" for name in SCRIPTS]
        tests = [test for test in tests if self.kept["tests"].get(test, {}).get("source") != source_of(test)]
        if not tests:
            return
        build()
        if not self.kept["code"]:
            self.kept["code"] = code_lines()
            self.kept["digests"] = {name: workshop.digest(workshop.ROOT / name) for name in self.kept["code"]
                                    if (workshop.ROOT / name).exists()}
        for test in tests:
            self.kept["tests"][test] = measure_test(test)
            KEPT.write_text(json.dumps(self.kept))

    def seconds(self, test):
        return self.kept["tests"][test]["seconds"]

    def tests_of(self, path, line, built_of):
        """The tests of a line, the quickest first, to the second. `built_of` are the sources of the objects that contain the file. A line
        without code of its own, as a row of a table, belongs to the whole file or, in a table's file, to all these sources."""
        code = self.kept["code"].get(path, [])
        same = self.kept["digests"].get(path) == workshop.digest(self.tree / path)
        near = {line} if line in code else {max((c for c in code if line - 8 <= c < line), default=0)}
        found = []
        for name, test in self.kept["tests"].items():
            lines = test["lines"].get(path, [])
            if same and near != {0}:
                executes = bool(near & set(lines))
            else:  # a file that is new since then belongs to every test
                executes = bool(lines) or any(s in test["lines"] or s not in self.kept["code"] for s in built_of)
            if test["passed"] and executes:
                found.append(name)
        return sorted(found, key=lambda name: (name.startswith("run/"), int(self.seconds(name)), -self.share(name, path)))

    def share(self, test, path):
        """How much of what the test executes is in that file: the file's own test comes before those that pass through."""
        lines = self.kept["tests"][test]["lines"]
        return len(lines.get(path, [])) / max(1, sum(map(len, lines.values())))
