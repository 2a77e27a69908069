from __future__ import annotations

import json
from typing import Any

import pytest
import torch

from modelreport.checkpoint import LazyTensor
from modelreport.identify.packing import rules_for
from modelreport.identify.quantised import find_quantised
from tests.identify.checkpoints import make_checkpoint
from tests.identify.quantising import SCHEMES, Tensors, awq_gemv, bitnet, bitsandbytes, gptq, modelopt, shapes_behind


def lazy(tensors: Tensors) -> tuple[LazyTensor, ...]:
    return make_checkpoint(tensors).tensors


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_layout_gives_the_weight_back_and_takes_all_that_lies_beside_it(scheme: str) -> None:
    """Sizes of which none is a multiple of another, so that rows and columns cannot be mistaken."""
    found = find_quantised(lazy(SCHEMES[scheme]("a.b", (320, 192))))
    (packed,) = found.weights.values()
    flat = scheme == "quanto 4 bit"  # its groups are not in the file
    assert (packed.weight, packed.shape) == ("a.b.weight", (320 * 192,) if flat else (320, 192))
    assert packed.scheme == scheme
    assert {*found.parts, packed.name} == set(SCHEMES[scheme]("a.b", (320, 192)))


@pytest.mark.parametrize(("make", "scheme"), [(awq_gemv, "AWQ 4 bit"), (modelopt, "NVFP4")])
def test_other_layouts_of_a_scheme_are_known_as_well(make: Any, scheme: str) -> None:
    lazy = make_checkpoint(make("a", (256, 512))).tensors
    assert shapes_behind(lazy) == {"a.weight": (256, 512)}
    assert {find_quantised(lazy).scheme(t.name) for t in lazy} == {scheme}


def test_ternary_weights_are_unpacked_where_the_config_names_the_method() -> None:
    lazy = make_checkpoint(bitnet("a", (256, 512))).tensors
    assert shapes_behind(lazy, {"quantization_config": {"quant_method": "bitnet"}}) == {"a.weight": (256, 512)}
    assert shapes_behind(lazy) == {"a.weight": (64, 512), "a.weight_scale": (1,)}


def test_bits_that_shapes_leave_open_are_taken_from_the_config() -> None:
    tensors = {n: t for n, t in gptq(4, order=False)("a", (64, 128)).items() if "zeros" not in n}
    lazy = make_checkpoint(tensors).tensors
    assert shapes_behind(lazy)["a.qweight"] == (16, 64)
    assert shapes_behind(lazy, {"quantization_config": {"bits": 4}}) == {"a.weight": (64, 128)}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_layout_without_its_scales_proves_nothing(scheme: str) -> None:
    tensors = SCHEMES[scheme]("a", (128, 64))
    packed = next(iter(find_quantised(lazy(tensors)).weights))
    assert not find_quantised(lazy({packed: tensors[packed]})).weights


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_packed_weight_of_another_size_than_its_scales_proves_nothing(scheme: str) -> None:
    tensors = SCHEMES[scheme]("a", (256, 256))
    packed = next(iter(find_quantised(lazy(tensors)).weights))
    tensors[packed] = torch.zeros((7, 3), dtype=tensors[packed].dtype)
    assert not find_quantised(lazy(tensors)).weights


@pytest.mark.parametrize(
    "told",
    [
        {"shape": [64, 128, 2]}, {"shape": [-64, -128]}, {"shape": "64, 128"}, {"shape": [64.0, 128]}, {"shape": []},
        {"shape": [True, 8192]}, {"shape": [1 << 70]}, {}, [], None, 3,
    ],
)  # fmt: skip
def test_a_false_description_of_a_weight_in_four_bits_is_not_believed(told: Any) -> None:
    tensors = bitsandbytes("nf4")("a", (64, 128))
    text = list(json.dumps(told).encode())
    tensors["a.weight.quant_state.bitsandbytes__nf4"] = torch.tensor(text, dtype=torch.uint8)
    assert not find_quantised(lazy(tensors)).weights


@pytest.mark.parametrize("damaged", [b"{", b"[" * 12_000, b"\xff" * 40, b"{" * 100_000])
def test_a_damaged_description_is_not_read(damaged: bytes) -> None:
    tensors = bitsandbytes("nf4")("a", (64, 128))
    tensors["a.weight.quant_state.bitsandbytes__nf4"] = torch.tensor(list(damaged), dtype=torch.uint8)
    assert not find_quantised(lazy(tensors)).weights


def test_a_description_whose_bytes_are_missing_is_not_read() -> None:
    names = {"a.weight": ("uint8", (4096, 1)), "a.weight.quant_state.bitsandbytes__nf4": ("uint8", (90,))}
    assert not find_quantised([LazyTensor(n, d, s, None) for n, (d, s) in names.items()]).weights


def test_ordinary_tensors_follow_no_rule() -> None:
    for name, dtype in (("conv.bias", "float32"), ("bn.running_mean", "float32"), ("ids", "int64")):
        assert rules_for(name, LazyTensor(name, dtype, (2, 2), None)) == ()
    plain = {"a.weight": torch.zeros(4, 4), "a.bias": torch.zeros(4), "n.weight_scale": torch.zeros(1)}
    assert not find_quantised(lazy(plain)).weights


def test_words_of_other_widths_are_unpacked_alike() -> None:
    """GPTQModel can pack into 16-bit words: ``pack_dtype``."""
    tensors = {
        "a.qweight": torch.zeros(192 * 4 // 16, 320, dtype=torch.int16),
        "a.qzeros": torch.zeros(3, 320 * 4 // 16, dtype=torch.int16),
        "a.scales": torch.zeros(3, 320, dtype=torch.float16),
    }
    assert shapes_behind(lazy(tensors)) == {"a.weight": (320, 192)}
