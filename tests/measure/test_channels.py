from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelreport.measure.channels import Channels
from modelreport.measure.codec import codec


@given(
    rows=st.lists(st.sampled_from([[0, 0, 0], [0, 0, 1], [2, 2, 2], [1, 2, 1], [0, -0.0, 0], [3, 3, 4]]), max_size=8),
    cuts=st.lists(st.integers(0, 24), max_size=5),
    dtype=st.sampled_from(["float32", "float16", "bfloat16", "float8_e5m2"]),
)
def test_rows_are_counted_alike_however_blocks_cut_them(rows: list[list[float]], cuts: list[int], dtype: str) -> None:
    kind: Any = np.dtype(dtype) if dtype in ("float32", "float16") else np.dtype(getattr(ml_dtypes, dtype))
    flat = np.array(rows, np.float32).reshape(-1).astype(kind)
    counter = Channels(codec(dtype), 3)
    patterns = flat if dtype == "float32" else flat.view(codec(dtype).stored)
    for block in np.split(patterns, sorted(c for c in cuts if c <= flat.size)):
        counter.add(block)
    assert counter.zero == sum(not any(row) for row in rows)
    assert counter.constant == sum(len(set(row)) == 1 for row in rows)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_a_row_of_nan_is_neither_zero_nor_constant(dtype: str) -> None:
    counter = Channels(codec(dtype), 2)
    values = np.full(4, np.nan, dtype)
    counter.add(values if dtype == "float32" else values.view(np.uint16))
    assert (counter.zero, counter.constant) == (0, 0)


def test_integers_have_no_second_zero() -> None:
    counter = Channels(codec("int8"), 2)
    counter.add(np.array([0, 0x80, 0x80, 0x80], np.uint8))
    assert (counter.zero, counter.constant) == (0, 1)


def test_merging_adds_the_rows_of_both() -> None:
    first, second = Channels(codec("float32"), 2), Channels(codec("float32"), 2)
    first.add(np.zeros(4, np.float32))
    second.add(np.ones(2, np.float32))
    first.merge(second)
    assert (first.zero, first.constant) == (2, 3)
