from __future__ import annotations

from torch import Tensor, nn

from tests.identify.patterns.networks import TOKENS, Layer, parts_of, stack


def test_layers_in_a_row_are_one_tower() -> None:
    (tower,) = parts_of(stack(5), TOKENS).towers
    assert tower.layers == 5
    assert tower.tags == [frozenset({"self"}), frozenset({"mlp"})] * 5


def test_a_change_of_width_begins_a_stage_that_follows() -> None:
    net = nn.Sequential(stack(2, width=32), nn.Linear(32, 64), stack(3, width=64))
    first, second = parts_of(net, TOKENS).towers
    assert (first.layers, second.layers, second.after) == (2, 3, 0)


def test_towers_side_by_side_do_not_follow_each_other() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.two = stack(2), stack(3)

        def forward(self, x: Tensor) -> Tensor:
            return self.one(x) * self.two(x)

    first, second = parts_of(Net(), TOKENS).towers
    assert (first.layers, second.layers, second.after) == (2, 3, None)


def test_a_long_by_pass_over_layers_is_no_layer() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.Sequential(Layer(), Layer())

        def forward(self, x: Tensor) -> Tensor:
            return x + self.layers(x)

    (tower,) = [tower for tower in parts_of(Net(), TOKENS).towers if tower.residuals]
    assert tower.layers == 2
