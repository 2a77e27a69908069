from __future__ import annotations

import torch
from torch import Tensor, nn

from tests.identify.patterns.networks import stack
from tests.identify.patterns.sentences import paragraph_of
from tests.identify.patterns.test_convolution import Residual, conv
from tests.trace.models import spec

GRID = spec(1, 8, 16, 16)


def block(width: int) -> nn.Module:
    return Residual(*conv(width, width, 3), *conv(width, width, 3, act=False))


def test_stages_of_residual_blocks_are_counted_with_their_widths() -> None:
    net = nn.Sequential(block(8), block(8), nn.Conv2d(8, 16, 3, 2, 1), block(16), block(16), block(16))
    text = paragraph_of(net, GRID)
    assert "of 2 stages with 2 and 3 basic residual blocks (two convolutions each), widths 8 to 16" in text


def test_a_plain_row_is_counted_by_kernel() -> None:
    text = paragraph_of(nn.Sequential(*conv(8, 16, 3), *conv(16, 16, 3), *conv(16, 4)), GRID)
    assert "A convolutional network of 3 convolutions (2 of 3×3 and 1 of 1×1), 4 to 16 channels" in text
    assert "batch norm and ReLU" in text


def test_depthwise_blocks_are_counted_by_kind() -> None:
    layers: list[nn.Module] = []
    for _ in range(3):
        layers += [*conv(8, 32), *conv(32, 32, 3, groups=32), *conv(32, 8, act=False)]
    text = paragraph_of(nn.Sequential(*layers), GRID)
    assert "3 inverted residual blocks (widened 4 times) with depthwise convolutions of 3×3, width" in text.replace(
        "widths 8", "width 8"
    )


class Down(nn.Module):
    """One step down and up again; ``join`` keeps what was before."""

    def __init__(self, join: bool) -> None:
        super().__init__()
        self.one, self.two, self.join = nn.Conv2d(8, 8, 3, padding=1), nn.Conv2d(8, 8, 3, 2, 1), join
        self.up, self.last = nn.ConvTranspose2d(8, 8, 2, 2), nn.Conv2d(16 if join else 8, 8, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        kept = self.one(x)
        y = self.up(self.two(kept))
        return self.last(torch.cat((kept, y), 1) if self.join else y)


def test_what_joins_the_way_down_and_the_way_up_is_told() -> None:
    text = paragraph_of(Down(join=True), GRID)
    assert "It goes down to 1/2 of the resolution and up again, with 1 connection joined by concatenation" in text
    assert "up again" not in paragraph_of(Down(join=False), GRID)


def test_transposed_convolutions_are_named_before_their_kernels() -> None:
    up = nn.Sequential(nn.ConvTranspose2d(16, 8, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(8, 3, 4, 2, 1), nn.Tanh())
    text = paragraph_of(up, spec(1, 16, 4, 4))
    assert "2 transposed convolutions of 4×4" in text
    mixed = nn.Sequential(nn.Conv2d(16, 16, 3, padding=1), nn.ReLU(), *up)
    assert "(2 transposed of 4×4 and 1 of 3×3)" in paragraph_of(mixed, spec(1, 16, 4, 4))


def test_a_norm_that_the_layers_are_told_with_is_not_told_again() -> None:
    class Norm(nn.LayerNorm):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x.movedim(1, -1)).movedim(-1, 1)

    class Mixed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.convs = nn.Sequential(*(nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), Norm(8)) for _ in range(5)))
            self.layers = stack(3)

        def forward(self, x: Tensor) -> Tensor:
            return self.layers(self.convs(x).flatten(2).mT.repeat(1, 1, 4))

    text = paragraph_of(Mixed(), GRID)
    assert "5 convolutions" in text
    assert text.count("LayerNorm") == 1
