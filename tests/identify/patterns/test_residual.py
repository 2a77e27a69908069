from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from tests.identify.patterns.networks import TOKENS, Layer, parts_of, stack
from tests.trace.models import spec


@pytest.mark.parametrize("norm", ["pre", "post", "both", "end"])
def test_where_the_norm_stands_is_read_off_the_data_flow(norm: str) -> None:
    parts = parts_of(stack(3, norm), TOKENS)
    assert [residual.norm for tower in parts.towers for residual in tower.residuals] == [norm] * 6


def test_a_projected_by_pass_is_residual() -> None:
    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.two = nn.Conv2d(4, 8, 3, 2, 1), nn.Conv2d(8, 8, 3, padding=1)
            self.short = nn.Conv2d(4, 8, 1, 2)

        def forward(self, x: Tensor) -> Tensor:
            return self.two(self.one(x).relu()) + self.short(x)

    (found,) = parts_of(Block(), spec(1, 4, 8, 8)).residuals
    assert found.projected
    assert found.trunk == -1  # the input of the model


class Branches(nn.Module):
    """Two branches of equal length, added."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Linear(32, 32), nn.Linear(32, 32)

    def forward(self, x: Tensor) -> Tensor:
        return self.one(x) + self.two(x)


class Positions(Branches):
    """A stored table added to data."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.zeros(1, 10, 32))

    def forward(self, x: Tensor) -> Tensor:
        return self.one(x) + self.table


class Polynomial(Branches):
    """A sum of an activation's terms, no layer in it."""

    def forward(self, x: Tensor) -> Tensor:
        y = self.one(x)
        return y + 0.044715 * y**3


class Unrelated(Branches):
    """Two inputs added."""

    def forward(self, x: Tensor, y: Tensor) -> Tensor:  # type: ignore[override]
        return self.one(x) + self.two(y)


@pytest.mark.parametrize("near", [Branches, Positions, Polynomial])
def test_other_sums_are_not_residual(near: type[nn.Module]) -> None:
    assert parts_of(near(), TOKENS).residuals == []


def test_a_sum_of_two_inputs_is_not_residual() -> None:
    assert parts_of(Unrelated(), spec(1, 10, 32, name="x"), spec(1, 10, 32, name="y")).residuals == []


def test_a_norm_after_the_last_block_does_not_make_it_post_norm() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers, self.last = nn.Sequential(*(Layer("none") for _ in range(2))), nn.LayerNorm(32)

        def forward(self, x: Tensor) -> Tensor:
            return self.last(self.layers(x))

    parts = parts_of(Net(), TOKENS)
    assert {residual.norm for tower in parts.towers for residual in tower.residuals} == {""}


def test_the_search_ends_early_rather_than_never() -> None:
    from modelreport.identify.patterns import residual

    parts = parts_of(stack(2), TOKENS)
    before, residual.BUDGET = residual.BUDGET, 10
    try:
        found, whole = residual.find_residuals(parts.network)
    finally:
        residual.BUDGET = before
    assert not whole
    assert len(found) < 4


def test_a_low_rank_update_of_a_layer_is_not_residual() -> None:
    class Updated(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer, self.down, self.up = nn.Linear(32, 32), nn.Linear(32, 4), nn.Linear(4, 32)

        def forward(self, x: Tensor) -> Tensor:
            return self.layer(x) + self.up(self.down(x)) * 2.0

    assert parts_of(Updated(), TOKENS).residuals == []
