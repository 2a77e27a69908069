"""The compiled functions by themselves; ``test_fast`` compares whole tensors with the numpy code."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

from modelreport.measure import compiled
from modelreport.measure.codec import codec
from modelreport.measure.fast import _FORMS, _table
from modelreport.measure.rows import KEYS, SEGMENT, STEP


def test_a_hash_goes_on_where_a_row_was_cut() -> None:
    words = np.random.default_rng(0).integers(0, 2**63, 3 * SEGMENT + 5, np.uint64)
    whole = compiled._code(np.uint64(0), words, KEYS, STEP)
    begun = compiled._code(np.uint64(0), words[:SEGMENT], KEYS, STEP)
    assert compiled._code(np.uint64(begun), words[SEGMENT:], KEYS, STEP) == whole


@pytest.mark.parametrize("size", [2, 16, 34, 2 * SEGMENT, 6 * SEGMENT + 18])
def test_a_row_of_finite_singles_is_squared_and_hashed_as_one_that_may_have_others(size: int) -> None:
    values = np.random.default_rng(size).standard_normal(size).astype(np.float32)
    bits, words = values.view(np.uint32), values.view(np.uint64)
    lanes, top = np.zeros((2, 2, 16)), np.zeros(1, np.uint32)
    expected = compiled._row_of_singles(values, bits, np.empty(size, np.uint32), lanes[0])
    code = compiled._clean_row_of_singles(values, words, KEYS, STEP, np.uint64(7), lanes[1], top)
    assert (int(top[0]), top[0] == 0) == expected
    assert code == compiled._code(np.uint64(7), words, KEYS, STEP)
    assert lanes[0].tolist() == lanes[1].tolist()
    assert top.view(np.float32)[0] == np.abs(values).max()


@pytest.mark.parametrize("dtype", sorted(_FORMS))
@pytest.mark.parametrize("size", [8, 24, 8 * SEGMENT, 9 * SEGMENT + 40])
def test_a_row_of_usual_patterns_is_squared_counted_and_hashed_as_any_row(dtype: str, size: int) -> None:
    kind = np.dtype(getattr(ml_dtypes, dtype, np.float16))
    elements = np.random.default_rng(size).standard_normal(size).astype(kind).view(f"u{kind.itemsize}")
    values, _, form, factor = _table(codec(dtype))
    words, lanes, top = elements.view(np.uint64), np.zeros((2, 2, 16)), np.zeros(1, np.uint32)
    tables = np.zeros((2, 2, 1 << 8 * kind.itemsize), np.uint32)
    largest, zero = compiled._row_of_patterns(elements, values, form, factor, lanes[0], tables[0])
    code = compiled._usual_row(
        elements, words, KEYS, STEP, np.uint64(7), values, form, factor, lanes[1], tables[1], top
    )
    assert (values[top[0]], top[0] == 0) == (largest, zero)
    assert code == compiled._code(np.uint64(7), words, KEYS, STEP)
    assert lanes[0].tolist() == lanes[1].tolist()
    assert tables.sum(axis=1)[0].tolist() == tables.sum(axis=1)[1].tolist()
