from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from tests.identify.patterns.networks import TOKENS, Attend, parts_of
from tests.trace.models import spec


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("causal", [True, False])
def test_heads_width_and_mask_are_proved_for_fused_and_written_out_attention(fused: bool, causal: bool) -> None:
    (found,) = parts_of(Attend(32, 4, fused=fused, causal=causal), TOKENS).attentions
    assert (found.heads, found.key_heads, found.head_width, found.width) == (4, 4, 8, 32)
    assert found.cross is False
    assert found.mask == ("causal" if causal else "")


@pytest.mark.parametrize("fused", [True, False])
def test_fewer_key_heads_are_seen(fused: bool) -> None:
    (found,) = parts_of(Attend(32, 4, key_heads=2, fused=fused), TOKENS).attentions
    assert (found.heads, found.key_heads) == (4, 2)


def test_queries_and_keys_from_different_data_are_cross_attention() -> None:
    (found,) = parts_of(Attend(), spec(1, 10, 32, name="x"), spec(1, 10, 32, name="memory")).attentions
    assert found.cross is True


def test_the_module_of_torch_is_attention() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.attention = nn.MultiheadAttention(32, 4, batch_first=True)

        def forward(self, x: Tensor) -> Tensor:
            return self.attention(x, x, x, need_weights=False)[0]

    (found,) = parts_of(Net(), TOKENS).attentions
    assert (found.heads, found.head_width, found.width, found.cross) == (4, 8, 32, False)


def test_one_weight_for_queries_keys_and_values_is_self_attention() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.qkv = nn.Linear(32, 96)

        def forward(self, x: Tensor) -> Tensor:
            q, k, v = self.qkv(x).reshape(1, 10, 3, 4, 8).permute(2, 0, 3, 1, 4)
            return ((q @ k.transpose(-2, -1)).softmax(dim=-1) @ v).transpose(1, 2).reshape(1, 10, 32)

    (found,) = parts_of(Net(), TOKENS).attentions
    assert (found.heads, found.head_width, found.width, found.cross) == (4, 8, 32, False)


def test_an_einsum_is_a_product_too() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.q, self.k, self.v = (nn.Linear(32, 32) for _ in range(3))

        def forward(self, x: Tensor) -> Tensor:
            q, k, v = (layer(x).view(1, 10, 4, 8) for layer in (self.q, self.k, self.v))
            weights = torch.einsum("bqhd,bkhd->bhqk", q, k).softmax(-1)
            return torch.einsum("bhqk,bkhd->bqhd", weights, v).reshape(1, 10, 32)

    (found,) = parts_of(Net(), TOKENS).attentions
    assert (found.heads, found.head_width) == (4, 8)


def test_no_heads_are_claimed_where_no_width_was_cut() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.q, self.k, self.v = (nn.Linear(32, 32) for _ in range(3))

        def forward(self, x: Tensor) -> Tensor:
            return (self.q(x) @ self.k(x).transpose(-1, -2)).softmax(-1) @ self.v(x)

    (found,) = parts_of(Net(), TOKENS).attentions
    assert found.heads is None
    assert found.head_width is None
    assert found.width == 32


class Classify(nn.Module):
    """A softmax over classes."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(32, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x).softmax(-1)


class Pool(nn.Module):
    """A softmax over places that weighs them, with no products of queries and keys before it."""

    def __init__(self) -> None:
        super().__init__()
        self.score = nn.Linear(32, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.score(x).transpose(1, 2).softmax(-1) @ x


class WrongAxis(Classify):
    """Products on both sides, but a softmax over the queries."""

    def forward(self, x: Tensor) -> Tensor:
        return self.layer((x @ x.transpose(-1, -2)).softmax(-2) @ x)


class Gate(nn.Module):
    """A softmax that weighs features element by element."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Linear(32, 32), nn.Linear(32, 32)

    def forward(self, x: Tensor) -> Tensor:
        return functional.softmax(self.one(x), -1) * self.two(x)


@pytest.mark.parametrize("near", [Classify, Pool, WrongAxis, Gate])
def test_other_uses_of_a_softmax_are_not_attention(near: type[nn.Module]) -> None:
    assert parts_of(near(), TOKENS).attentions == []
