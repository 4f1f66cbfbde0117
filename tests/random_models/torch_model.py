"""A random model in PyTorch, written from the papers and the language's reference, not from lorac's own code.

`python3 torch_model.py` answers requests: a line "MODEL NUMBERS ANSWER" of paths, to which it says "good", "unfit WHY" or
"wrong WHAT". NUMBERS and ANSWER are what probe.c read and wrote. The truth is PyTorch in double precision. PyTorch's own
float32 says how far one may be from it: a model whose numbers float32 cannot hold is unfit.
"""
import math
import sys

import torch

import source
import tensors

UNFIT = 1e-3  # relative error of PyTorch's float32 beyond which a model says nothing
LARGEST = 30  # value or score: beyond it a softmax is one-hot, and its gradient a difference of roundings times large numbers
TIMES, FLOOR = 20, 2e-5  # allowed: so many times the float32 error, and at least this
CANCELLED = 1e-6  # allowed beside it, of the whole gradient: a gradient that is exactly 0 may be a difference of roundings


class Adapted:
    """A matrix that only `linear` reads, with its adapter."""

    def __init__(self, base):
        self.base, self.roles = base, {}


class Run:
    """One pass of a model with numbers of one precision; `params` are the leaves that are trained."""

    def __init__(self, model, records, dtype):
        self.model, self.dtype, self.params, self.values, self.largest = model, dtype, {}, {}, 0.0
        for weight in model.all_weights():
            for i in weight.instances:
                self.values[weight.name, i] = self.tensor(records[weight.name, i], weight.shape)
        for name, weight, role, shape, instances, factor in model.trained():
            for i in instances:
                leaf = self.params[name, i] = self.tensor(records[name, i], shape).requires_grad_()
                if role == "full":
                    self.values[weight.name, i] = leaf
                    continue
                if not isinstance(self.values[weight.name, i], Adapted):
                    self.values[weight.name, i] = Adapted(self.values[weight.name, i])
                self.values[weight.name, i].roles[role] = (leaf, factor)

    def tensor(self, numbers, shape):
        return torch.tensor(numbers, dtype=self.dtype).reshape(shape)

    # ---- ops ----
    @staticmethod
    def embedding(ids, w):
        return w[ids]

    @staticmethod
    def linear(x, w, bias=0):
        if not isinstance(w, Adapted):
            return x @ w.T + bias
        if "ia3_inputs" in w.roles:
            x = x * w.roles["ia3_inputs"][0]
        y = x @ w.base.T + bias
        if "ia3_outputs" in w.roles:
            y = y * w.roles["ia3_outputs"][0]
        if "lora_a" in w.roles:
            (a, scale), (b, _) = w.roles["lora_a"], w.roles["lora_b"]
            y = y + scale * ((x @ a.T) @ b.T)
        return y

    @staticmethod
    def rms_norm(x, w, eps=1e-5, offset=0, heads=1):
        parts = x.reshape(*x.shape[:-1], heads, x.shape[-1] // heads)
        return (parts * torch.rsqrt((parts * parts).mean(-1, keepdim=True) + eps) * (w + offset)).reshape(x.shape)

    @staticmethod
    def frequency(f, scaling, factor, low, high, original):
        length = 2 * math.pi / f
        if scaling == "linear":
            return f / factor
        if scaling == "llama3" and length > original / low:
            return f / factor
        if scaling == "llama3" and length >= original / high:
            smooth = (original / length - low) / (high - low)
            return (1 - smooth) * f / factor + smooth * f
        return f

    def rope(self, x, heads, theta, interleaved=0, scaling=None, factor=1, low=1, high=4, original=8192):
        head = x.shape[-1] // heads
        half = head // 2
        f = torch.tensor([self.frequency(float(theta) ** (-2 * k / head), scaling, factor, low, high, original) for k in range(half)],
                         dtype=torch.float64)
        angle = torch.arange(x.shape[-2], dtype=torch.float64)[:, None] * f
        cos, sin = angle.cos().to(self.dtype)[:, None, :], angle.sin().to(self.dtype)[:, None, :]
        x = x.reshape(*x.shape[:-1], heads, head)
        a, b = (x[..., 0::2], x[..., 1::2]) if interleaved else (x[..., :half], x[..., half:])
        a, b = a * cos - b * sin, b * cos + a * sin
        pairs = torch.stack([a, b], -1) if interleaved else torch.cat([a, b], -1)
        return pairs.reshape(*x.shape[:-2], heads * head)

    def saw(self, x):
        self.largest = max(self.largest, float(x.detach().abs().max()))
        return x

    def attention(self, q, k, v, heads, kv_heads, mask, window=0, softcap=0, scale=None):
        head, seq = q.shape[-1] // heads, q.shape[-2]
        q, k, v = (x.reshape(*x.shape[:-1], -1, head).transpose(-2, -3) for x in (q, k, v))
        k, v = (x.repeat_interleave(heads // kv_heads, -3) for x in (k, v))
        scores = self.saw(q @ k.transpose(-1, -2) * (scale or 1 / math.sqrt(head)))
        if softcap:
            scores = softcap * torch.tanh(scores / softcap)
        distance = torch.arange(seq)[:, None] - torch.arange(seq)[None, :]
        hidden = distance < 0 if mask == "causal" else torch.zeros_like(distance, dtype=torch.bool)
        if window:
            hidden = hidden | (distance >= window)
        y = scores.masked_fill(hidden, -math.inf).softmax(-1) @ v
        return y.transpose(-2, -3).reshape(*q.shape[:-3], seq, heads * head)

    # ---- the model ----
    def names(self):
        f = torch.nn.functional
        return {**source.NAMES, **self.model.dims, "embedding": self.embedding, "linear": self.linear, "rms_norm": self.rms_norm,
                "rope": self.rope, "attention": self.attention, "silu": f.silu, "silu_mul": lambda a, b: f.silu(a) * b,
                "gelu": f.gelu, "gelu_tanh": lambda x: 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3))),
                "relu": torch.relu, "tanh": torch.tanh, **{name: self.caller(block) for name, block in self.model.blocks.items()},
                **{w.short: self.values[w.name, 0] for w in self.model.weights}}

    def caller(self, block):
        def call(*arguments):
            for i in block.instances:
                for _ in range(block.runs):
                    names = {**self.names(), **dict(zip(block.parameters, arguments)), "i": i,
                             **{w.short: self.values[w.name, i] for w in block.weights}}
                    for name, text in block.body:
                        names[name] = eval(text, names)
                    arguments = (self.saw(eval(block.result, names)),)
            return arguments[0]
        return call

    def loss_sum(self, tokens, targets):
        shape = (self.model.dims["batch"], self.model.dims["seq"])
        names = {**self.names(), self.model.inputs[0]: torch.tensor(tokens, dtype=torch.long).reshape(shape)}
        for name, text in self.model.body:
            names[name] = eval(text, names)
        targets = torch.tensor(targets, dtype=torch.long)
        counted = targets != (self.model.ignore if self.model.ignore is not None else -1 << 40)
        logits = self.saw(names["logits"].reshape(-1, self.model.dims["vocab"]))
        return torch.nn.functional.cross_entropy(logits[counted], targets[counted], reduction="sum"), int(counted.sum())

    def answer(self, records):
        """{(name, instance): tensor}: the loss, and the gradient of all that is trained"""
        parts = [self.loss_sum(records["tokens", m], records["targets", m]) for m in range(tensors.MICRO_BATCHES)]
        loss = sum(part for part, _ in parts) / sum(counted for _, counted in parts)
        leaves = list(self.params.values())
        gradients = torch.autograd.grad(loss, leaves, allow_unused=True)
        found = {key: torch.zeros_like(p) if g is None else g for (key, p), g in zip(self.params.items(), gradients)}
        return {("loss", 0): loss.detach().reshape(1), **found}


def error(got, want, whole):
    """Relative to the tensor, but to no less than a thousandth of the whole gradient"""
    return float((got.reshape(-1).double() - want.reshape(-1)).norm() / max(float(want.norm()), 1e-3 * whole, 1e-30))


def judge(model_path, numbers_path, answer_path):
    model = source.Model(open(model_path).read())
    records, answer = tensors.read(numbers_path), tensors.read(answer_path)
    exact = Run(model, records, torch.float64)
    want = exact.answer(records)
    single = Run(model, records, torch.float32).answer(records)
    whole = math.sqrt(sum(float(g.norm()) ** 2 for key, g in want.items() if key[0] != "loss"))
    unread = {key for key in want if key not in answer and not want[key].any()}  # the program has no place for these
    if set(want) - unread != set(answer):
        return f"wrong tensors {sorted((set(want) - unread) ^ set(answer))[:3]}"
    if whole == 0:
        return "unfit no gradient"
    if not math.isfinite(whole) or not all(bool(t.isfinite().all()) for t in single.values()):
        return "unfit not finite"
    if exact.largest > LARGEST:
        return "unfit large"
    yardstick = {key: error(single[key], want[key], whole) for key in want}
    if max(yardstick.values()) > UNFIT:
        return "unfit float32"
    for key, numbers in answer.items():
        far = error(torch.tensor(numbers), want[key], whole)
        cancelled = CANCELLED * whole / max(float(want[key].norm()), 1e-3 * whole)
        if not far <= max(TIMES * yardstick[key], FLOOR, cancelled):
            return f"wrong {key[0]} of layer {key[1]}: {far:.2g} from PyTorch in double, whose float32 is {yardstick[key]:.2g} away"
    return "good"


def main():
    torch.set_num_threads(1)
    for line in sys.stdin:
        try:
            print(judge(*line.split()), flush=True)
        except Exception as problem:  # told to the asking process, which counts it as a fault
            print(f"wrong {type(problem).__name__}: {str(problem)[:200]}".replace("\n", " "), flush=True)


if __name__ == "__main__":
    main()
