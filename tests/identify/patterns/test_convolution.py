from __future__ import annotations

from torch import Tensor, nn

from modelreport.identify.patterns.convolution import block_kind, conv_blocks
from tests.identify.patterns.networks import parts_of
from tests.trace.models import spec

GRID = spec(1, 8, 16, 16)


def conv(a: int, b: int, size: int = 1, groups: int = 1, act: bool = True) -> list[nn.Module]:
    layers = [nn.Conv2d(a, b, size, padding=size // 2, groups=groups, bias=False), nn.BatchNorm2d(b)]
    return [*layers, nn.ReLU()] if act else layers


class Residual(nn.Module):
    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.body = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x)


def kinds_of(*layers: nn.Module) -> list[str]:
    parts = parts_of(Residual(*layers), GRID)
    return [block_kind(parts.convolutions, residual.branch) for residual in parts.residuals]


def test_blocks_are_named_by_their_convolutions() -> None:
    assert kinds_of(*conv(8, 4), *conv(4, 4, 3), *conv(4, 8, act=False)) == ["bottleneck"]
    assert kinds_of(*conv(8, 4), *conv(4, 4, 3, groups=2), *conv(4, 8, act=False)) == ["grouped bottleneck"]
    assert kinds_of(*conv(8, 8, 3), *conv(8, 8, 3, act=False)) == ["basic"]
    assert kinds_of(*conv(8, 32), *conv(32, 32, 3, groups=32), *conv(32, 8, act=False)) == ["inverted residual"]
    assert kinds_of(*conv(8, 8, 3), *conv(8, 8, 3), *conv(8, 8, 3)) == ["residual"]
    assert kinds_of(*conv(8, 16), *conv(16, 16, 3), *conv(16, 8, act=False)) == ["residual"]  # wide in the middle


def test_depthwise_blocks_tell_widened_ones_from_separable_ones() -> None:
    net = nn.Sequential(
        *conv(8, 8, 3, groups=8), *conv(8, 16), *conv(16, 64), *conv(64, 64, 5, groups=64), *conv(64, 16)
    )
    separable, inverted = parts_of(net, GRID).depthwise
    assert (separable.kernel, separable.expansion, separable.channels) == ((3, 3), None, 16)
    assert (inverted.kernel, inverted.expansion, inverted.channels) == ((5, 5), 4.0, 16)


def test_a_chain_of_separable_blocks_is_not_inverted() -> None:
    net = nn.Sequential(*conv(8, 16), *conv(16, 16, 3, groups=16), *conv(16, 32))
    (found,) = parts_of(net, GRID).depthwise
    assert found.expansion is None


class Gate(nn.Module):
    """A gate over channels from the means of the same grid, or of another."""

    def __init__(self, same: bool) -> None:
        super().__init__()
        self.pool, self.one, self.two = nn.AdaptiveAvgPool2d(1), nn.Conv2d(8, 2, 1), nn.Conv2d(2, 8, 1)
        self.same = same

    def forward(self, x: Tensor) -> Tensor:
        seen = x if self.same else x.flip(2)
        return x * self.two(self.one(self.pool(seen)).relu()).sigmoid()


def test_squeeze_excite_needs_the_means_of_what_it_weighs() -> None:
    (found,) = parts_of(Gate(same=True), GRID).squeezes
    assert (found.channels, found.squeezed) == (8, 2)
    assert parts_of(Gate(same=False), GRID).squeezes == []


def test_what_follows_a_convolution_is_counted() -> None:
    parts = parts_of(nn.Sequential(*conv(8, 8, 3), *conv(8, 8, 3, act=False), nn.Conv2d(8, 4, 1)), GRID)
    found = {key: len(members) for key, members in conv_blocks(parts.network, parts.convolutions).items()}
    assert found == {("batch norm", "ReLU"): 1, ("batch norm", ""): 1, ("", ""): 1}


def test_patches_are_convolutions_without_overlap() -> None:
    (patches,) = parts_of(nn.Conv2d(8, 4, 4, 4), GRID).convolutions.values()
    (overlapping,) = parts_of(nn.Conv2d(8, 4, 4, 2), GRID).convolutions.values()
    assert (patches.tiles, overlapping.tiles) == (True, False)
