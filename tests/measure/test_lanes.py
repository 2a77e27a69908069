from __future__ import annotations

import numpy as np
import pytest

from modelreport.measure.lanes import BLOCK_LANES, ROW_LANES, RUN, add_lanes, block_sum, fold, lane_sums


def folded(lanes: list[float]) -> float:
    while len(lanes) > 1:
        half = len(lanes) // 2
        lanes = [a + b for a, b in zip(lanes[:half], lanes[half:], strict=True)]
    return lanes[0]


@pytest.mark.parametrize("columns", [1, 15, 16, 17, 40, 64, 1000])
def test_each_lane_adds_its_numbers_in_order(columns: int) -> None:
    numbers = np.random.default_rng(columns).standard_normal((5, columns))
    sums = lane_sums(numbers, ROW_LANES)
    for row, lanes in zip(numbers, sums, strict=True):
        expected = [0.0] * ROW_LANES
        for j, x in enumerate(row):
            expected[j % ROW_LANES] += float(x)
        assert lanes.tolist() == expected
    assert fold(sums).tolist() == [folded(lanes) for lanes in sums.tolist()]


@pytest.mark.parametrize("cut", [16, 48, 96])
def test_sums_go_on_where_a_row_was_cut(cut: int) -> None:
    numbers = np.random.default_rng(1).standard_normal((1, 100))
    sums = np.zeros((1, ROW_LANES))
    add_lanes(sums, numbers[:, :cut])
    add_lanes(sums, numbers[:, cut:])
    assert sums.tolist() == lane_sums(numbers, ROW_LANES).tolist()


@pytest.mark.parametrize("size", [0, 1, 31, 32, RUN - 1, RUN, RUN + 1, 3 * RUN + 77])
def test_the_sum_of_a_block_follows_its_documented_order(size: int) -> None:
    numbers = np.random.default_rng(size).standard_normal(size)
    total = [0.0] * BLOCK_LANES
    for start in range(0, size, RUN):
        lanes = [0.0] * BLOCK_LANES
        for j, x in enumerate(numbers[start : start + RUN]):
            lanes[j % BLOCK_LANES] += float(x)
        total = [a + b for a, b in zip(total, lanes, strict=True)]
    assert block_sum(numbers) == folded(total)
