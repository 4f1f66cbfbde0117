# needs: gguf numpy
"""Blocks against the gguf package: our dequantiser gives the same bits for random blocks of every type, and what we quantise
the package reads is as near to the truth as what the package quantises itself, or within a step where it cannot."""
import sys

import gguf
import numpy as np

from oracle_case import cases, probe, scratch

TYPES = {"F32": 0, "F16": 1, "Q4_0": 2, "Q4_1": 3, "Q5_0": 6, "Q5_1": 7, "Q8_0": 8, "Q2_K": 10, "Q3_K": 11, "Q4_K": 12, "Q5_K": 13,
         "Q6_K": 14, "IQ4_NL": 20, "IQ4_XS": 23, "BF16": 30, "TQ2_0": 35, "MXFP4": 39}
# offsets of f16 numbers in a block
SCALES = {"Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0], "Q2_K": [80, 82], "Q3_K": [108], "Q4_K": [0, 2],
          "Q5_K": [0, 2], "Q6_K": [208], "IQ4_NL": [0], "IQ4_XS": [0], "TQ2_0": [64], "MXFP4": []}
# of the largest value; the package has no quantiser for these
STEPS = {"Q2_K": 2 / 3, "Q3_K": 2 / 7, "Q4_K": 2 / 15, "Q5_K": 2 / 31, "Q6_K": 2 / 63, "IQ4_NL": 2 / 10, "IQ4_XS": 2 / 10}
ROWS, COLUMNS = 7, 512


def random_blocks(name, rng):
    elements, size = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType(TYPES[name])]
    if elements == 1:
        values = rng.standard_normal((ROWS, COLUMNS)).astype(np.float32)
        if name == "F32":
            return values.view(np.uint8)
        if name == "F16":
            return values.astype(np.float16).view(np.uint8)
        return (values.view(np.uint32) >> 16).astype(np.uint16).view(np.uint8)
    blocks = rng.integers(0, 256, (ROWS, COLUMNS // elements, size), dtype=np.uint8)
    for at in SCALES[name]:  # finite scales, also tiny and negative ones
        scale = (rng.standard_normal((ROWS, COLUMNS // elements)) * 10.0 ** rng.integers(-6, 3, (ROWS, COLUMNS // elements))).astype(np.float16)
        blocks[..., at : at + 2] = scale[..., None].view(np.uint8)
    return blocks.reshape(ROWS, -1)


def dequantised(name, blocks):
    blocks.tofile(scratch("blocks"))
    probe("dequantise", TYPES[name], COLUMNS, scratch("blocks"), scratch("floats"))
    return np.fromfile(scratch("floats"), np.float32).reshape(ROWS, COLUMNS)


def check_dequantise(name):
    blocks = random_blocks(name, np.random.default_rng(TYPES[name]))
    ours = dequantised(name, blocks)
    theirs = gguf.quants.dequantize(blocks, gguf.GGMLQuantizationType(TYPES[name])).astype(np.float32).reshape(ROWS, COLUMNS)
    different = np.flatnonzero(ours.view(np.uint32) != theirs.view(np.uint32))
    different = [i for i in different if not (ours.flat[i] == 0 and theirs.flat[i] == 0)]  # zero's sign means nothing
    assert len(different) == 0, f"{len(different)} of {ours.size} differ, first {ours.flat[different[0]]!r} {theirs.flat[different[0]]!r}"


def check_quantise(name):
    truth = np.random.default_rng(3).standard_normal((ROWS, COLUMNS)).astype(np.float32)
    truth.tofile(scratch("floats"))
    probe("quantise", TYPES[name], COLUMNS, scratch("floats"), scratch("blocks"))
    blocks = np.fromfile(scratch("blocks"), np.uint8).reshape(ROWS, -1)
    theirs = gguf.quants.dequantize(blocks, gguf.GGMLQuantizationType(TYPES[name])).astype(np.float32).reshape(ROWS, COLUMNS)
    error = np.sqrt(np.mean((theirs - truth) ** 2))
    if name in STEPS:
        allowed = STEPS[name] * np.abs(truth).max() / np.sqrt(12)  # of a value anywhere within a step
    else:
        kind = gguf.GGMLQuantizationType(TYPES[name])
        best = gguf.quants.dequantize(gguf.quants.quantize(truth, kind), kind).astype(np.float32).reshape(ROWS, COLUMNS)
        allowed = 1.001 * np.sqrt(np.mean((best - truth) ** 2))
    assert error <= allowed, f"root mean square error {error:.3e}, {allowed:.3e} allowed"


if __name__ == "__main__":
    sys.exit(cases([(f"{name} dequantised as by gguf", check_dequantise, name) for name in TYPES]
                   + [(f"{name} quantised for gguf", check_quantise, name) for name in TYPES]))
