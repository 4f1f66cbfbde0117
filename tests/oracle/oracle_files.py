# needs: gguf numpy safetensors
"""Files that we write, as the gguf and safetensors packages read them: random models of every type, PEFT folders, GGUF LoRA,
gradients, complete models; and a PEFT folder written by the safetensors package, as we read it."""
import json
import os
import sys

import gguf
import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from oracle_case import cases, probe, scratch

RANK, WIDTH, FF, HEAD, Q = 4, 256, 512, 32, 256
A_Q = np.arange(RANK * WIDTH, dtype=np.float32).reshape(RANK, WIDTH)
B_Q = A_Q.size + np.arange(Q * RANK, dtype=np.float32).reshape(Q, RANK)
A_D = A_Q.size + B_Q.size + np.arange(RANK * FF, dtype=np.float32).reshape(RANK, FF)
B_D = A_Q.size + B_Q.size + A_D.size + np.arange(WIDTH * RANK, dtype=np.float32).reshape(WIDTH, RANK)
NORM = A_Q.size + B_Q.size + A_D.size + B_D.size + np.arange(WIDTH, dtype=np.float32)
PREFIX = "base_model.model.model.layers.1."


def to_hugging_face(rows):
    """Undoes llama.cpp's permutation, written as its converter writes the permutation itself: by reshaping."""
    heads = rows.shape[0] // HEAD
    return rows.reshape(heads, HEAD // 2, 2, -1).swapaxes(1, 2).reshape(rows.shape)


def to_gguf(rows):
    heads = rows.shape[0] // HEAD
    return rows.reshape(heads, 2, HEAD // 2, -1).swapaxes(1, 2).reshape(rows.shape)


def tensors_of(path):
    reader = gguf.GGUFReader(path)
    return reader, {t.name: t for t in reader.tensors}


def check_random(name):
    reader, tensors = tensors_of(scratch(f"random-{name}.gguf"))
    assert len(tensors) == 2 + 2 * 9
    assert reader.fields["general.architecture"].contents() == "llama"
    assert reader.fields["llama.block_count"].contents() == 2
    assert reader.fields["llama.attention.head_count_kv"].contents() == 2
    wanted = gguf.GGMLQuantizationType[name.upper()]
    for t in tensors.values():
        values = gguf.quants.dequantize(t.data, t.tensor_type).astype(np.float32)
        if len(t.shape) == 1:
            assert t.tensor_type == gguf.GGMLQuantizationType.F32 and (values == 1).all(), t.name
            continue
        assert t.tensor_type == wanted, t.name
        deviation = values.std() * np.sqrt(t.shape[0])
        # The generator draws rows from one pool of normal numbers, so means scatter more than those of independent ones.
        assert 0.9 < deviation < 1.1 and abs(values.mean()) * np.sqrt(values.size) * np.sqrt(t.shape[0]) < 8, f"{t.name}: {deviation}"


def check_peft(order):
    folder = scratch(f"peft-{order}")
    with safe_open(os.path.join(folder, "adapter_model.safetensors"), framework="numpy") as f:
        assert f.metadata() == {"format": "pt"}
        found = {k: f.get_tensor(k) for k in f.keys()}
    b_q = to_hugging_face(B_Q) if order == "llama" else B_Q
    wanted = {PREFIX + "self_attn.q_proj.lora_A.weight": A_Q, PREFIX + "self_attn.q_proj.lora_B.weight": b_q,
              PREFIX + "mlp.down_proj.lora_A.weight": A_D, PREFIX + "mlp.down_proj.lora_B.weight": B_D,
              "base_model.model.model.norm.weight": NORM}
    assert found.keys() == wanted.keys(), found.keys()
    for k in wanted:
        assert found[k].shape == wanted[k].shape and (found[k] == wanted[k]).all(), k
    with open(os.path.join(folder, "adapter_config.json"), encoding="utf-8") as f:
        config = json.load(f)
    facts = {"peft_type": "LORA", "task_type": "CAUSAL_LM", "base_model_name_or_path": "org/base", "r": 4, "lora_alpha": 8, "lora_dropout": 0.0,
             "bias": "none", "fan_in_fan_out": False, "use_rslora": False, "use_dora": False, "inference_mode": True,
             "target_modules": ["q_proj", "down_proj"], "modules_to_save": ["model.norm"], "layers_to_transform": [1], "rank_pattern": {}, "alpha_pattern": {}}
    for k, v in facts.items():
        assert config[k] == v, f"{k}: {config[k]}"


def check_lora(order):
    reader, tensors = tensors_of(scratch(f"lora-{order}.gguf"))
    facts = {"general.type": "adapter", "general.architecture": "llama", "adapter.type": "lora", "adapter.lora.alpha": 8.0}
    for k, v in facts.items():
        assert reader.fields[k].contents() == v, k
    b_q = B_Q if order == "llama" else to_gguf(B_Q)
    wanted = {"blk.1.attn_q.weight.lora_a": A_Q, "blk.1.attn_q.weight.lora_b": b_q, "blk.1.ffn_down.weight.lora_a": A_D, "blk.1.ffn_down.weight.lora_b": B_D}
    assert tensors.keys() == wanted.keys()
    for k, v in wanted.items():
        assert list(tensors[k].shape) == list(v.shape)[::-1] and (tensors[k].data == v).all(), k


def check_gradients(order):
    found = load_file(scratch(f"grads-{order}.safetensors"))
    assert (found["model.norm.weight"] == NORM).all()
    assert (found[PREFIX + "self_attn.q_proj.lora_B.weight"] == (to_hugging_face(B_Q) if order == "llama" else B_Q)).all()


def check_model(_):
    base, whole = tensors_of(scratch("random-q8_0.gguf"))[1], tensors_of(scratch("model.gguf"))[1]
    found = load_file(scratch("model.safetensors"))
    assert base.keys() == whole.keys() and len(found) == len(base)
    for k in base:
        assert (whole[k].data == (NORM if k == "output_norm.weight" else base[k].data)).all(), k
    q = gguf.quants.dequantize(base["blk.0.attn_q.weight"].data, gguf.GGMLQuantizationType.Q8_0)
    assert (found["model.layers.0.self_attn.q_proj.weight"] == to_hugging_face(q)).all()
    assert (found["model.norm.weight"] == NORM).all()


def check_read(dtype):
    folder = scratch("theirs")
    os.makedirs(folder, exist_ok=True)
    values = {PREFIX + "self_attn.q_proj.lora_A.weight": A_Q % 64, PREFIX + "self_attn.q_proj.lora_B.weight": B_Q % 64,
              PREFIX + "mlp.down_proj.lora_A.weight": A_D % 64, PREFIX + "mlp.down_proj.lora_B.weight": B_D % 64,
              "base_model.model.model.norm.weight": NORM % 64}
    save_file({k: v.astype(dtype) for k, v in values.items()}, os.path.join(folder, "adapter_model.safetensors"))
    with open(os.path.join(folder, "adapter_config.json"), "w", encoding="utf-8") as f:
        json.dump({"peft_type": "LORA"}, f)  # r and lora_alpha default to 8: the model was made with 4
    try:
        probe("read", folder, scratch("pool"))
        raise AssertionError("r = 8 was accepted for rank 4")
    except RuntimeError as e:
        assert "lora(rank: 8)" in str(e), e
    with open(os.path.join(folder, "adapter_config.json"), "w", encoding="utf-8") as f:
        json.dump({"peft_type": "LORA", "r": 4, "lora_alpha": 8, "unknown_key": None}, f)
    probe("read", folder, scratch("pool"))
    wanted = np.concatenate([v.ravel() for v in values.values()])
    assert (np.fromfile(scratch("pool"), np.float32) == wanted).all()


if __name__ == "__main__":
    probe("write", scratch(""))
    sys.exit(cases([(f"random {t} model", check_random, t) for t in ("f32", "f16", "bf16", "q8_0", "q5_0", "q5_1", "q4_0", "q4_1", "q6_K", "q5_K", "q4_K",
                                                                   "q3_K", "q2_K", "iq4_nl", "iq4_xs", "mxfp4", "tq2_0")]
                   + [(f"{what}, {order} rows", check, order) for order in ("hf", "llama")
                      for what, check in (("PEFT folder", check_peft), ("GGUF LoRA", check_lora), ("gradients", check_gradients))]
                   + [("complete model", check_model, None), ("PEFT read, F32", check_read, np.float32), ("PEFT read, F16", check_read, np.float16)]))
