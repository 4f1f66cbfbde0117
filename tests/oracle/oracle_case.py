"""What every oracle script needs: its scratch folder, the C probe, and a line a case."""
import os
import subprocess
import sys
import traceback

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, "build", "oracle")


def scratch(name):
    folder = os.path.join(BUILD, os.path.splitext(os.path.basename(sys.argv[0]))[0])
    os.makedirs(folder, exist_ok=True)
    return os.path.join(folder, name)


def probe(*arguments, program="format_probe"):
    done = subprocess.run([os.path.join(BUILD, program), *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.strip() or f"{program} died with {done.returncode}")


def cases(table):
    """Rows (name, check, argument). A check that returns without an exception has passed. Gives the exit status."""
    failed = 0
    for name, check, argument in table:
        try:
            check(argument)
            print(f"PASS {name}")
        except Exception as e:  # a case that fails must not hide the next
            failed += 1
            print(f"FAIL {name}: {type(e).__name__}: {e}")
            if not isinstance(e, AssertionError):
                traceback.print_exc()
    return 1 if failed else 0
