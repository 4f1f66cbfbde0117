"""The numbers that a model is tried with, and their files: records of a line "NAME INSTANCE COUNT" and so many numbers of
4 bytes, as probe.c reads and writes them.
"""
import array
import random

MICRO_BATCHES = 2
IDS = ("tokens", "targets")


def read(path):
    """{(name, instance): array}"""
    records = {}
    with open(path, "rb") as file:
        while line := file.readline():
            name, instance, count = line.decode().split()
            numbers = array.array("i" if name in IDS else "f")
            numbers.frombytes(file.read(4 * int(count)))
            records[name, int(instance)] = numbers
    return records


def write(path, records):
    with open(path, "wb") as file:
        for (name, instance), numbers in records.items():
            file.write(f"{name} {instance} {len(numbers)}\n".encode())
            file.write(numbers.tobytes())


def normal(r, count, mean, deviation):
    return array.array("f", (r.gauss(mean, deviation) for _ in range(count)))


def make(model, seed, scale):
    """Numbers for a model: matrices scaled by their columns and by `scale`, vectors around 1, adapters that are not zero."""
    r = random.Random(seed)
    records = {}
    for weight in model.all_weights():
        for i in weight.instances:
            matrix = len(weight.shape) == 2
            records[weight.name, i] = normal(r, weight.count(), 0 if matrix else 1, scale / weight.shape[1] ** 0.5 if matrix else 0.1)
    for name, weight, role, shape, instances, _ in model.trained():
        for i in instances:
            count = shape[0] * (shape[1] if len(shape) == 2 else 1)
            records[name, i] = (records[weight.name, i] if role == "full" else
                                normal(r, count, 1, 0.2) if role.startswith("ia3") else
                                normal(r, count, 0, scale / shape[1] ** 0.5))
    tokens = model.dims["batch"] * model.dims["seq"]
    for m in range(MICRO_BATCHES):
        records["tokens", m] = array.array("i", (r.randrange(model.dims["vocab"]) for _ in range(tokens)))
        records["targets", m] = array.array("i", (
            model.ignore if model.ignore is not None and r.random() < 0.2 else r.randrange(model.dims["vocab"]) for _ in range(tokens)))
    if all(t == model.ignore for m in range(MICRO_BATCHES) for t in records["targets", m]):
        records["targets", 0][0] = 0
    return records
