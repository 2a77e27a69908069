"""The model that an adapter belongs to is opened for its values, and closed with the adapter."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

import modelreport
from modelreport.facts import AdapterEffect, Weights
from modelreport.load import open_checkpoint
from modelreport.load.base import open_base
from modelreport.options import Options

BASE = {
    "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 16, "num_hidden_layers": 1,
    "num_attention_heads": 2, "intermediate_size": 20, "vocab_size": 30,
}  # fmt: skip
PATH = "model.layers.0.self_attn.q_proj"


def write(folder: Path, *, weights: bool = True) -> Path:
    """An adapter on one layer, and its base model beside it."""
    torch.manual_seed(0)
    (folder / "base").mkdir(parents=True)
    (folder / "base/config.json").write_text(json.dumps(BASE))
    if weights:
        save_file({f"{PATH}.weight": torch.randn(16, 16)}, folder / "base/model.safetensors")
    made = folder / "adapter"
    made.mkdir()
    config = {"peft_type": "LORA", "r": 2, "lora_alpha": 4, "base_model_name_or_path": "somewhere/else"}
    (made / "adapter_config.json").write_text(json.dumps(config))
    factors = {"A": torch.randn(2, 16), "B": torch.randn(16, 2)}
    save_file(
        {f"base_model.model.{PATH}.lora_{k}.weight": v for k, v in factors.items()}, made / "adapter_model.safetensors"
    )
    return made


def test_the_base_found_beside_the_adapter_gives_relative_changes(tmp_path: Path) -> None:
    made = write(tmp_path)
    report = modelreport.build(made)
    assert isinstance(report.weights, Weights)
    assert isinstance(report.weights.adapter, AdapterEffect)
    (delta,) = report.weights.adapter.deltas
    own, base = (load_file(p) for p in (made / "adapter_model.safetensors", tmp_path / "base/model.safetensors"))
    up, down = (own[f"base_model.model.{PATH}.lora_{k}.weight"].double() for k in "BA")
    relative = float((2 * up @ down).norm() / base[f"{PATH}.weight"].double().norm())
    assert abs(delta.relative / relative - 1) < 1e-5  # type: ignore[operator]
    assert report.weights.adapter.base == "base"


def test_a_base_without_weights_and_one_that_cannot_be_read_are_said(tmp_path: Path) -> None:
    made = write(tmp_path, weights=False)
    report = modelreport.build(made)
    assert isinstance(report.weights, Weights)
    assert isinstance(report.weights.adapter, AdapterEffect)
    assert report.weights.adapter.deltas[0].relative is None
    assert "base holds its configuration, not its weights" in report.weights.adapter.notes[0]
    (tmp_path / "base/model.safetensors").write_bytes(b"\xff" * 100)
    with open_checkpoint(made, Options()) as checkpoint:
        checkpoint.base_folder = tmp_path / "base"
        open_base(checkpoint)
        assert checkpoint.base is None
        assert checkpoint.base_missing


def test_the_base_closes_with_the_adapter(tmp_path: Path) -> None:
    made = write(tmp_path)
    with open_checkpoint(made, Options()) as checkpoint:
        checkpoint.base_folder = tmp_path / "base"
        open_base(checkpoint)
        base = checkpoint.base
        assert base is not None
        open_base(checkpoint)
        assert checkpoint.base is base
        weight = base.tensors[0]
        assert weight.array().shape == (16, 16)
    with pytest.raises(ValueError, match="closed"):
        base.files[0].pread(8, 0)  # type: ignore[attr-defined]


def test_a_checkpoint_that_is_no_adapter_has_no_base(tmp_path: Path) -> None:
    write(tmp_path)
    with open_checkpoint(tmp_path / "base/model.safetensors", Options()) as checkpoint:
        open_base(checkpoint)
        assert checkpoint.base is None
        assert checkpoint.base_missing == ""
