"""Workshop: builds and tests mutants without a build system. All test programs and lorac are one program, `bin/NAME` is a link
to it, and the name says whose main runs. So a mutant costs one compilation and one link.

A test is the name of a program (`test_plan`), `golden`, `err`, or a script (`run/budget`). It runs with less priority, limits
on its time and the sizes of its files, in namespaces of its own where the system allows it: no other process is seen, and
nothing but the workshop's folder can be written."""
import functools
import hashlib
import json
import os
import pathlib
import re
import resource
import shlex
import shutil
import signal
import subprocess
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
FOLDER = BUILD / "mutants"
FILE = 4 << 30  # bytes of a file that a test writes
SLEEP = 600  # seconds of any test: one that sleeps for ever needs none of the processor's
MISTAKES = ("-Wincompatible-pointer-types", "-Wint-conversion")  # warnings that nobody would leave
JAIL = ("mount --bind {0} {0} && {{ [ ! -f {0}/liblrt.a ] || mount --bind {0}/liblrt.a {1}/liblrt.a; }} && "
        "mount -o remount,ro,bind / && mount -t tmpfs tmpfs /tmp && cd {2} && exec \"$@\"")
DISPATCH = """#include <string.h>
{declarations}
int main(int count, char **words) {{
    const char *name = strrchr(words[0], '/') ? strrchr(words[0], '/') + 1 : words[0];
{calls}
    return 127;
}}
"""


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


def call(*words, **more):
    return subprocess.run(list(map(str, words)), capture_output=True, text=True, preexec_fn=limit, **more)


@functools.cache
def jail(folder, tree):
    """The command that a test's command follows; none where namespaces are not allowed."""
    words = ["setpriv", "--pdeathsig", "KILL", "unshare", "-mpfn", "--mount-proc", "--kill-child", "sh", "-c",
             JAIL.format(folder, BUILD, tree), "sh"]
    folder.mkdir(parents=True, exist_ok=True)
    return words if subprocess.run([*words, "true"], capture_output=True).returncode == 0 else []


def run_test(folder, tree, programs, test, seconds, extra=()):
    """In that tree: (what became of it: passed, failed or timeout; its seconds; what it says). Seconds are the processor's,
    each of its processes may take so many: on a machine that others use, those of the clock say nothing."""
    command = ([f"{programs}/{test}"] if test.startswith("test_") else
               [f"tests/{test}/run", f"{programs}/lorac"] if test in ("golden", "err") else [f"tests/{test}"])
    scratch = folder / "scratch"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    environment = {**os.environ, "LORAC": f"{programs}/lorac", "LORAC_DATA": "/nonexistent", "TMPDIR": "/tmp" if jail(folder, tree) else str(scratch),
                   **dict(extra)}
    with open(folder / "scratch.log", "wb") as log:
        process = subprocess.Popen([*jail(folder, tree), *command], cwd=tree, env=environment, stdout=log, stderr=log,
                                   stdin=subprocess.DEVNULL, preexec_fn=lambda: limit(int(seconds)),
                                   start_new_session=True)
        asleep = threading.Timer(SLEEP, os.killpg, (process.pid, signal.SIGKILL))
        asleep.start()
        _, status, usage = os.wait4(process.pid, 0)
        awake = asleep.is_alive()
        asleep.cancel()
    spent = usage.ru_utime + usage.ru_stime
    result = "passed" if status == 0 else "failed" if awake and spent < seconds else "timeout"
    shutil.rmtree(scratch, ignore_errors=True)
    words = (folder / "scratch.log").read_bytes()[-4000:].decode(errors="replace")
    found = re.findall(r"^(?:FAIL .*|\[  FAILED  \] \D.*)$", words, re.M)
    return result, spent, found[0] if found else words[-200:]


def tests():
    programs = [path.stem for folder in ("unit", "table") for path in sorted((ROOT / "tests" / folder).glob("test_*.c"))]
    return programs + ["golden", "err"]


def object_of(command):
    return re.search(r" -o (\S+)", command)[1]


class Stock:
    """The objects of build/ and the sources of this moment, whatever happens to the project meanwhile."""

    def __init__(self):
        self.tree, self.folder = FOLDER / "tree", FOLDER / "objects"
        for folder in self.tree, self.folder:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        for name in sources():
            (self.tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, self.tree / name)
        commands = call("ninja", "-C", BUILD, "-t", "compdb").stdout
        self.commands = {object_of(row["command"]): row["command"] for row in json.loads(commands) if " -o " in row["command"]
                         and row["output"].endswith(".o") and "/tests/bench/" not in row["output"]}
        self.depends = self.read_depends()
        self.mains, self.parts, self.lrt = {}, [], set()
        for name in self.commands:
            if "model_check" in name:
                continue
            kept = self.folder / name.replace("/", "_")
            shutil.copy(BUILD / name, kept)
            main = re.search(r"/(test_\w+)\.c\.o$", name) or re.search(r"/compiler/(main)\.c\.o$", name)
            if main:
                word = "lorac" if main[1] == "main" else main[1]
                self.mains[word] = f"main_{word}"
                call("objcopy", "--redefine-sym", f"main=main_{word}", kept)
            self.parts.append((name, kept))
            if name.startswith("CMakeFiles/lrt"):
                self.lrt.add(name)
        self.digests = {name: digest(kept) for name, kept in self.parts}

    def read_depends(self):
        """source -> the objects that are compiled of it, the tests' own left out"""
        found = {}
        for part in call("ninja", "-C", BUILD, "-t", "deps").stdout.split("\n\n"):
            target = part.split(":")[0].strip()
            if not target.endswith(".o") or target not in self.commands or "/tests/" in target:
                continue
            for line in part.split("\n")[1:]:
                path = os.path.relpath(os.path.join(BUILD, line.strip()), ROOT)
                if path.startswith(("compiler/", "codegen/", "runtime/")):
                    found.setdefault(path, []).append(target)
        return found


class Workshop:
    def __init__(self, name, stock):
        self.stock, self.folder = stock, FOLDER / name
        shutil.rmtree(self.folder, ignore_errors=True)
        self.overlay, self.bin = self.folder / "overlay", self.folder / "bin"
        for folder in self.overlay, self.bin:
            folder.mkdir(parents=True)
        declarations = "".join(f"int {main}(int, char **);\n" for main in stock.mains.values())
        calls = "".join(f'    if (strcmp(name, "{name}") == 0) return {main}(count, words);\n'
                        for name, main in stock.mains.items())
        (self.folder / "dispatch.c").write_text(DISPATCH.format(declarations=declarations, calls=calls))
        made = call("cc", "-c", self.folder / "dispatch.c", "-o", self.folder / "dispatch.o")
        assert made.returncode == 0, made.stderr
        last = call("ninja", "-C", BUILD, "-t", "commands", "tests/test_plan").stdout.strip().split("\n")[-1]
        self.libraries = [word for word in last.split() if re.match(r"-l|/.*\.so", word)]

    def compile(self, path, text):
        """objects -> files of the mutant, or None where it does not compile"""
        target = self.overlay / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        made = {}
        for name in self.stock.depends[path]:
            words = [w for w in shlex.split(self.stock.commands[name]) if not w.endswith("ccache")]
            out = self.folder / f"{len(made)}.o"
            words[words.index("-o") + 1] = str(out)
            for flag in "-MD", "-MT", "-MF":  # -MT and -MF have an argument
                if flag in words:
                    at = words.index(flag)
                    del words[at:at + (1 if flag == "-MD" else 2)]
            own = self.overlay / os.path.relpath(os.path.join(BUILD, words[-1]), ROOT)
            words[-1] = str(own if own.exists() else self.stock.tree / own.relative_to(self.overlay))
            words[1:1] = [f"-I{self.overlay}", f"-I{self.stock.tree}", f"-I{self.stock.tree}/runtime/include",
                          f"-fmacro-prefix-map={self.overlay}={ROOT}", f"-fmacro-prefix-map={self.stock.tree}={ROOT}"]
            done = call(*words, cwd=BUILD)
            if done.returncode or any(mistake in done.stderr for mistake in MISTAKES):
                return None
            if re.search(r"/compiler/main\.c\.o$", name):
                call("objcopy", "--redefine-sym", "main=main_lorac", out)
            made[name] = out
        return made

    def link(self, made):
        parts = [str(made.get(name, kept)) for name, kept in self.stock.parts]
        linker = "-fuse-ld=lld" if shutil.which("ld.lld") else "-fuse-ld=gold" if shutil.which("ld.gold") else "-O0"
        done = call("cc", linker, "-Wl,--allow-multiple-definition", "-Wl,--wrap=lrt_parallel", self.folder / "dispatch.o", *parts,
                    *self.libraries, "-lm", "-lpthread", "-o", self.bin / "all")
        for name in self.stock.mains if done.returncode == 0 else []:
            (self.bin / name).unlink(missing_ok=True)
            (self.bin / name).hardlink_to(self.bin / "all")
        return done.returncode == 0, done.stderr

    def archive(self, made):
        """The runtime that generated programs link, for scripts."""
        library = self.folder / "liblrt.a"
        library.unlink(missing_ok=True)
        if self.stock.lrt & set(made):
            call("ar", "qcs", library, *[made.get(name, kept) for name, kept in self.stock.parts if name in self.stock.lrt])

    def clear(self, path):
        (self.overlay / path).unlink(missing_ok=True)
        (self.folder / "liblrt.a").unlink(missing_ok=True)

    def run(self, test, seconds):
        return run_test(self.folder, self.stock.tree, self.bin, test, seconds)
