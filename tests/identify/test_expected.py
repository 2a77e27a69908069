from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch import nn

from modelreport.checkpoint import Model
from modelreport.identify import describe, identify
from modelreport.identify.conversions import Conversions
from modelreport.identify.expected import expected_tensors, stated_dtype
from modelreport.load import open_checkpoint
from modelreport.options import Options
from tests.identify.checkpoints import make_checkpoint

LLAMA = {
    "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 16, "num_hidden_layers": 2,
    "num_attention_heads": 2, "intermediate_size": 20, "vocab_size": 30, "torch_dtype": "bfloat16",
}  # fmt: skip
MIXTRAL = {**LLAMA, "model_type": "mixtral", "architectures": ["MixtralForCausalLM"], "num_local_experts": 4,
           "num_key_value_heads": 2, "num_hidden_layers": 1}  # fmt: skip


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(5, 4)
        self.head = nn.Linear(4, 5, bias=False)
        self.head.weight = self.embed.weight
        self.norm = nn.BatchNorm1d(4)
        self.experts = nn.Parameter(torch.empty(3, 8, 4))
        self.register_buffer("made", torch.empty(2), persistent=False)


@pytest.mark.parametrize(
    ("config", "dtype"),
    [
        ({}, "float32"),
        ({"torch_dtype": "bfloat16"}, "bfloat16"),
        ({"dtype": "torch.float16"}, "float16"),
        ({"text_config": {"torch_dtype": "float16"}}, "float16"),
        ({"torch_dtype": "auto"}, "float32"),
        ({"torch_dtype": 3}, "float32"),
    ],
)
def test_the_dtype_is_the_one_that_the_configuration_states(config: dict[str, object], dtype: str) -> None:
    assert stated_dtype(config) == dtype


def test_without_names_the_class_names_its_tensors_tied_ones_once() -> None:
    tensors, unknown = expected_tensors(Tied(), {"torch_dtype": "float16"}, (), Conversions(), ())
    assert unknown == []
    assert {t.name: (t.dtype, t.role) for t in tensors} == {
        "embed.weight": ("float16", "parameter"), "experts": ("float16", "parameter"),
        "norm.weight": ("float16", "parameter"), "norm.bias": ("float16", "parameter"),
        "norm.running_mean": ("float16", "buffer"), "norm.running_var": ("float16", "buffer"),
        "norm.num_batches_tracked": ("int64", "buffer"),
    }  # fmt: skip
    assert all(t.storage is None for t in tensors)
    assert all("not here" in t.missing for t in tensors)


def test_names_of_an_index_get_the_shapes_of_the_class() -> None:
    joined = {f"e.{i}.{n}": ("experts",) for i in range(3) for n in ("gate", "up")}
    names = ["model.embed.weight", *joined, "norm.bias", "layer.61.other"]
    tensors, unknown = expected_tensors(Tied(), {}, names, Conversions({}, joined), ("model.",))
    shapes = {t.name: t.shape for t in tensors}
    assert shapes == {"model.embed.weight": (5, 4), "norm.bias": (4,), **dict.fromkeys(joined, (4, 4))}
    assert unknown == ["layer.61.other"]


def test_weights_beside_scales_for_blocks_are_eight_bit_floats() -> None:
    config = {"torch_dtype": "bfloat16", "quantization_config": {"weight_block_size": [2, 3]}}
    names = ["head.weight", "head.weight_scale_inv", "norm.weight"]
    tensors, unknown = expected_tensors(Tied(), config, names, Conversions(), ())
    assert unknown == ["head.weight", "head.weight_scale_inv"]  # tied to the embedding, which the index does not name
    tensors, unknown = expected_tensors(nn.ModuleDict({"head": nn.Linear(4, 5, bias=False)}), config, names[:2],
                                        Conversions(), ())  # fmt: skip
    assert [(t.name, t.dtype, t.shape) for t in tensors] == [
        ("head.weight", "float8_e4m3fn", (5, 4)), ("head.weight_scale_inv", "float32", (3, 2)),
    ]  # fmt: skip
    assert unknown == []


def test_a_configuration_alone_gives_structure_and_a_module_that_runs(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(LLAMA))
    with open_checkpoint(tmp_path, Options()) as checkpoint:
        model = identify(checkpoint, Options())
    assert isinstance(model, Model)
    assert "There are no weights" in model.identification.notes[0]
    assert (model.identification.matched, model.identification.total) == (0, 0)
    assert model.precision == "bfloat16"
    structure = describe(checkpoint, model)
    by_hand = 2 * 30 * 16 + 16 + 2 * (4 * 16 * 16 + 3 * 16 * 20 + 2 * 16)
    assert structure.parameters == by_hand
    assert structure.size_bytes == 2 * by_hand


def test_names_of_experts_in_an_index_are_shown_as_the_files_have_them() -> None:
    names = [f"model.layers.0.block_sparse_moe.experts.{e}.{w}.weight" for e in range(4) for w in ("w1", "w2", "w3")]
    checkpoint = make_checkpoint(
        {}, "folder", config=MIXTRAL, content="folder", named=("lm_head.weight", *names, "odd")
    )
    model = identify(checkpoint, Options())
    assert isinstance(model, Model)
    shapes = {t.name: t.shape for t in checkpoint.tensors}
    assert shapes["model.layers.0.block_sparse_moe.experts.3.w1.weight"] == (20, 16)
    assert shapes["model.layers.0.block_sparse_moe.experts.3.w2.weight"] == (16, 20)
    assert len(shapes) == 13
    assert (model.identification.matched, model.identification.total) == (13, 13)
    assert "odd" in " ".join(model.identification.notes)
    assert "model.embed_tokens.weight" in model.identification.missing
