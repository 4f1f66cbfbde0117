"""circles.py LIBRARY...: circles between folders, from the symbols that their objects define and use.

Objects of an archive have the names of their sources, which are unique in the tree. A line a folder in a circle, with a
call that closes it. The lexer and the parser are made of each other's parts: grammar/ and compiler/front are one folder."""
import collections
import os
import re
import subprocess
import sys

TOGETHER = {"compiler/front": "grammar"}


def objects(library):
    defined, used = {}, collections.defaultdict(set)
    for line in subprocess.run(["nm", "-A", "-g", library], capture_output=True, text=True, check=True).stdout.splitlines():
        found = re.match(r"[^:]*:([^:]*)\.c\.o?:\s*[0-9a-f]*\s+([A-Za-z]) (\S+)", line)
        if not found:
            continue
        name, kind, symbol = found.groups()
        if kind in "Uw":
            used[name].add(symbol)
        elif kind not in "Vv":
            defined[symbol] = name
    return defined, used


def folders():
    found = {}
    for top in ("compiler", "codegen", "runtime"):
        for folder, _, files in os.walk(top):
            found.update({name[:-2]: TOGETHER.get(folder, folder) for name in files if name.endswith(".c")})
    return found


def reachable(links, start):
    seen, rest = set(), [start]
    while rest:
        for folder in links[rest.pop()]:
            if folder not in seen:
                seen.add(folder)
                rest.append(folder)
    return seen


def main(libraries):
    links, calls, home = collections.defaultdict(set), {}, folders()
    for library in libraries:
        defined, used = objects(library)
        assert len(defined) > 100, f"{library}: nm tells of {len(defined)} symbols only"
        for name, symbols in used.items():
            for symbol in symbols & defined.keys():
                here, there = home.get(name, "grammar"), home.get(defined[symbol], "grammar")
                if here != there:
                    links[here].add(there)
                    calls[here, there] = f"{name}.c calls {symbol} of {defined[symbol]}.c"
    for here in sorted(links):
        for there in sorted(links[here]):
            if here in reachable(links, there):
                print(f"{here} and {there} call each other: {calls[here, there]}")


main(sys.argv[1:])
