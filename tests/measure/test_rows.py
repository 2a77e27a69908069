from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest

from modelreport.measure.codec import codec
from modelreport.measure.kernel import BLOCK
from modelreport.measure.lanes import ROW_LANES
from modelreport.measure.rows import RowReader, Rows
from modelreport.measure.walk import walk
from tests.measure.tensors import make_tensor


def rows_of(values: Any, dtype: str = "") -> Rows:
    plan = walk(make_tensor(values, dtype))
    reader = RowReader(plan.codec, plan.row)
    for block in plan.blocks(0, plan.rows):
        reader.add(block)
    return reader.rows()


def energy(row: Any) -> float:
    """Σx² in the documented order, one number at a time."""
    lanes = [0.0] * ROW_LANES
    for j, x in enumerate(row):
        lanes[j % ROW_LANES] += float(x) * float(x)
    while len(lanes) > 1:
        half = len(lanes) // 2
        lanes = [a + b for a, b in zip(lanes[:half], lanes[half:], strict=True)]
    return lanes[0]


@pytest.mark.parametrize("columns", [1, 3, 16, 50, 64, 1000])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16", "int8", "int64", "float64"])
def test_largest_magnitude_and_energy_are_those_of_each_row(columns: int, dtype: str) -> None:
    kind = np.dtype(ml_dtypes.bfloat16) if dtype == "bfloat16" else np.dtype(dtype)
    values = (np.random.default_rng(0).standard_normal((70, columns)) * 40).astype(kind)
    found = rows_of(values, dtype)
    wide = values.astype(np.float64)
    assert found.largest.tolist() == np.abs(wide).max(axis=1).tolist()
    assert found.energy.tolist() == [energy(row) for row in wide]
    assert len(set(found.code.tolist())) == len({row.tobytes() for row in values})


def test_rows_longer_than_a_block_are_read_in_parts() -> None:
    values = np.random.default_rng(1).standard_normal((3, BLOCK * 2 + 37)).astype(np.float32)
    values[2] = values[0]
    found = rows_of(values)
    assert found.energy[0] == energy(values[0])
    assert found.largest.tolist() == np.abs(values).max(axis=1).astype(np.float64).tolist()
    assert found.code[0] == found.code[2] != found.code[1]


def test_numbers_that_are_not_finite_have_no_part_in_magnitude_and_energy() -> None:
    found = rows_of(np.array([[np.nan, 3, np.inf], [np.nan, np.nan, -np.inf]], np.float32))
    assert (found.largest.tolist(), found.energy.tolist()) == ([3, 0], [9, 0])


def test_rows_that_differ_in_one_bit_or_in_order_have_other_codes() -> None:
    base = np.zeros(2000, np.uint32)
    flipped = np.repeat(base[None], 33, axis=0)
    flipped[np.arange(1, 33), np.arange(1, 33) * 60] = 1 << np.arange(32, dtype=np.uint32)
    assert len(set(rows_of(flipped).code.tolist())) == 33
    signs = np.where(np.random.default_rng(2).random((5000, 64)) < 0.5, -1, 1).astype(np.float32)
    assert len(set(rows_of(signs).code.tolist())) == 5000
    assert len(set(rows_of(np.array([[1.0, 2, 3], [3, 2, 1], [2, 1, 3]])).code.tolist())) == 3


def test_both_zeros_are_different_bits() -> None:
    found = rows_of(np.array([[0.0, 1], [-0.0, 1]], np.float32))
    assert found.code[0] != found.code[1]


def test_merging_appends() -> None:
    values = np.random.default_rng(3).standard_normal((9, 5))
    whole, first, second = rows_of(values), rows_of(values[:4]), rows_of(values[4:])
    first.merge(second)
    for name in ("largest", "energy", "code"):
        assert getattr(first, name).tolist() == getattr(whole, name).tolist()


def test_a_reader_without_blocks_has_no_rows() -> None:
    assert RowReader(codec("float32"), 4).rows().code.dtype == np.uint64
