"""What travels between processes is small and arrives unchanged."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from modelreport.checkpoint import LazyTensor
from modelreport.measure import survey
from modelreport.measure.codec import codec
from modelreport.measure.parcel import pack_counts, unpack_counts
from modelreport.measure.walk import walk
from tests.measure.tensors import map_file


@given(
    counts=hnp.arrays(
        np.int64, st.integers(0, 40), elements=st.sampled_from([0, 0, 0, 1, 255, 256, 65536, 2**32 - 1, 2**32, 2**62])
    )
)
def test_counts_arrive_unchanged(counts: Any) -> None:
    arrived = unpack_counts(pickle.loads(pickle.dumps(pack_counts(counts))))
    assert arrived.dtype == np.int64
    assert np.array_equal(arrived, counts)
    arrived += 1  # may be added to


def test_a_codec_is_looked_up_where_it_arrives() -> None:
    sent = pickle.dumps(codec("bfloat16"))
    assert len(sent) < 200
    assert pickle.loads(sent) is codec("bfloat16")


@pytest.mark.parametrize(("dtype", "most"), [("float32", 60_000), ("bfloat16", 60_000), ("float16", 160_000)])
def test_a_piece_of_ordinary_weights_travels_in_a_fraction_of_its_table(
    tmp_path: Path, dtype: str, most: int, request: pytest.FixtureRequest
) -> None:
    values = np.random.default_rng(0).standard_normal((4096, 1024), np.float32) * np.float32(0.02)
    raw = values.view(np.uint32) >> 16 if dtype == "bfloat16" else values.astype(np.dtype(dtype.replace("bf", "f")))
    data = raw.astype(np.uint16).tobytes() if dtype == "bfloat16" else raw.tobytes()
    file, storage = map_file(tmp_path / "f", data)
    request.addfinalizer(file.close)
    plan = walk(LazyTensor("t", dtype, (4096, 1024), storage))
    task = survey._Task((0,), (plan,), 0, 1024, split=True)
    assert len(pickle.dumps(task)) < 2000
    (found,) = survey._work(task)
    arrived = pickle.loads(pickle.dumps(found))
    assert np.array_equal(arrived.summary.counts, found.summary.counts)
    assert len(pickle.dumps((found.summary, found.channels, found.rows))) < most
    arrived.merge(found)
    assert arrived.summary.counts.sum() == 2 * found.summary.counts.sum()
