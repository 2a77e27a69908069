from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from tests.identify.patterns.networks import TOKENS, Attend, parts_of


class Rotary(Attend):
    """Queries and keys turned by the angles of their places; ``turn=False`` only scales them by cosines."""

    turn = True

    def cut(self, x: Tensor, heads: int) -> Tensor:
        y = super().cut(x, heads)
        angles = torch.arange(x.shape[1])[:, None] * torch.ones(self.size)
        half = self.size // 2
        turned = torch.cat((-y[..., half:], y[..., :half]), -1)
        return y * angles.cos() + turned * angles.sin() if self.turn else y * angles.cos()


class Scaled(Rotary):
    turn = False


def test_turned_queries_are_rotary_positions() -> None:
    (found,) = parts_of(Rotary(), TOKENS).attentions
    assert found.positions == "rotary"
    assert found.heads == 4


def test_a_cosine_alone_is_no_rotation() -> None:
    (found,) = parts_of(Scaled(), TOKENS).attentions
    assert found.positions == ""


class Biased(Attend):
    """Scores with a bias for each pair of places, from a table or from the data."""

    def __init__(self, *, table: bool) -> None:
        super().__init__(fused=False)
        self.table = nn.Embedding(19, 4) if table else None
        self.bias = nn.Linear(32, 4)

    def forward(self, x: Tensor, memory: Tensor | None = None) -> Tensor:
        q, k, v = (self.cut(layer(x), 4) for layer in (self.q, self.k, self.v))
        places = torch.arange(10)
        if self.table is not None:
            bias = self.table(places[:, None] - places[None] + 9).permute(2, 0, 1)
        else:
            bias = self.bias(x).transpose(1, 2)[:, :, :, None]
        return self.o(((q @ k.mT + bias).softmax(-1) @ v).transpose(1, 2).reshape(x.shape))


def test_a_table_looked_up_by_place_is_relative_positions() -> None:
    (found,) = parts_of(Biased(table=True), TOKENS).attentions
    assert found.positions == "relative"
    assert not found.masked


def test_a_bias_from_the_data_is_no_position() -> None:
    (found,) = parts_of(Biased(table=False), TOKENS).attentions
    assert found.positions == ""
    assert found.masked


class Masked(Attend):
    """A mask made by comparing places, the way round that ``later`` says, or given as it is."""

    def __init__(self, later: bool | None) -> None:
        super().__init__()
        self.later = later
        self.register_buffer("mask", torch.ones(10, 10))

    def forward(self, x: Tensor, memory: Tensor | None = None) -> Tensor:
        q, k, v = (self.cut(layer(x), 4) for layer in (self.q, self.k, self.v))
        places = torch.arange(10)
        mask: Tensor = self.mask
        if self.later is not None:
            query, key = places[:, None], places[None, :]
            mask = key >= query if self.later else key <= query
        y = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        return self.o(y.transpose(1, 2).reshape(x.shape))


def test_keys_up_to_the_query_are_a_causal_mask() -> None:
    (found,) = parts_of(Masked(later=False), TOKENS).attentions
    assert (found.mask, found.masked) == ("causal", True)


def test_a_mask_that_looks_ahead_is_not_causal() -> None:
    (found,) = parts_of(Masked(later=True), TOKENS).attentions
    assert (found.mask, found.masked) == ("", True)


def test_a_stored_mask_proves_nothing() -> None:
    (found,) = parts_of(Masked(later=None), TOKENS).attentions
    assert (found.mask, found.masked) == ("", True)
