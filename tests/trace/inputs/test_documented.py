"""Shapes read from docstrings."""

from __future__ import annotations

import pytest

from modelreport.trace.inputs.config import Config
from modelreport.trace.inputs.documented import MOST, documented, size_of
from tests.trace.inputs.subjects import Settings


def forward():
    """Both styles.

    Args:
        past_values (`torch.FloatTensor` of shape `(batch_size, sequence_length, input_size)`, *optional*):
            Values of the past, of shape `(not, this)`.
        ids (`torch.LongTensor` of shape `(batch_size, sequence_length)`):
            Ids.
        vision: Vision features [batch_size, height*width, hidden_size]
        flag (`bool`): No tensor.

    Returns:
        out (`torch.Tensor` of shape `(1, 2)`): what comes back.
    """


def test_both_styles_are_read_and_what_comes_back_is_not():
    found = documented(forward)
    assert {name: stated.dims for name, stated in found.items()} == {
        "past_values": ("batch_size", "sequence_length", "input_size"),
        "ids": ("batch_size", "sequence_length"),
        "vision": ("batch_size", "height*width", "hidden_size"),
    }
    assert "LongTensor" in found["ids"].kind


def test_functions_without_a_docstring_state_nothing():
    assert documented(lambda x: x) == {}


@pytest.mark.parametrize(
    ("dim", "size"),
    [
        ("batch_size", 1), ("sequence_length", 100), ("sequence_length + 1", 101), ("height*width", 32 * 48),
        ("config.state_dim", 17), ("hidden_size", 12), ("num_mel_bins", 80), ("7", 7), ("2 * state_dim", 34),
        ("num_patches", 2 * 3), ("the rest of them", None), ("", None), (str(10**12), None),
        ("99999999*99999999", None),
    ],
)  # fmt: skip
def test_dimensions_in_words_become_sizes(dim, size):
    config = Config(Settings(max_position_embeddings=100, image_size=[32, 48], state_dim=17, hidden_size=12))
    assert size_of(dim, config) == size


def test_settings_too_large_are_no_sizes():
    assert size_of("state_dim", Config(Settings(state_dim=MOST + 1))) is None
