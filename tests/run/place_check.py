"""Placement from the outside: runs `lorac --place`, checks the offsets it writes against the instance and the peak, bound
and gap it prints; interrupts it; finds the least peak of a small instance by trying every placement; makes instances,
random ones and rectangles cut into buffers, whose optimum is their height."""
import csv
import heapq
import random
import resource
import signal
import subprocess
import sys
import time


def read(path):
    with open(path, newline="", encoding="utf-8") as file:
        rows = [[field.strip() for field in row] for row in csv.reader(file) if row]
    return [dict(zip(rows[0], row)) for row in rows[1:]]


def numbers(row):
    return int(row["lower"]), int(row["upper"]), int(row["size"])


def bound(rows):
    alive, most = 0, 0
    events = []
    for lower, upper, size in map(numbers, rows):
        if lower < upper:
            events += [(lower, 1, size), (upper, 0, -size)]
        else:  # it lives at no step, and needs its room all the same
            most = max(most, size)
    for _, _, change in sorted(events):
        alive += change
        most = max(most, alive)
    return most


def overlap(x, y):
    if x[0] == x[1] or y[0] == y[1]:  # at no step
        return False
    return (x[0] < y[1] and y[0] < x[1]) and (x[3] < y[3] + y[2] and y[3] < x[3] + x[2])


def check(lorac, instance, wanted, seconds, solution, options):
    run = subprocess.run([lorac, "--place", instance, "-o", solution, *options], capture_output=True, text=True)
    print(run.stdout, run.stderr, sep="", end="")
    assert run.returncode == 0, f"exit {run.returncode}"
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    check_solution(instance, solution, run.stdout, wanted)
    assert spent.ru_utime + spent.ru_stime < float(seconds), f"{spent.ru_utime:.1f} s"


def interrupt(lorac, instance, status, solution, options):
    """An interrupt after a moment: the best so far is reported and written, long before the time is over."""
    run = subprocess.Popen([lorac, "--place", instance, "-o", solution, "--seconds", "600", *options],
                           stdout=subprocess.PIPE, text=True)
    time.sleep(1)
    run.send_signal(signal.SIGINT)
    output, _ = run.communicate(timeout=60)
    assert run.returncode == int(status), f"exit {run.returncode}"
    check_solution(instance, solution, output, "any")


def check_solution(instance, solution, output, wanted):
    printed = dict(line.split(" ", 1) for line in output.splitlines())
    given, placed = read(instance), read(solution)
    assert len(given) == len(placed), "another number of buffers"
    for row, out in zip(given, placed):
        assert row["id"] == out["id"] and numbers(row) == numbers(out), f"another buffer: {out}"
    boxes = sorted((*numbers(row), int(row["offset"])) for row in placed)
    assert all(box[3] >= 0 for box in boxes), "a negative offset"
    active = []
    for box in boxes:  # by birth: only those that still live can meet
        active = [other for other in active if other[1] > box[0]]
        for other in active:
            assert not overlap(box, other), f"{box} and {other} overlap"
        active.append(box)
    peak = max((box[2] + box[3] for box in boxes), default=0)
    assert printed["peak"] == str(peak), f"peak is {peak}"
    assert printed["bound"] == str(bound(given)), f"bound is {bound(given)}"
    assert printed["time"].endswith(" s")
    gap = 100 * (peak - bound(given)) / max(bound(given), 1)
    assert printed["gap"].endswith(" %") and abs(float(printed["gap"][:-2]) - gap) < 0.006, f"gap is {gap}"
    if wanted.startswith("atmost:"):
        assert peak <= int(wanted[7:]), f"peak {peak} above {wanted[7:]}"
    elif wanted != "any":
        want = bound(given) if wanted == "bound" else int(wanted)
        assert peak == want, f"peak {peak}, wanted {want}"


def least(rows):
    """Every bottom-justified packing is an order of putting buffers on top of those before them."""
    boxes = [numbers(row) for row in rows]
    best = sum(size for _, _, size in boxes)

    def place(done, left, top):
        nonlocal best
        if top >= best:
            return
        if not left:
            best = top
            return
        for box in left:
            offset = max((o + s for l, u, s, o in done if l < box[1] and box[0] < u), default=0)
            rest = list(left)
            rest.remove(box)
            place([*done, (*box, offset)], rest, max(top, offset + box[2]))

    place([], boxes, 0)
    return best


def make(seed):
    chance = random.Random(seed)
    print("id,lower,upper,size")
    for i in range(7):
        lower = chance.randrange(6)
        print(f"b{i},{lower},{lower + chance.randrange(1, 5)},{chance.randrange(1, 9)}")


def cut(count, steps, size, seed):
    """The rectangle steps x size in `count` buffers: always one of the largest pieces is cut."""
    chance = random.Random(seed)
    pieces = [(0.0, 0, steps, size)]
    while len(pieces) < count:
        _, lower, upper, bytes_ = heapq.heappop(pieces)
        if upper - lower > 1 and (bytes_ < 2 or chance.random() < 0.4):
            at = chance.randrange(lower + 1, upper)
            parts = [(lower, at, bytes_), (at, upper, bytes_)]
        else:
            at = chance.randrange(1, bytes_)
            parts = [(lower, upper, at), (lower, upper, bytes_ - at)]
        for part in parts:
            heapq.heappush(pieces, (-(part[1] - part[0]) * part[2] * chance.random(), *part))
    chance.shuffle(pieces)
    print("id,lower,upper,size")
    for i, piece in enumerate(pieces):
        print(i, *piece[1:], sep=",")


if sys.argv[1] == "--least":
    print(least(read(sys.argv[2])))
elif sys.argv[1] == "--random":
    make(int(sys.argv[2]))
elif sys.argv[1] == "--cut":
    cut(*map(int, sys.argv[2:6]))
elif sys.argv[1] == "--interrupt":
    interrupt(*sys.argv[2:6], sys.argv[6:])
else:
    check(*sys.argv[1:6], sys.argv[6:])
