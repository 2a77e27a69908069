from __future__ import annotations

import numpy as np

from modelreport.measure import piece
from modelreport.measure.piece import SORTED_COUNT, finish, read_piece, read_whole
from modelreport.measure.told import Told
from modelreport.measure.walk import walk
from tests.measure.tensors import make_tensor


def test_a_small_tensor_tells_the_same_in_memory_and_streamed(monkeypatch: object) -> None:
    values = np.random.default_rng(0).standard_normal((64, SORTED_COUNT // 64)).astype(np.float16)
    values[3] = [np.nan, np.inf, 0, -0.0] * (SORTED_COUNT // 256)
    seen: list[Told] = []
    monkeypatch.setattr(piece, "TOLD", (lambda one: seen.append(one) or {},))  # type: ignore[attr-defined]
    plan = walk(make_tensor(values))
    read_whole(plan)
    finish(plan, read_piece(plan, 0, plan.rows))
    held, streamed = seen
    assert (held.summary.counts == streamed.summary.counts).all()  # type: ignore[attr-defined]
    assert np.array_equal(held.sample.values, streamed.sample.values, equal_nan=True)
    assert held.rows is not None
    assert streamed.rows is not None
    assert (held.rows.code == streamed.rows.code).all()
    joined = np.unique(streamed.buckets.value + 0.0)
    assert np.array_equal(held.buckets.value, joined)
    assert held.buckets.count.sum() == streamed.buckets.count.sum()
