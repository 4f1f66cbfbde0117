"""Random valid models: `model(seed)` gives the text of a .lora file.

Sizes are odd, weights are shared between places, blocks repeat, run several times, stand behind each other and are
called as functions; adapters of every kind stand on what they support, also on some layers only. Every differentiable op
of the language occurs. A text depends on its seed alone.
"""
import random

ACTIVATIONS = ["silu", "gelu", "gelu_tanh", "tanh", "relu"]


class Weight:
    """A declared weight, and where it stands: `block` is the repeated block that it belongs to."""

    def __init__(self, name, shape, block):
        self.name, self.shape, self.block, self.only_linear = name, shape, block, True


class Scope:
    """Where statements stand: the values that can be named, and the weights declared there."""

    def __init__(self, block=None, index=None):
        self.block, self.index = block, index  # the block's name; its index where it repeats
        self.values = {}  # kind of columns -> names
        self.weights, self.lines = [], []

    def name(self, kind, value):
        self.values.setdefault(kind, []).append(value)


class Generator:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.count = 0
        self.outer = Scope()
        self.blocks, self.functions, self.adapted, self.all_weights = [], [], [], []
        self.sizes()

    def chance(self, p):
        return self.r.random() < p

    def fresh(self, stem):
        self.count += 1
        return f"{stem}{self.count}"

    def sizes(self):
        r = self.r
        kv = r.choice([1, 1, 2, 3])
        vocab = r.choice([r.randint(5, 90)] * 7 + [r.randint(300, 700)] * 7 + [r.randint(3000, 3500)])
        self.dims = {"batch": r.choice([1, 2, 3]), "seq": r.randint(1, 21), "vocab": vocab,
                     "kv_heads": kv, "heads": kv * r.choice([1, 2, 3]), "head": 2 * r.randint(1, 5), "ff": r.randint(1, 41),
                     "depth": r.randint(1, 5)}
        self.kinds = {"w": "heads * head", "k": "kv_heads * head", "f": "ff"}

    # ---- weights ----
    def weight(self, scope, shape, linear):
        """A weight of this shape: one that is there, or a new one of the block or of the file."""
        known = [w for w in scope.weights + self.outer.weights if w.shape == shape]
        if known and self.chance(0.3):
            w = self.r.choice(known)
        else:
            home = scope if scope.block and self.chance(0.8) else self.outer
            w = Weight(self.fresh("w"), shape, home.block if home.index else None)
            home.weights.append(w)
            self.all_weights.append((w, home))
        w.only_linear &= linear
        return w.name

    # ---- expressions ----
    def any_value(self, scope, kind):
        names = scope.values.get(kind)
        return self.r.choice(names) if names else None

    def linear(self, scope, kind, depth):
        source = self.r.choice([k for k in self.kinds if scope.values.get(k)] or ["w"])
        x = self.expression(scope, source, depth - 1)
        w = self.weight(scope, (self.kinds[kind], self.kinds[source]), True)
        bias = f", {self.weight(scope, (self.kinds[kind],), False)}" if self.chance(0.2) else ""
        return f"linear({x}, {w}{bias})"

    def norm(self, scope, kind, depth):
        x = self.expression(scope, kind, depth - 1)
        options = self.r.choice(["", ", eps: 1e-3", ", eps: 1e-2, offset: 1"])
        heads = {"w": "heads", "k": "kv_heads"}.get(kind)
        if heads and self.chance(0.3):  # a norm of each head
            return f"rms_norm({x}, {self.weight(scope, ('head',), False)}{options}, heads: {heads})"
        return f"rms_norm({x}, {self.weight(scope, (self.kinds[kind],), False)}{options})"

    def rotated(self, text, heads):
        scaling = self.r.choice(["", "", "", "", "", ", scaling: llama3, factor: 2, low: 1, high: 3, original: 8", ", scaling: linear, factor: 4"])
        pairs = ", interleaved: 1" if self.chance(0.4) else ""
        return f"rope({text}, heads: {heads}, theta: {self.r.choice(['100', '1e4'])}{pairs}{scaling})"

    def attention(self, scope, depth):
        x = self.expression(scope, "w", min(depth - 1, 1))
        parts = []
        for kind, heads in (("w", "heads"), ("k", "kv_heads"), ("k", "kv_heads")):
            w = self.weight(scope, (self.kinds[kind], self.kinds["w"]), True)
            text = f"linear({x}, {w})"
            parts.append(self.rotated(text, heads) if len(parts) < 2 and self.chance(0.6) else text)
        window = f"i % 2 == 0 ? {self.r.randint(1, 9)} : 0" if scope.index and self.chance(0.3) else str(self.r.choice([0, 0, self.r.randint(1, 12)]))
        options = [f"mask: {self.r.choice(['causal', 'causal', 'full'])}", f"window: {window}"]
        if self.chance(0.3):
            options.append(f"softcap: {self.r.choice(['2', '20'])}")
        if self.chance(0.3):
            options.append("scale: 0.3")
        if options[0] == "mask: full":
            options.pop(1)
        return f"attention({', '.join(parts)}, heads: heads, kv_heads: kv_heads, {', '.join(options)})"

    def expression(self, scope, kind, depth):
        r, value = self.r, self.any_value(scope, kind)
        if depth <= 0 and value:
            return value
        if depth <= 0:
            return self.linear(scope, kind, 0)
        form = r.choice("llllnnaammgsvvcfF" if kind == "w" else "lllnaamgsv")
        if form == "l":
            return self.linear(scope, kind, depth)
        if form == "n":
            return self.norm(scope, kind, depth)
        if form == "a":
            return f"{r.choice(ACTIVATIONS)}({self.expression(scope, kind, depth - 1)})"
        if form == "g":
            gate, up = self.expression(scope, kind, depth - 1), self.expression(scope, kind, depth - 1)
            return r.choice([f"(silu({gate}) * {up})", f"({up} * silu({gate}))", f"silu_mul({gate}, {up})"])
        if form == "m":
            return f"({self.expression(scope, kind, depth - 1)} {r.choice('++-*')} {self.expression(scope, kind, depth - 1)})"
        if form == "s":
            return f"({self.expression(scope, kind, depth - 1)} {r.choice(['* 0.5', '* 1.25', '+ 0.1', '- 0.3', '* sqrt(2)'])})"
        if form == "v":
            return f"({self.expression(scope, kind, depth - 1)} {r.choice('+*')} {self.weight(scope, (self.kinds[kind],), False)})"
        if form == "F" and self.functions:
            return f"{r.choice(self.functions)}({self.expression(scope, kind, depth - 1)})"
        return self.attention(scope, depth)

    def statements(self, scope, n):
        for _ in range(n):
            kind = self.r.choice("wwwkf")
            text = self.expression(scope, kind, self.r.randint(1, 3))
            name = self.fresh("v")
            scope.lines.append(f"{name} = {text}")
            scope.name(kind, name)

    # ---- blocks ----
    def block(self, repeats):
        scope = Scope(self.fresh("layer" if repeats else "part"), "i" if repeats else None)
        scope.name("w", "x")
        self.statements(scope, self.r.randint(0, 3))
        text = self.expression(scope, "w", self.r.randint(1, 3))
        ending = f"x + {text}" if self.chance(0.75) else text if self.chance(0.9) else "x"
        each = f" each {self.r.choice([2, 3])}" if repeats and self.chance(0.25) else ""
        repeat = f" for i in {'0..depth' if self.chance(0.8) else '2..depth + 2'}{each}" if repeats else ""
        lines = [f"block {scope.block}(x){repeat} {{"] + [f"    {self.declaration(w)}" for w in scope.weights]
        lines += [f"    {line}" for line in scope.lines] + [f"    return {ending}", "}"]
        (self.blocks if repeats else self.functions).append(scope.block)
        scope.first = 2 if "2..depth" in repeat else 0
        self.scopes = getattr(self, "scopes", {})
        self.scopes[scope.block] = scope
        return lines

    @staticmethod
    def declaration(w):
        return f"weight {w.name}[{', '.join(w.shape)}]"

    # ---- what is trained ----
    def pattern(self, w, home):
        if not home.block:
            return w.name
        depth, first = self.dims["depth"], home.first
        if not home.index:
            return f"{home.block}.{w.name}"
        low = self.r.randint(0, depth - 1)
        high = self.r.randint(low + 1, depth)
        return f"{home.block}.{w.name}" if self.chance(0.5) else f"{home.block}[{first + low}..{first + high}].{w.name}"

    def adapter(self, w):
        if len(w.shape) == 2 and w.only_linear and self.chance(0.75):
            lora = f"lora(rank: {self.r.randint(1, 5)}, alpha: {self.r.choice([1, 4, 16])})"
            return self.r.choice([lora, lora, lora, "ia3", "ia3(scale: inputs)"])
        return "full"

    def adaptations(self):
        wanted = [x for x in self.all_weights if self.chance(0.4)] or [self.r.choice(self.all_weights)]
        if all(w.name != self.head for w, _ in wanted) and self.chance(0.6):  # some loss depends on nothing that is trained
            wanted += [x for x in self.all_weights if x[0].name == self.head]
        return [f"adapt {self.pattern(w, home)} with {self.adapter(w)}" for w, home in wanted]

    def train(self, labels):
        r = self.r
        optimizer = r.choice(["adamw(lr: 1e-3)", "adamw(lr: 1e-3, betas: (0.8, 0.95), weight_decay: 0.1)", "sgd(lr: 1e-2)", "sgd(lr: 1e-2, momentum: 0.9)"])
        lines = ["train {", f"    loss cross_entropy(logits, {labels})", f"    optimizer {optimizer}"]
        if self.chance(0.3):
            lines.append(f"    clip {r.choice(['1', '0.01'])}")
        if self.chance(0.2):
            lines.append("    schedule cosine(warmup: 1, steps: 9)")
        return lines + ["}"]

    def text(self):
        embed = Weight("embed", ("vocab", self.kinds["w"]), None)
        embed.only_linear = False
        self.outer.weights.append(embed)
        self.all_weights.append((embed, self.outer))
        blocks = []
        for repeats in [False] * self.r.randint(0, 2) + [True] * self.r.choice([0, 1, 1, 1, 2]):
            blocks += [""] + self.block(repeats)
        ids, labels = self.r.choice([("ids", "labels"), ("tokens", "targets"), ("x_in", "next")])
        self.outer.lines.append(f"h = embedding({ids}, embed)")
        self.outer.name("w", "h")
        calls = self.blocks + ([self.r.choice(self.blocks)] if self.blocks and self.chance(0.4) else [])
        for call in calls:
            if self.chance(0.3):
                self.statements(self.outer, 1)
            self.outer.lines.append(f"h = {call}({self.any_value(self.outer, 'w')})")
        self.statements(self.outer, self.r.randint(0, 2))
        self.head = head = "embed" if self.chance(0.4) else self.weight(self.outer, ("vocab", self.kinds["w"]), True)
        last = self.expression(self.outer, "w", 1)
        self.outer.lines.append(f"logits = linear({last}, {head})")
        ignore = ", ignore -100" if self.chance(0.8) else ""
        lines = ["model random", "", "dim " + ", ".join(f"{k} = {v}" for k, v in self.dims.items()), "",
                 f"input {ids}[batch, seq]: token(vocab)", f"input {labels}[batch, seq]: token(vocab){ignore}", ""]
        lines += [self.declaration(w) for w in self.outer.weights] + blocks + [""] + self.outer.lines + [""]
        return "\n".join(lines + self.adaptations() + [""] + self.train(labels)) + "\n"


def model(seed):
    return Generator(seed).text()


if __name__ == "__main__":
    import sys
    print(model(int(sys.argv[1])), end="")
