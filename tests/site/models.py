"""Small models to make catalogues of."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file


def write_model(path: Path, width: int = 3) -> Path:
    """A model of two linear layers."""
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.random.default_rng(width).normal(size=(width, 4)).astype("float32")
    save_file(
        {"frobnicate.weight": values, "frobnicate.bias": values[:, 0].copy(), "quuxify.weight": values.T.copy()}, path
    )
    return path


def write_repository(folder: Path) -> Path:
    """A folder as the Hugging Face hub has them, of an architecture nobody knows."""
    write_model(folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"model_type": "nobody-knows", "hidden_size": 4}))
    (folder / "tokenizer.json").write_text("{}")
    write_model(folder / "onnx" / "other.safetensors")
    return folder


def write_sharded(folder: Path) -> Path:
    """A model in two files with an index."""
    folder.mkdir(parents=True, exist_ok=True)
    shards = {"a.weight": "model-00001-of-00002.safetensors", "b.weight": "model-00002-of-00002.safetensors"}
    for name, file in shards.items():
        save_file({name: np.ones((2, 3), "float32")}, folder / file)
    index = {"metadata": {"total_size": 48}, "weight_map": shards}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    return folder
