"""Vectors of another model: as wide as settings or layers say."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from torch import nn

from modelreport.trace.inputs.condition import TOKENS, condition_of, setting


def with_config(config: object) -> nn.Module:
    module = nn.Linear(2, 2)
    module.config = config
    return module


@pytest.mark.parametrize(
    ("config", "width"),
    [
        ({"cross_attention_dim": 768}, 768),
        ({"cross_attention_dim": [1024, 1024]}, 1024),
        ({"cross_attention_dim": 2048, "encoder_hid_dim": 4096}, 4096),
        (SimpleNamespace(joint_attention_dim=4096), 4096),
    ],
)
def test_the_configuration_says_how_wide_the_vectors_are(config, width):
    assert condition_of("encoder_hidden_states", with_config(config)).shape == (1, TOKENS, width)


@pytest.mark.parametrize("value", ["wide", True, 0, -3, [], {}])
def test_senseless_settings_say_nothing(value):
    assert condition_of("encoder_hidden_states", with_config({"cross_attention_dim": value})) is None


@pytest.mark.parametrize("name", ["sample", "attention_mask", "y", "hidden_states"])
def test_other_arguments_are_no_condition(name):
    assert condition_of(name, with_config({"cross_attention_dim": 768})) is None


class Attention(nn.Module):
    def __init__(self, width: int, context: int) -> None:
        super().__init__()
        self.to_q, self.to_k = nn.Linear(width, 32), nn.Linear(context, 32)


def test_layers_show_what_keys_are_made_from():
    two = nn.ModuleDict({"attn1": Attention(32, 32), "attn2": Attention(32, 48)})
    assert condition_of("context", two).shape == (1, TOKENS, 48)
    assert condition_of("context", nn.ModuleDict({"a": nn.MultiheadAttention(8, 2, kdim=24, vdim=24)})).shape[2] == 24


def test_attention_of_equal_widths_is_cross_only_by_name():
    assert condition_of("context", nn.ModuleDict({"cross_attn": Attention(32, 32)})).shape == (1, TOKENS, 32)
    assert condition_of("context", nn.ModuleDict({"attn1": Attention(32, 32)})) is None


def test_settings_come_from_objects_and_mappings():
    assert setting(with_config({"sample_size": 64}), "missing", "sample_size") == 64
    assert setting(with_config(SimpleNamespace(sample_size=32)), "sample_size") == 32
    assert setting(nn.Linear(2, 2), "sample_size") is None
