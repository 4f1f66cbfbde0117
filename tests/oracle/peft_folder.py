"""An adapter folder written by a generated trainer, loaded by PEFT onto the same base in transformers: same loss, and the
same gradient of the first batch at these values, tensor by tensor.

Usage: peft_folder.py LORAC FOLDER. Small models of the Llama and Qwen2 kind with weights made here, as Hugging Face folders.
"""
import json
import os
import subprocess
import sys

import numpy
import torch
import transformers
from peft import PeftModel
from safetensors.numpy import load_file

DIMS = dict(batch=2, seq=16, vocab=101, width=48, depth=3, heads=6, kv_heads=2, head=8, ff=64, rank=4, alpha=9)
CASES = {
    "smollm2-135m": (transformers.LlamaForCausalLM, transformers.LlamaConfig, dict(rope_theta=1e5, rms_norm_eps=1e-5, tie_word_embeddings=True)),
    "qwen2.5-0.5b": (transformers.Qwen2ForCausalLM, transformers.Qwen2Config, dict(rope_theta=1e6, rms_norm_eps=1e-6, tie_word_embeddings=True)),
    "qwen3-0.6b": (transformers.Qwen3ForCausalLM, transformers.Qwen3Config, dict(rope_theta=1e6, rms_norm_eps=1e-6, tie_word_embeddings=True)),
    "llama3.2-1b": (transformers.LlamaForCausalLM, transformers.LlamaConfig, dict(
        rope_theta=100.0, rms_norm_eps=1e-5, tie_word_embeddings=True,
        rope_scaling=dict(rope_type="llama3", factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=16))),
    "llama2-7b": (transformers.LlamaForCausalLM, transformers.LlamaConfig, dict(rope_theta=1e4, rms_norm_eps=1e-5, tie_word_embeddings=False)),
}
DEFINES = {"llama3.2-1b": dict(rope_theta=100, rope_factor=4, rope_original=16)}  # scaled within the few positions here
ADAPT = {  # by the end of the case's name; None: as in the example
    "": None,
    "-some-layers": "adapt layer[1..3].{wq, w_down} with lora(rank: rank, alpha: alpha)",
    "-ia3": "adapt layer.{wk, wv} with ia3\nadapt layer.w_down with ia3(scale: inputs)",
    "-ia3-some-layers": "adapt layer[1..3].{wq, w_up} with ia3\nadapt layer[0..2].wo with ia3(scale: inputs)",
}


def run(command):
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def base_folder(case, folder):
    model_class, config_class, extra = CASES[case]
    torch.manual_seed(3)
    config = config_class(hidden_size=DIMS["width"], intermediate_size=DIMS["ff"], num_hidden_layers=DIMS["depth"],
                          num_attention_heads=DIMS["heads"], num_key_value_heads=DIMS["kv_heads"], head_dim=DIMS["head"],
                          vocab_size=DIMS["vocab"], initializer_range=0.15, max_position_embeddings=64, **extra)
    model = model_class(config).to(torch.float32).eval()
    for name, tensor in model.named_parameters():
        if name.endswith("norm.weight"):  # initially ones, which hide what multiplies by them
            tensor.data += 0.2 * torch.randn_like(tensor)
    model.save_pretrained(folder)
    return model


def peft_loss(model, folder, ids):
    adapted = PeftModel.from_pretrained(model, folder).to(torch.float32).eval()
    seq, total, count = DIMS["seq"], 0.0, 0
    with torch.no_grad():
        for begin in range(0, len(ids) - 1, seq):
            window = torch.tensor(ids[begin:begin + seq + 1].astype(numpy.int64))[None]
            logits = adapted(window[:, :-1]).logits.to(torch.float64)
            total += torch.nn.functional.cross_entropy(logits[0], window[0, 1:], reduction="sum").item()
            count += window.shape[1] - 1
    return total / count, count


def peft_gradients(base, folder, ids):
    """Of the mean loss over the first batch, by the names that PEFT's files have."""
    adapted = PeftModel.from_pretrained(base, folder, is_trainable=True).to(torch.float32).eval()
    seq = DIMS["seq"]
    windows = torch.tensor(numpy.stack([ids[k * seq:k * seq + seq + 1] for k in range(DIMS["batch"])]).astype(numpy.int64))
    logits = adapted(windows[:, :-1]).logits.to(torch.float64)
    torch.nn.functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), windows[:, 1:].reshape(-1)).backward()
    return {name.replace(".default", ""): p.grad.numpy() for name, p in adapted.named_parameters() if p.requires_grad}


def gradient_error(ours, theirs):
    """The largest difference over the largest gradient of the tensor."""
    if set(ours) != set(theirs):
        raise ValueError(f"gradients of {sorted(set(ours) ^ set(theirs))} are on one side only")
    return max(float(numpy.abs(ours[name].reshape(theirs[name].shape) - theirs[name]).max() / numpy.abs(theirs[name]).max())
               for name in theirs)


def lorac_loss(lorac, case, model_file, weights, folder, ids):
    ids.astype("<i4").tofile(f"{folder}/ids.tok")
    defines = [word for name, value in {**DIMS, **DEFINES.get(case, {})}.items() for word in ("-D", f"{name}={value}")]
    run([lorac, model_file, *defines, "--main", "-o", f"{folder}/train.c"])
    run(["cc", "-O1", f"{folder}/train.c", *run([lorac, "--cflags"]).split(), *run([lorac, "--libs"]).split(), "-o", f"{folder}/train"])
    data = ["--weights", weights, "--quiet", "--eval", f"{folder}/ids.tok"]
    run([f"{folder}/train", *data, "--data", f"{folder}/ids.tok", "--steps", "6", "--lr", "0.02", "--overwrite", "--out", f"{folder}/out",
         "--log", f"{folder}/train.jsonl"])
    run([f"{folder}/train", *data, "--steps", "0", "--adapter", f"{folder}/out/peft", "--log", f"{folder}/eval.jsonl"])
    run([f"{folder}/train", "--weights", weights, "--quiet", "--data", f"{folder}/ids.tok", "--no-shuffle", "--steps", "1",
         "--adapter", f"{folder}/out/peft", "--dump-grads", f"{folder}/gradients.safetensors"])
    with open(f"{folder}/eval.jsonl") as file:
        last = [json.loads(line) for line in file if "eval_loss" in line][-1]
    return last["eval_loss"], last["eval_tokens"]


def main():
    lorac, work = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    passed = failed = 0
    ids = numpy.random.default_rng(2).integers(0, DIMS["vocab"], 16 * DIMS["seq"] + 5)
    for case in CASES:
        for end, adapt in ADAPT.items():
            folder = f"{work}/{case}{end}"
            os.makedirs(folder, exist_ok=True)
            try:
                model_file = f"examples/{case}/model.lora"
                if adapt:
                    with open(model_file) as file:
                        text = file.read()
                    begin = text.index("adapt ")
                    model_file = f"{folder}/model.lora"
                    with open(model_file, "w") as file:
                        file.write(text[:begin] + adapt + text[text.index("\n", begin):])
                base = base_folder(case, f"{folder}/base")
                ours, tokens = lorac_loss(lorac, case, model_file, f"{folder}/base", folder, ids)
                theirs, count = peft_loss(base, f"{folder}/out/peft", ids)
                apart = gradient_error(load_file(f"{folder}/gradients.safetensors"), peft_gradients(
                    base_folder(case, f"{folder}/base"), f"{folder}/out/peft", ids))
                ok = abs(ours - theirs) < 2e-5 and tokens == count and apart < 1e-4
                detail = f"{ours:.7f} and {theirs:.7f} over {count} tokens; gradients differ by {apart:.1e}"
            except (RuntimeError, OSError, ValueError, KeyError) as error:
                ok, detail = False, str(error)
            passed, failed = passed + ok, failed + (not ok)
            print(f"{'PASS' if ok else 'FAIL'} {os.path.basename(folder)}: loss here and in PEFT: {detail}")
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
