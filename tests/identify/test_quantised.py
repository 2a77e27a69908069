from __future__ import annotations

import math
from functools import cache
from typing import Any

import pytest
import torch
from torch import nn

from modelreport.checkpoint import Checkpoint, LazyTensor, Model
from modelreport.facts import Structure, Trace
from modelreport.identify import describe, identify
from modelreport.identify.construct import build
from modelreport.identify.fitting import module_shapes
from modelreport.identify.libraries import load_library
from modelreport.identify.quantised import find_quantised, method_of, quantised_in
from modelreport.options import Options
from modelreport.trace import trace
from tests.identify.checkpoints import make_checkpoint
from tests.identify.libraries import state
from tests.identify.quantising import SCHEMES, Tensors, fp8_blocks, gptq, quantised, shapes_behind, up

LLAMA = {
    "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 256, "num_hidden_layers": 2,
    "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 320, "vocab_size": 96,
    "max_position_embeddings": 64, "tie_word_embeddings": False,
}  # fmt: skip
COUNT = 2 * 96 * 256 + 256 + 2 * (2 * 256 * 256 + 2 * 256 * 128 + 3 * 256 * 320 + 2 * 256)
"""Embedding and head, last norm, and two layers: q, o, k, v, three matrices of the MLP, two norms."""


@cache
def llama() -> Tensors:
    return state("LlamaForCausalLM", LLAMA)


def folder(tensors: Tensors | list[LazyTensor], **config: Any) -> Checkpoint:
    return make_checkpoint(tensors, "folder", config={**LLAMA, **config}, content="folder")


def read(checkpoint: Checkpoint) -> tuple[Model, Structure]:
    model = identify(checkpoint, Options())
    assert isinstance(model, Model), model
    return model, describe(checkpoint, model)


def test_the_small_llama_has_the_parameters_of_its_hand_sum() -> None:
    assert sum(math.prod(t.shape) for t in llama().values()) == COUNT


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_quantised_llama_has_the_parameters_of_the_plain_one_and_fits_it(scheme: str) -> None:
    tensors = quantised(llama(), SCHEMES[scheme])
    model, structure = read(folder(tensors))
    facts = model.identification
    assert structure.parameters == COUNT == structure.modules[0].parameters
    assert (facts.matched, facts.total, facts.changed, facts.missing, facts.unexpected) == (21, 21, (), (), ())
    assert {t.scheme for t in structure.tensors} == {scheme, ""}
    layer = next(m for m in structure.modules if m.path == "model.layers.1.mlp.down_proj")
    assert layer.parameters == layer.own_parameters == 256 * 320
    assert sum(d.count for d in structure.dtypes) == sum(t.numel() for t in tensors.values())
    assert f"({scheme})" in " ".join(facts.notes)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_without_a_config_the_parameters_are_unpacked_all_the_same(scheme: str) -> None:
    checkpoint = make_checkpoint(quantised(llama(), SCHEMES[scheme]))
    structure = describe(checkpoint, identify(checkpoint, Options()))
    assert structure.parameters == COUNT
    assert not any("absmax" in m.path or m.path.endswith("weight") for m in structure.modules)


def test_the_pass_reads_the_packed_tensors_by_their_names_in_the_file() -> None:
    model, _ = read(folder(quantised(llama(), gptq(4))))
    assert model.precision == "bfloat16"
    found = trace(model, Options())
    assert isinstance(found, Trace)
    assert found.complete
    read_names = {name for o in found.operations for name in o.parameters}
    assert "model.layers.0.self_attn.q_proj.qweight" in read_names
    assert not found.untouched


def test_the_tree_of_an_unknown_network_shows_packed_linear_layers_as_such() -> None:
    tensors = gptq(4)("net.first", (64, 128)) | {"net.first.bias": torch.zeros(64)}
    structure = describe(checkpoint := make_checkpoint(tensors), identify(checkpoint, Options()))
    (layer,) = [m for m in structure.modules if m.path == "net.first"]
    assert (layer.type, layer.parameters) == ("Linear", 64 * 128 + 64)
    assert {("in_features", "128"), ("out_features", "64")} <= {(i.name, i.value) for i in layer.attributes}


def test_scales_and_zero_points_are_buffers_that_stand_for_nothing() -> None:
    _, structure = read(folder(quantised(llama(), gptq(4))))
    front = "model.layers.0.mlp.up_proj."
    facts = {t.name.removeprefix(front): t for t in structure.tensors if t.name.startswith(front)}
    assert {n: (t.role, t.stands_for) for n, t in facts.items()} == {
        "qweight": ("parameter", 320 * 256), "qzeros": ("buffer", 0), "scales": ("buffer", 0), "g_idx": ("buffer", 0),
    }  # fmt: skip
    assert facts["qweight"].count == 320 * 256 // 8


GPT_OSS = {
    "model_type": "gpt_oss", "architectures": ["GptOssForCausalLM"], "hidden_size": 64, "num_hidden_layers": 1,
    "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 32, "intermediate_size": 96, "vocab_size": 40,
    "num_local_experts": 4, "num_experts_per_tok": 2, "layer_types": ["full_attention"],
}  # fmt: skip


def test_gpt_oss_keeps_blocks_of_its_experts_in_four_bits() -> None:
    own = state("GptOssForCausalLM", GPT_OSS)
    written: Tensors = {}
    for name, tensor in own.items():
        if name.endswith(("gate_up_proj", "down_proj")):
            experts, inputs, outputs = tensor.shape
            written[f"{name}_blocks"] = torch.zeros(experts, outputs, inputs // 32, 16, dtype=torch.uint8)
            written[f"{name}_scales"] = torch.zeros(experts, outputs, inputs // 32, dtype=torch.uint8)
        else:
            written[name] = torch.zeros(tensor.shape, dtype=torch.bfloat16)
    model, structure = read(make_checkpoint(written, "folder", config=GPT_OSS, content="folder"))
    assert structure.parameters == sum(math.prod(t.shape) for t in own.values())
    assert model.identification.matched == model.identification.total == len(own)
    experts = "model.layers.0.mlp.experts"
    assert model.renamed[f"{experts}.down_proj"] == f"{experts}.down_proj_blocks"
    assert next(t.module for t in structure.tensors if t.name == f"{experts}.down_proj_scales") == experts


def test_experts_in_fp8_that_the_library_joins_keep_their_scales_out_of_the_count() -> None:
    config = {
        "model_type": "mixtral", "architectures": ["MixtralForCausalLM"], "hidden_size": 256, "num_hidden_layers": 1,
        "num_attention_heads": 2, "num_key_value_heads": 1, "intermediate_size": 300, "vocab_size": 30,
        "num_local_experts": 2,
    }  # fmt: skip
    own = state("MixtralForCausalLM", config)
    front = "model.layers.0.block_sparse_moe."
    written = {n.replace(".mlp.", ".block_sparse_moe."): t for n, t in own.items() if ".experts." not in n}
    written = {n: torch.zeros(t.shape, dtype=torch.bfloat16) for n, t in written.items()}
    for expert in range(2):
        for name, shape in (("w1", (300, 256)), ("w3", (300, 256)), ("w2", (256, 300))):
            written |= fp8_blocks(f"{front}experts.{expert}.{name}", shape)
    model, structure = read(make_checkpoint(written, "folder", config=config, content="folder"))
    facts = model.identification
    assert (facts.changed, facts.missing, facts.unexpected) == ((), (), ())
    assert structure.parameters == sum(math.prod(t.shape) for t in own.values())
    assert model.joined[f"{front}experts.0.w1.weight"] == "model.layers.0.mlp.experts.gate_up_proj"


def test_a_packed_expert_that_the_library_joins_is_joined_by_its_name_in_the_file() -> None:
    config = {
        "model_type": "mixtral", "architectures": ["MixtralForCausalLM"], "hidden_size": 64, "num_hidden_layers": 1,
        "num_attention_heads": 2, "num_key_value_heads": 1, "intermediate_size": 96, "vocab_size": 30,
        "num_local_experts": 2,
    }  # fmt: skip
    own = state("MixtralForCausalLM", config)
    front = "model.layers.0.block_sparse_moe."
    written = {n.replace(".mlp.", ".block_sparse_moe."): t for n, t in own.items() if ".experts." not in n}
    for expert in range(2):
        for name, shape in (("w1", (96, 64)), ("w3", (96, 64)), ("w2", (64, 96))):
            written |= gptq(4, 32)(f"{front}experts.{expert}.{name}", shape)
    model, structure = read(make_checkpoint(written, "folder", config=config, content="folder"))
    assert model.joined[f"{front}experts.1.w2.qweight"] == "model.layers.0.mlp.experts.down_proj"
    assert structure.parameters == sum(math.prod(t.shape) for t in own.values())
    owners = {t.name: t.module for t in structure.tensors}
    assert owners[f"{front}experts.1.w2.qweight"] == "model.layers.0.mlp.experts"


def test_the_linear_layers_of_gpt2_lie_the_other_way_round() -> None:
    config = {
        "model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_embd": 64, "n_layer": 1, "n_head": 2,
        "vocab_size": 30, "n_positions": 16,
    }  # fmt: skip
    own = state("GPT2LMHeadModel", config)
    written: Tensors = {}
    for name, tensor in own.items():
        matrix = ".c_" in name and tensor.dim() == 2
        shape = tuple(tensor.shape)[::-1]
        written |= gptq(4, 32)(name.removesuffix(".weight"), shape) if matrix else {name: tensor}
    facts = read(make_checkpoint(written, "folder", config=config, content="folder"))[0].identification
    assert (facts.changed, facts.missing, facts.unexpected) == ((), (), ())


def test_torch_s_own_quantised_layers_stand_for_their_weight_and_bias() -> None:
    parts = "fc._packed_params._packed_params."
    lazy = [
        LazyTensor("fc.scale", "float32", (), None), LazyTensor("fc.zero_point", "int64", (), None),
        LazyTensor(f"{parts}0", "qint8", (4, 8), None, layout="quantized"),
        LazyTensor(f"{parts}0.scales", "float64", (4,), None, role="constant"),
        LazyTensor(f"{parts}1", "float32", (4,), None, role="parameter"),
        LazyTensor("e._packed_params._packed_weight", "quint4x2", (80,), None, layout="quantized"),
        LazyTensor("e._packed_params._packed_weight.scales", "float32", (10,), None, role="constant"),
    ]  # fmt: skip
    assert shapes_behind(lazy) == {"fc.weight": (4, 8), "fc.bias": (4,), "e.weight": (10, 16)}
    checkpoint = make_checkpoint(lazy)
    assert describe(checkpoint, identify(checkpoint, Options())).parameters == 4 * 8 + 4 + 160


def test_a_name_alone_proves_nothing() -> None:
    tensors = gptq(4)("a", (64, 128))
    tensors["a.scales"] = torch.zeros(2, 63)
    checkpoint = make_checkpoint(tensors)
    structure = describe(checkpoint, identify(checkpoint, Options()))
    facts = {t.name: t for t in structure.tensors}
    assert facts["a.qweight"].stands_for is None
    assert "counted as it is stored" in facts["a.qweight"].note
    assert not facts["a.scales"].scheme


def test_a_packed_weight_beside_its_parameter_is_left_as_it_is() -> None:
    tensors = gptq(4)("a", (64, 128)) | {"a.weight": torch.zeros(64, 128)}
    assert shapes_behind(make_checkpoint(tensors).tensors)["a.qweight"] == (16, 64)


def test_a_config_that_names_an_unknown_packing_is_said() -> None:
    tensors = {n: torch.zeros(t.shape) for n, t in llama().items()}
    model, structure = read(folder(tensors, quantization_config={"quant_method": "aqlm"}))
    assert "(aqlm), but no layout" in " ".join(model.identification.notes)
    assert structure.parameters == COUNT


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (None, ("", 0)), ({"quantization_config": 3}, ("", 0)), ({"quantization_config": {"bits": "4"}}, ("", 0)),
        ({"quantization_config": {"quant_method": ["gptq"], "bits": True}}, ("", 0)),
        ({"quantization_config": {"quant_method": "awq", "w_bit": 4}}, ("awq", 4)),
        ({"quantization_config": {"config_groups": {"group_0": {"weights": {"num_bits": 3}}, "x": 1}}}, ("", 3)),
    ],
)  # fmt: skip
def test_method_and_bits_are_read_from_the_config(config: Any, expected: tuple[str, int]) -> None:
    assert method_of(config) == expected


def test_the_unpacked_names_and_shapes_are_those_of_the_module() -> None:
    module = build(load_library("transformers").LlamaForCausalLM, load_library("transformers").LlamaConfig(**LLAMA))
    for make in (gptq(4), SCHEMES["AWQ 4 bit"], SCHEMES["bitsandbytes nf4"]):
        checkpoint = make_checkpoint(quantised(llama(), make))
        assert shapes_behind(checkpoint.tensors) == module_shapes(module)
        assert quantised_in(checkpoint) is quantised_in(checkpoint)


def test_ten_thousand_packed_weights_are_found_in_a_moment() -> None:
    lazy = []
    for i in range(10_000):
        for name, dtype, shape in (
            ("qweight", "int32", (16, 64)), ("qzeros", "int32", (2, 8)), ("scales", "float16", (2, 64)),
        ):  # fmt: skip
            lazy.append(LazyTensor(f"layers.{i}.{name}", dtype, shape, None))
    assert len(find_quantised(lazy).weights) == up(len(lazy), 3)


def test_code_of_the_user_that_builds_the_plain_network_fits_its_quantised_file() -> None:
    def make() -> nn.Module:
        return nn.Sequential(nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 128))

    tensors = {
        **gptq(4)("0", (64, 128)),
        "0.bias": torch.zeros(64),
        **gptq(4)("2", (128, 64)),
        "2.bias": torch.zeros(128),
    }
    model = identify(make_checkpoint(tensors), Options(model="make", factory=make))
    assert isinstance(model, Model)
    facts = model.identification
    assert (facts.matched, facts.total, facts.missing, facts.unexpected) == (4, 4, (), ())
    assert model.renamed == {"0.weight": "0.qweight", "2.weight": "2.qweight"}
    assert any("GPTQ 4 bit" in note for note in facts.notes)
