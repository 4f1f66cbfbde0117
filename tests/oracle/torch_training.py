"""Gradients of step 1 and ten AdamW steps of a generated trainer against PyTorch in double precision.

Usage: torch_training.py LORAC FOLDER. Builds five small models of odd shapes (tied Llama, Qwen2 with biases, Llama with its own
head, one whose layers run twice, one with adapters on its last layers only), writes their weights and a start adapter under PEFT names, trains with the generated program and with PyTorch, compares.
Both round differently, so the yardstick is PyTorch's own float32 run: ours may be three times as far from double as that is.
The forward pass here is written from the papers (RMSNorm arXiv 1910.07467, RoPE 2104.09864, SwiGLU 2002.05202, LoRA 2106.09685).
"""
import json
import math
import os
import struct
import subprocess
import sys

import numpy
import torch

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)

DIMS = dict(batch=2, seq=19, vocab=97, width=36, depth=3, heads=6, kv_heads=2, head=6, ff=50, rank=3, alpha=7)
STEPS = 10
LEARNING_RATE = 3e-3
PROJECTIONS = {
    "self_attn.q_proj": ("heads", "width"), "self_attn.k_proj": ("kv", "width"), "self_attn.v_proj": ("kv", "width"),
    "self_attn.o_proj": ("width", "heads"), "mlp.gate_proj": ("ff", "width"), "mlp.up_proj": ("ff", "width"),
    "mlp.down_proj": ("width", "ff"),
}
CASES = {
    "smollm2-135m": dict(bias=False, tied=True, eps=1e-5, theta=1e5, vocab=97, loss="lrt_cross_entropy"),
    "qwen2.5-0.5b": dict(bias=True, tied=True, eps=1e-6, theta=1e6, vocab=3001, loss="lrt_linear_cross_entropy"),
    "llama2-7b": dict(bias=False, tied=False, eps=1e-5, theta=1e4, vocab=97, loss="lrt_cross_entropy"),
    "mobilellm-125m-ls": dict(bias=False, tied=True, eps=1e-5, theta=1e4, vocab=97, loss="lrt_cross_entropy", repeats=2),
    "stories260k": dict(bias=False, tied=True, eps=1e-5, theta=1e4, vocab=97, loss="lrt_cross_entropy", first=1),
}


def write_safetensors(path, tensors):
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, tensor in tensors.items():
        raw = tensor.to(torch.float32).numpy().astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def read_safetensors(path):
    with open(path, "rb") as file:
        raw = file.read()
    size = struct.unpack("<Q", raw[:8])[0]
    tensors = {}
    for name, entry in json.loads(raw[8:8 + size]).items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        values = numpy.frombuffer(raw[8 + size + begin:8 + size + end], "<f4").reshape(entry["shape"])
        tensors[name] = torch.tensor(values.astype(numpy.float64))
    return tensors


def make_weights(case):
    d = DIMS
    size = {"width": d["width"], "ff": d["ff"], "heads": d["heads"] * d["head"], "kv": d["kv_heads"] * d["head"]}
    generator = torch.Generator().manual_seed(5)

    def normal(*shape, scale):
        return (torch.randn(*shape, generator=generator) * scale).to(torch.float32).to(torch.float64)

    weights = {"model.embed_tokens.weight": normal(d["vocab"], d["width"], scale=0.5),
               "model.norm.weight": 1 + normal(d["width"], scale=0.1)}
    if not case["tied"]:
        weights["lm_head.weight"] = normal(d["vocab"], d["width"], scale=0.3)
    adapters = {}
    for layer in range(d["depth"]):
        prefix = f"model.layers.{layer}."
        for norm in ("input_layernorm", "post_attention_layernorm"):
            weights[prefix + norm + ".weight"] = 1 + normal(d["width"], scale=0.1)
        for name, (out, inputs) in PROJECTIONS.items():
            weights[prefix + name + ".weight"] = normal(size[out], size[inputs], scale=1 / math.sqrt(size[inputs]))
            if case["bias"] and name[-6] in "qkv" and name.startswith("self"):
                weights[prefix + name + ".bias"] = normal(size[out], scale=0.2)
            if layer < case.get("first", 0):
                continue
            adapters[prefix + name + ".lora_A.weight"] = normal(d["rank"], size[inputs], scale=0.3)
            adapters[prefix + name + ".lora_B.weight"] = normal(size[out], d["rank"], scale=0.3)
    return weights, adapters


def rms_norm(x, weight, eps):
    return x * torch.rsqrt((x * x).mean(-1, keepdim=True) + eps) * weight


def rope(x, theta):
    half = x.shape[-1] // 2
    angle = torch.arange(x.shape[-2])[:, None] * theta ** (-torch.arange(half) / half)[None, :]
    cos, sin = angle.cos(), angle.sin()
    first, second = x[..., :half], x[..., half:]
    return torch.cat([first * cos - second * sin, second * cos + first * sin], -1)


def loss_of(case, weights, adapters, tokens, targets):
    d, scale = DIMS, DIMS["alpha"] / DIMS["rank"]

    def project(x, name):
        y = x @ weights[name + ".weight"].T
        if name + ".bias" in weights:
            y = y + weights[name + ".bias"]
        if name + ".lora_A.weight" not in adapters:
            return y
        return y + scale * (x @ adapters[name + ".lora_A.weight"].T) @ adapters[name + ".lora_B.weight"].T

    def heads(x, n):
        return x.reshape(x.shape[0], x.shape[1], n, d["head"]).transpose(1, 2)

    x = weights["model.embed_tokens.weight"][tokens]
    future = torch.triu(torch.full((d["seq"], d["seq"]), -math.inf), 1)
    for layer in sorted([*range(d["depth"])] * case.get("repeats", 1)):
        prefix = f"model.layers.{layer}."
        h = rms_norm(x, weights[prefix + "input_layernorm.weight"], case["eps"])
        q = rope(heads(project(h, prefix + "self_attn.q_proj"), d["heads"]), case["theta"])
        k = rope(heads(project(h, prefix + "self_attn.k_proj"), d["kv_heads"]), case["theta"])
        v = heads(project(h, prefix + "self_attn.v_proj"), d["kv_heads"])
        group = d["heads"] // d["kv_heads"]
        k, v = k.repeat_interleave(group, 1), v.repeat_interleave(group, 1)
        scores = q @ k.transpose(-1, -2) / math.sqrt(d["head"]) + future
        o = (scores.softmax(-1) @ v).transpose(1, 2).reshape(x.shape[0], x.shape[1], -1)
        x = x + project(o, prefix + "self_attn.o_proj")
        h = rms_norm(x, weights[prefix + "post_attention_layernorm.weight"], case["eps"])
        gate = project(h, prefix + "mlp.gate_proj")
        x = x + project(gate * torch.sigmoid(gate) * project(h, prefix + "mlp.up_proj"), prefix + "mlp.down_proj")
    head = weights["model.embed_tokens.weight" if case["tied"] else "lm_head.weight"]
    logits = rms_norm(x, weights["model.norm.weight"], case["eps"]) @ head.T
    return torch.nn.functional.cross_entropy(logits.reshape(-1, d["vocab"]), targets.reshape(-1))


def windows(ids, step):
    d = DIMS
    rows = [ids[w * d["seq"]:w * d["seq"] + d["seq"] + 1] for w in range(step * d["batch"], (step + 1) * d["batch"])]
    rows = torch.tensor(numpy.array(rows, dtype=numpy.int64))
    return rows[:, :-1], rows[:, 1:]


def torch_run(case, weights, start, ids, dtype):
    torch.set_default_dtype(dtype)
    weights = {name: tensor.to(dtype) for name, tensor in weights.items()}
    adapters = {name: tensor.detach().clone().to(dtype).requires_grad_() for name, tensor in start.items()}
    optimizer = torch.optim.AdamW(list(adapters.values()), lr=LEARNING_RATE, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01)
    losses, gradients = [], None
    for step in range(STEPS):
        loss = loss_of(case, weights, adapters, *windows(ids, step))
        optimizer.zero_grad()
        loss.backward()
        if gradients is None:
            gradients = {name: tensor.grad.clone() for name, tensor in adapters.items()}
        optimizer.step()
        losses.append(loss.item())
    torch.set_default_dtype(torch.float64)
    double = lambda tensors: {name: tensor.detach().to(torch.float64) for name, tensor in tensors.items()}
    return losses, double(gradients), double(adapters)


def run(command, **options):
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def lorac_run(lorac, model, case, gradient, folder, weights, start, ids):
    os.makedirs(folder + "/start", exist_ok=True)
    peft = "base_model.model."
    write_safetensors(folder + "/model.safetensors", weights)
    write_safetensors(folder + "/start/adapter_model.safetensors", {peft + name: t for name, t in start.items()})
    with open(folder + "/start/adapter_config.json", "w") as file:
        json.dump(dict(peft_type="LORA", task_type="CAUSAL_LM", base_model_name_or_path="", r=DIMS["rank"],
                       lora_alpha=DIMS["alpha"], target_modules=[p.split(".")[1] for p in PROJECTIONS], bias="none"), file)
    numpy.array(ids, dtype="<i4").tofile(folder + "/ids.tok")
    source = f"{folder}/train.c"
    defines = [word for name, value in [*DIMS.items(), ("first", case.get("first", 0))] for word in ("-D", f"{name}={value}")]
    run([lorac, f"examples/{model}/model.lora", *defines, "--gradient", gradient, "--main", "-o", source,
         "--optimizer", "adamw(lr: 3e-3, betas: (0.9, 0.999), eps: 1e-8, weight_decay: 0.01)"])
    with open(source) as file:
        if case["loss"] + "(" not in file.read():
            raise RuntimeError(f"the loss is not made by {case['loss']}")
    flags, libraries = run([lorac, "--cflags"]).split(), run([lorac, "--libs"]).split()
    run(["cc", "-O1", source, *flags, *libraries, "-o", f"{folder}/train"])
    run([f"{folder}/train", "--weights", f"{folder}/model.safetensors", "--data", f"{folder}/ids.tok", "--adapter", f"{folder}/start",
         "--steps", str(STEPS), "--no-shuffle", "--threads", "2", "--log", f"{folder}/log.jsonl", "--overwrite", "--out", f"{folder}/out",
         "--dump-grads", f"{folder}/gradients.safetensors", "--quiet"])
    losses = []
    with open(f"{folder}/log.jsonl") as file:
        for line in file:
            entry = json.loads(line)
            if "loss" in entry:
                losses.append(entry["loss"])
    strip = lambda tensors: {name.replace(peft, "", 1): t for name, t in tensors.items()}
    return (losses, strip(read_safetensors(f"{folder}/gradients.safetensors")),
            strip(read_safetensors(f"{folder}/out/peft/adapter_model.safetensors")))


def distance(ours, theirs):
    """The largest relative error over tensors, each measured against its own norm."""
    if set(ours) != set(theirs):
        raise RuntimeError(f"names differ: {sorted(set(ours) ^ set(theirs))[:4]}")
    return max(((ours[name] - theirs[name]).norm() / theirs[name].norm()).item() for name in theirs)


def errors(run, exact):
    """How far a run is from the exact one: (largest difference of a loss, gradients of step 1, adapters at the end)."""
    losses = max(abs(ours - theirs) for ours, theirs in zip(run[0], exact[0], strict=True))
    return losses, distance(run[1], exact[1]), distance(run[2], exact[2])


def main():
    lorac, work = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    passed = failed = 0
    for model, case in CASES.items():
        DIMS["vocab"] = case["vocab"]
        weights, start = make_weights(case)
        ids = numpy.random.default_rng(11).integers(0, DIMS["vocab"], STEPS * DIMS["batch"] * DIMS["seq"] + 1)
        exact = torch_run(case, weights, start, ids, torch.float64)
        single = errors(torch_run(case, weights, start, ids, torch.float32), exact)
        for gradient in ("reverse", "checkpoint", "structured"):
            try:
                ours = errors(lorac_run(lorac, model, case, gradient, f"{work}/{model}-{gradient}", weights, start, ids), exact)
            except (RuntimeError, OSError, ValueError) as error:
                failed += 3
                print(f"FAIL {model} {gradient}: {error}")
                continue
            what = (f"losses of {STEPS} steps", "gradients of step 1", f"adapters after {STEPS} AdamW steps")
            for name, error, yardstick in zip(what, ours, single):
                ok = error < 3 * yardstick
                passed, failed = passed + ok, failed + (not ok)
                print(f"{'PASS' if ok else 'FAIL'} {model} {gradient}: {name}: {error:.1e} from double (PyTorch float32: {yardstick:.1e})")
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
