"""Writes a model file in the plain form that digest.cpp reads. Use: python dump_model.py MODEL OUTPUT"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from bytezip.predictor.weights import expected_tensors, load_model


def main() -> None:
    model = load_model(sys.argv[1])
    config = model.config
    shape = (
        config.hidden_size, config.num_layers, config.num_query_heads, config.num_key_value_heads,
        config.attention_window, config.mlp_size,
    )  # fmt: skip
    lines, contents = [" ".join(map(str, shape))], []
    for name, _, _ in expected_tensors(config):
        array = np.ascontiguousarray(model.tensors[name])
        lines.append(" ".join(map(str, (name, array.dtype.name, array.nbytes, *array.shape))))
        contents.append(array.tobytes())
    Path(sys.argv[2]).write_bytes("\n".join([*lines, "", ""]).encode() + b"".join(contents))


if __name__ == "__main__":
    main()
