from __future__ import annotations

import numpy as np

from modelreport.measure.piece import SORTED_COUNT, finish, read_piece, read_whole
from modelreport.measure.walk import walk
from tests.measure.tensors import close, make_tensor


def test_pieces_merged_in_order_equal_one_piece() -> None:
    values = np.random.default_rng(0).standard_normal((50, 20)).astype(np.float32)
    values[10] = 0
    plan = walk(make_tensor(values))
    whole = finish(plan, read_piece(plan, 0, 50))
    merged = read_piece(plan, 0, 10)
    merged.merge(read_piece(plan, 10, 11))
    merged.merge(read_piece(plan, 11, 50))
    found = finish(plan, merged)
    assert (found.zero_channels, found.quantiles, found.histogram) == (1, whole.quantiles, whole.histogram)
    assert close(found.norm, whole.norm or 0)


def test_a_sorted_tensor_and_a_streamed_one_tell_the_same() -> None:
    values = np.random.default_rng(1).standard_normal((SORTED_COUNT // 64, 64)).astype(np.float16)
    plan = walk(make_tensor(values))
    small, streamed = read_whole(plan), finish(plan, read_piece(plan, 0, plan.rows))
    assert small.digest == streamed.digest
    assert np.allclose(small.quantiles, streamed.quantiles, rtol=1e-12)
    assert small.histogram == streamed.histogram
    assert close(small.std, streamed.std or 0)


def test_crowded_numbers_are_read_twice() -> None:
    values = (50 + np.random.default_rng(2).standard_normal(SORTED_COUNT * 2)).astype(np.float32)
    found = read_whole(walk(make_tensor(values)))
    assert abs(found.quantiles[4] - float(np.median(values))) < float(np.ptp(values)) / 4096
