from __future__ import annotations

from typing import Any

import torch

from modelreport.identify.construct import build
from modelreport.identify.conversions import Conversions, conversions_of
from modelreport.identify.fitting import compare
from modelreport.identify.libraries import load_library


def vit() -> Any:
    transformers = load_library("transformers")
    config = transformers.ViTConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=20, image_size=32
    )
    return build(transformers.ViTModel, config)


def test_a_name_of_an_older_version_becomes_the_present_one() -> None:
    found = conversions_of(vit(), ["encoder.layer.0.attention.attention.key.bias", "embeddings.cls_token"])
    assert found.renamed == {"encoder.layer.0.attention.attention.key.bias": "layers.0.attention.k_proj.bias"}
    assert not found.joined


def test_names_of_any_length_and_kind_do_no_harm() -> None:
    assert conversions_of(vit(), ["x" * 10_000_000, "", "(", "\\1", "encoder.layer."]) == Conversions()


def test_a_module_that_is_not_of_transformers_has_no_conversions() -> None:
    assert conversions_of(torch.nn.Linear(2, 2), ["weight"]) == Conversions()


def test_joined_tensors_fit_by_their_elements() -> None:
    module = torch.nn.Linear(4, 6)
    halves = Conversions(joined={"a": ("weight",), "b": ("weight",)})
    fit = compare(module, {"a": (3, 4), "b": (3, 4), "bias": (6,)}, conversions=halves)
    assert fit.exact
    assert (fit.matched, fit.total) == (3, 3)
    assert fit.joined == {"a": "weight", "b": "weight"}
    short = compare(module, {"a": (3, 4), "b": (2, 4), "bias": (6,)}, conversions=halves)
    assert short.changed == ("weight",)
    assert (short.matched, short.total) == (1, 3)
