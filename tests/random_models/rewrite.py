"""Rewrites of a random model that mean the same. `rewrites(r, text, records)` yields what the model allows, each as
(name, whether the bits are equal, text, records). Numbers of the same name in both programs' answers are compared.
"""
import array
import re

import shrink
import source


def dead_branch(r, text, records):
    """What nobody reads changes nothing."""
    dead = re.sub(r"(?m)^(block \w+\(x\).*\{\n(?:    weight .*\n)*)", r"\1    unused = silu(x) * 2\n", text)
    return ("a branch that nobody reads", True, dead, records) if dead != text else None


def computed_twice(r, text, records):
    """A value is written out where it is used. Where it is made elsewhere too it is found to be the same; where not, it is
    made later, and sums of cotangents have another order."""
    for value in r.sample(found := list(re.finditer(r"(?m)^    (v\d+) = (.+)$", text)), len(found)):
        end = text.index("\n}", value.end())
        use = re.search(rf"\b{value[1]}\b", text[value.end():end])
        if use:
            at = value.end() + use.start()
            return "a value written out", False, f"{text[:at]}({value[2]}){text[at + len(value[1]):]}", records
    return None


def call_wrapped(r, text, records):
    """A block is called through another one."""
    calls = list(re.finditer(r"(?m)^h = (\w+)\((\w+)\)$", text))
    if not calls:
        return None
    call = r.choice(calls)
    return ("a call through another block", True,
            text[:call.start()] + f"block wrapped(x) {{\n    return {call[1]}(x)\n}}\nh = wrapped({call[2]})" + text[call.end():], records)


def halves(numbers, shape):
    """A matrix as the sum of two: its left columns, and its right ones."""
    cut = shape[1] // 2
    inside = [k % shape[1] < cut for k in range(len(numbers))]
    return (array.array("f", (x if left else 0.0 for x, left in zip(numbers, inside))),
            array.array("f", (0.0 if left else x for x, left in zip(numbers, inside))))


def linear_split(r, text, records):
    """A product of a frozen matrix becomes the sum of the products of its left and its right columns."""
    model = source.Model(text)
    adapted = {weight.name for weight, *_ in model.adapted()}
    for weight in r.sample(weights := model.all_weights(), len(weights)):
        used = list(re.finditer(rf"\b{weight.short}\b", text))
        if weight.name in adapted or len(weight.shape) != 2 or weight.shape[1] < 2 or len(used) != 2:
            continue
        start = text.rfind("linear(", 0, used[1].start())
        while start >= 0 and not text[start:].startswith("linear("):
            start = text.rfind("linear(", 0, start)
        call = text[start:shrink.closing(text, start + 6) + 1] if start >= 0 else ""
        if not call.endswith(f", {weight.short})") or "\n" in call:
            continue
        right = f"{weight.short}_right"
        split = text.replace(call, f"({call} + {call[:-len(weight.short) - 1]}{right}))")
        line = re.search(rf"(?m)^( *)weight {weight.short}(\[.*\])$", split)
        split = f"{split[:line.end()]}\n{line[1]}weight {right}{line[2]}{split[line.end():]}"
        records = dict(records)
        for i in weight.instances:
            records[weight.name, i], records[f"{weight.name}_right", i] = halves(records[weight.name, i], weight.shape)
        return "a linear split by columns", False, split, records
    return None


def product(b, a, out, rank, inputs, scale):
    for row in range(out):
        for column in range(inputs):
            yield scale * sum(b[row * rank + k] * a[k * inputs + column] for k in range(rank))


def adapters_merged(r, text, records):
    """Every LoRA adapter is added to its matrix and left out; something else is trained."""
    model = source.Model(text)
    records, found = dict(records), False
    for weight, kind, _, instances in model.adapted():
        if kind != "lora":
            continue
        found = True
        shape, factor = next((t[3], t[5]) for t in model.trained() if t[0] == f"{weight.name}.lora_a")
        for i in instances:
            change = product(records[f"{weight.name}.lora_b", i], records[f"{weight.name}.lora_a", i], *weight.shape[:1], *shape, factor)
            records[weight.name, i] = array.array("f", (x + d for x, d in zip(records[weight.name, i], change)))
    merged = re.sub(r"(?m)^adapt .* with lora\(.*\)\n", "", text)
    if "\nadapt embed " not in merged:
        merged = merged.replace("\ntrain {", "\nadapt embed with full\n\ntrain {", 1)
    return ("adapters merged", False, merged, records) if found else None


KINDS = [dead_branch, computed_twice, call_wrapped, linear_split, adapters_merged]


def rewrites(r, text, records):
    for kind in r.sample(KINDS, 2):
        rewritten = kind(r, text, records)
        if rewritten:
            yield rewritten
