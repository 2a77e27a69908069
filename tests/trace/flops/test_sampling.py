"""Interpolation, sampling and sums into places."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from modelreport.trace.flops.registry import ARITHMETIC
from tests.trace.models import flops_of


def enlarged(mode, **more):
    return lambda x: functional.interpolate(x, scale_factor=2, mode=mode, **more)


def test_nearest_neighbours_only_move():
    assert flops_of(enlarged("nearest"), (1, 3, 4, 4)) == 0


def lerp(a, b, s):
    """Two products with the weights of both sides, and a sum."""
    return a * s + b * s


def test_linear_interpolation_costs_its_products_and_sums():
    def written_out(a, b, c, d, s):
        return lerp(lerp(a, b, s), lerp(c, d, s), s)

    out = (1, 3, 8, 8)
    assert flops_of(enlarged("bilinear"), (1, 3, 4, 4)) == flops_of(written_out, *[out] * 4, (8,))
    assert flops_of(enlarged("linear"), (1, 3, 4)) == flops_of(lerp, (1, 3, 8), (1, 3, 8), (8,))
    assert flops_of(enlarged("trilinear"), (1, 3, 4, 4, 4)) == 21 * 3 * 512
    assert flops_of(enlarged("bicubic"), (1, 3, 4, 4)) == 35 * 3 * 64


def test_antialiased_reduction_widens_the_taps():
    plain = flops_of(lambda x: functional.interpolate(x, size=(4, 4), mode="bilinear", antialias=True), (1, 1, 16, 16))
    assert plain == 4 * (16 * 15 + 4 * 15)  # 8 taps in each direction


@pytest.mark.parametrize(("mode", "place", "tap"), [("bilinear", 16, 7), ("nearest", 8, 0), ("bicubic", 58, 35)])
def test_grid_samples_pay_for_places_once_and_for_channels_each(mode, place, tap):
    def sample(x, grid):
        return functional.grid_sample(x, grid, mode=mode, align_corners=False)

    assert flops_of(sample, (1, 5, 8, 8), (1, 6, 7, 2)) == 42 * (place + 5 * tap)


def test_space_samples_take_eight_taps():
    def sample(x, grid):
        return functional.grid_sample(x, grid, align_corners=False)

    assert flops_of(sample, (1, 5, 8, 8, 8), (1, 2, 3, 4, 3)) == 24 * (34 + 5 * 15)


def test_regions_pay_for_their_samples_or_have_no_formula():
    out = torch.empty(3, 4, 7, 7)
    arguments = (torch.empty(1, 4, 32, 32), torch.empty(3, 5), 1.0, 7, 7)
    assert ARITHMETIC["torchvision.roi_align"](*arguments, 2, False, out=out) == out.numel() * 32
    with pytest.raises(ValueError, match="depends on the regions"):
        ARITHMETIC["torchvision.roi_align"](*arguments, 0, False, out=out)


def test_boxes_are_compared_in_pairs():
    assert ARITHMETIC["torchvision.nms"](torch.empty(10, 4), out=None) == 30 + 13 * 45


def test_bags_add_their_rows():
    indices = torch.zeros(6, dtype=torch.int64)
    offsets = torch.tensor([0, 2])

    def bag(mode):
        return lambda table: functional.embedding_bag(indices, table, offsets, mode=mode)

    assert flops_of(bag("sum"), (10, 8)) == (6 - 2) * 8
    assert flops_of(bag("mean"), (10, 8)) == (6 - 2) * 8 + 2 * 8


def test_sums_into_places_cost_an_addition_each():
    index = torch.zeros(6, dtype=torch.int64)
    assert flops_of(lambda x, y: x.index_add(0, index, y), (3, 4), (6, 4)) == 24
    assert flops_of(lambda x, y: x.scatter_add(0, index[:, None].expand(6, 4), y), (3, 4), (6, 4)) == 24
    assert flops_of(lambda x, y: x.index_put((index,), y, accumulate=True), (3, 4), (6, 4)) == 24
    assert flops_of(lambda x, y: x.index_put((index,), y), (3, 4), (6, 4)) == 0
    assert flops_of(lambda x: functional.fold(x, (4, 4), 3, padding=1), (1, 9, 16)) == 9 * 16 - 16
