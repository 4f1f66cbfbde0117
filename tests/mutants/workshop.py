"""A copy of the project in build/mutants/NAME that is built and tested by itself, so that mutants never touch the tree.

A test is the name of a program (`test_plan`), `golden`, `err`, or a script (`run/budget`). It runs with less priority, limits
on its time and the sizes of its files, in namespaces of its own where the system allows it: no other process is seen, and nothing but the
copy can be written."""
import hashlib
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build/mutants"
FILE = 4 << 30  # bytes of a file that a test writes
SLEEP = 600  # seconds of any test: one that sleeps for ever needs none of the processor's
JAIL = ("mount --bind {0} {0} && mount -o remount,ro,bind / && mount -t tmpfs tmpfs /tmp && cd {0} && exec \"$@\"")
MISTAKES = ("-Wincompatible-pointer-types", "-Wint-conversion")  # warnings that nobody would leave


def sources(*folders):
    names = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *folders], cwd=ROOT,
                           capture_output=True, text=True, check=True).stdout.split("\n")
    return [name for name in names if name and (ROOT / name).is_file()]


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def limit(seconds=resource.RLIM_INFINITY):
    os.nice(int(os.environ.get("LORAC_NICE", "19")))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE, FILE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def jail(tree):
    """The command that a test's command follows; none where namespaces are not allowed."""
    words = ["setpriv", "--pdeathsig", "KILL", "unshare", "-mpfn", "--mount-proc", "--kill-child", "sh", "-c", JAIL.format(tree), "sh"]
    allowed = subprocess.run([*words, "true"], capture_output=True).returncode == 0
    return words if allowed else []


class Workshop:
    def __init__(self, name, flags=()):
        self.tree = FOLDER / name
        self.build = self.tree / "build"
        self.environment = {**os.environ, "LORAC": str(self.build / "lorac"), "CMAKE_C_COMPILER_LAUNCHER":
                            shutil.which("ccache") or "", "CCACHE_BASEDIR": os.environ.get("CCACHE_BASEDIR", str(FOLDER)), "CCACHE_NOHASHDIR": "1",
                            "LORAC_DATA": "/nonexistent"}
        self.flags = flags
        self.tree.mkdir(parents=True, exist_ok=True)
        self.jail = jail(self.tree)

    def copy(self, origin=ROOT):
        """Takes over what differs in the tree, and nothing else: what is equal keeps its time, so it is not built again."""
        wanted = set(sources())
        for name in wanted:
            target = self.tree / name
            if not target.exists() or target.read_bytes() != (origin / name).read_bytes():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(origin / name, target)
        for path in self.tree.rglob("*"):
            name = path.relative_to(self.tree)
            if path.is_file() and name.parts[0] not in ("build", "scratch", "bin", "counts") and str(name) not in wanted:
                path.unlink()

    def make(self, *targets, check=True):
        """Builds; true if that succeeds."""
        if not (self.build / "build.ninja").exists():
            subprocess.run(["cmake", "-S", ".", "-B", "build", "-G", "Ninja", *self.flags], cwd=self.tree, env=self.environment,
                           check=True, capture_output=True)
        done = subprocess.run(["nice", "-n", "19", "ninja", "-j", "1" if targets else "2", "-C", "build", *targets], cwd=self.tree,
                              env=self.environment, capture_output=True, text=True)
        if check and done.returncode:
            raise RuntimeError(done.stdout[-3000:])
        return done.returncode == 0 and not any(mistake in done.stdout for mistake in MISTAKES)

    def objects(self):
        """source -> the objects that are compiled of it, the tests' own left out"""
        text = subprocess.run(["ninja", "-C", "build", "-t", "deps"], cwd=self.tree, capture_output=True, text=True).stdout
        found = {}
        for part in text.split("\n\n"):
            target = part.split(":")[0].strip()
            if not target.endswith(".o") or "/tests/" in target:
                continue
            for line in part.split("\n")[1:]:
                path = os.path.normpath(self.build / line.strip())
                if path.startswith(f"{self.tree}/") and "/build/" not in path[len(str(self.tree)):]:
                    found.setdefault(path[len(str(self.tree)) + 1:], []).append(target)
        return found

    def tests(self):
        programs = [path.stem for folder in ("unit", "table") for path in sorted((self.tree / "tests" / folder).glob("test_*.c"))]
        return programs + ["golden", "err"]

    def needs(self, test):
        """The targets to build for it."""
        return [f"tests/{test}"] if test.startswith("test_") else ["lorac"] if test in ("golden", "err") else ["lorac", "lrt"]

    def run(self, test, seconds, extra=()):
        """(what became of it: passed, failed or timeout; its seconds; what it says). Seconds are the processor's, each of its
        processes may take so many: on a machine that others use, those of the clock say nothing."""
        command = ([f"{self.build}/tests/{test}"] if test.startswith("test_") else
                   [f"tests/{test}/run", str(self.build / "lorac")] if test in ("golden", "err") else [f"tests/{test}"])
        scratch = self.tree / "scratch"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        environment = {**self.environment, "TMPDIR": str(scratch), **dict(extra)}
        with open(self.tree / "scratch.log", "wb") as log:
            process = subprocess.Popen([*self.jail, *command], cwd=self.tree, env=environment, stdout=log, stderr=log,
                                       stdin=subprocess.DEVNULL, preexec_fn=lambda: limit(int(seconds)), start_new_session=True)
            asleep = threading.Timer(SLEEP, os.killpg, (process.pid, signal.SIGKILL))
            asleep.start()
            _, status, usage = os.wait4(process.pid, 0)
            awake = asleep.is_alive()
            asleep.cancel()
        spent = usage.ru_utime + usage.ru_stime
        result = "passed" if status == 0 else "failed" if awake and spent < seconds else "timeout"
        shutil.rmtree(scratch, ignore_errors=True)
        words = (self.tree / "scratch.log").read_bytes()[-4000:].decode(errors="replace")
        found = re.findall(r"^(?:FAIL .*|\[  FAILED  \] \D.*)$", words, re.M)
        return result, spent, found[0] if found else words[-200:]
