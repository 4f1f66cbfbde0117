"""The text of a random model as Python: sizes, weights, blocks and expressions that `eval` can run.

Generated texts keep to a form: one statement a line, weights before other statements of a block. `Model` reads that form,
no other.
"""
import math
import re

NAMES = {"causal": "causal", "full": "full", "llama3": "llama3", "linear_scaling": "linear", "sqrt": math.sqrt}


def to_python(expression):
    """`c ? a : b` and `name: value` in Python's spelling."""
    text = re.sub(r"(\w+): (i % \d+ == \d+) \? (\w+) : (\w+)", r"\1=(\3 if \2 else \4)", expression)
    text = re.sub(r"scaling: linear\b", "scaling=linear_scaling", text)
    return re.sub(r"(\w+): ", r"\1=", text)


class Weight:
    def __init__(self, name, short, shape, instances):
        self.name, self.short, self.shape, self.instances = name, short, shape, instances

    def count(self):
        return math.prod(self.shape)


class Block:
    """A function of its parameters; `instances` are its layers, each run `runs` times in a row."""

    def __init__(self, name, parameters):
        self.name, self.parameters = name, parameters
        self.instances, self.runs, self.repeats = range(1), 1, False
        self.weights, self.body, self.result = [], [], None


class Model:
    def __init__(self, text):
        self.text = text
        self.dims, self.blocks, self.weights, self.body, self.adapters = {}, {}, [], [], []
        self.inputs, self.ignore = [], None
        block = None
        for line in (line.split("#")[0].strip() for line in text.split("\n")):
            if block is None or line == "}":
                block = self.outside(line)
            else:
                self.inside(block, line)

    def number(self, text):
        return int(eval(text, {**NAMES, **self.dims}))

    def outside(self, line):
        """The block that begins here, or None."""
        if match := re.fullmatch(r"block (\w+)\(([\w, ]+)\)(?: for i in (.+?)\.\.(.+?)(?: each (\d+))?)? \{", line):
            block = self.blocks[match[1]] = Block(match[1], match[2].split(", "))
            if match[3]:
                block.instances, block.repeats = range(self.number(match[3]), self.number(match[4])), True
                block.runs = int(match[5] or 1)
            return block
        if line.startswith("dim "):
            self.dims = {name: int(value) for name, value in (pair.split(" = ") for pair in line[4:].split(", "))}
        elif match := re.fullmatch(r"input (\w+)\[.*?\]: token\(vocab\)(?:, ignore (-?\d+))?", line):
            self.inputs.append(match[1])
            self.ignore = int(match[2]) if match[2] else self.ignore
        elif line.startswith("weight "):
            self.weights.append(self.weight(line, None))
        elif match := re.fullmatch(r"adapt (.+) with (\w+)(?:\((.*)\))?", line):
            self.adapters.append((match[1], match[2], match[3] or ""))
        elif match := re.fullmatch(r"(\w+) = (.*)", line):
            self.body.append((match[1], to_python(match[2])))
        elif line.startswith("train"):
            return Block("train", [])
        return None

    def weight(self, line, block):
        match = re.fullmatch(r"weight (\w+)\[(.*)\]", line)
        shape = tuple(self.number(size) for size in match[2].split(", "))
        name = f"{block.name}.{match[1]}" if block else match[1]
        return Weight(name, match[1], shape, block.instances if block else range(1))

    def inside(self, block, line):
        if line.startswith("weight "):
            block.weights.append(self.weight(line, block))
        elif line.startswith("return "):
            block.result = to_python(line[7:])
        elif match := re.fullmatch(r"(\w+) = (.*)", line):
            block.body.append((match[1], to_python(match[2])))

    def all_weights(self):
        return self.weights + [w for block in self.blocks.values() for w in block.weights]

    def adapted(self):
        """Per adapted weight: its name, the kind, the kind's options, the instances."""
        for pattern, kind, options in self.adapters:
            match = re.fullmatch(r"(\w+)(?:\[(\d+)\.\.(\d+)\])?(?:\.(\w+))?", pattern)
            name = f"{match[1]}.{match[4]}" if match[4] else match[1]
            weight = next(w for w in self.all_weights() if w.name == name)
            yield weight, kind, options, range(int(match[2]), int(match[3])) if match[2] else weight.instances

    def trained(self):
        """(name of the trained tensor, weight, role, shape, instances, factor) of every trained tensor."""
        for weight, kind, options, instances in self.adapted():
            out, inputs = weight.shape if len(weight.shape) == 2 else (weight.shape[0], None)
            if kind == "lora":
                rank, alpha = (int(n) for n in re.fullmatch(r"rank: (\d+), alpha: (\d+)", options).groups())
                yield f"{weight.name}.lora_a", weight, "lora_a", (rank, inputs), instances, alpha / rank
                yield f"{weight.name}.lora_b", weight, "lora_b", (out, rank), instances, alpha / rank
            elif kind == "ia3":
                role = "ia3_inputs" if options else "ia3_outputs"
                yield f"{weight.name}.{role}", weight, role, (inputs if options else out,), instances, 1
            else:
                yield weight.name, weight, "full", weight.shape, instances, 1
