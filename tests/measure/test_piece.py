from __future__ import annotations

import itertools
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import scipy.stats

from modelreport.checkpoint import LazyTensor
from modelreport.measure import piece
from modelreport.measure.fast import FastReader
from modelreport.measure.kernel import BLOCK
from modelreport.measure.piece import SORTED_COUNT, finish, read_piece, read_whole
from modelreport.measure.told import Told
from modelreport.measure.walk import walk
from tests.measure.tensors import close, make_storage, make_tensor

RANDOM = np.random.default_rng(5)


def told(tensor: LazyTensor, monkeypatch: pytest.MonkeyPatch) -> Told:
    """What the functions at the end of a tensor see."""
    seen: list[Told] = []
    monkeypatch.setattr(piece, "TOLD", (lambda one: seen.append(one) or {},))
    read_whole(walk(tensor))
    (found,) = seen
    return found


def test_pieces_merged_in_order_equal_one_piece() -> None:
    values = np.random.default_rng(0).standard_normal((50, 20)).astype(np.float32)
    values[10] = 0
    plan = walk(make_tensor(values))
    whole = finish(plan, read_piece(plan, 0, 50)).statistics
    merged = read_piece(plan, 0, 10)
    merged.merge(read_piece(plan, 10, 11))
    merged.merge(read_piece(plan, 11, 50))
    found = finish(plan, merged).statistics
    assert (found.zero_channels, found.quantiles, found.histogram) == (1, whole.quantiles, whole.histogram)
    assert close(found.norm, whole.norm or 0)


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
@pytest.mark.parametrize("size", [3, 200, BLOCK + 7])
def test_pieces_that_begin_where_blocks_begin_give_the_same_facts_to_the_last_bit(dtype: str, size: int) -> None:
    values = (np.random.default_rng(0).standard_normal((BLOCK * 3 // size + 3, size)) + 0.3).astype(dtype)
    plan = walk(make_tensor(values))
    whole = finish(plan, read_piece(plan, 0, plan.rows)).statistics
    borders = [0, plan.together, 2 * plan.together, plan.rows]
    parts = [read_piece(plan, first, last) for first, last in itertools.pairwise(borders)]
    merged = parts[0]
    for part in parts[1:]:
        merged.merge(part)
    assert finish(plan, merged).statistics == whole


def test_a_sorted_tensor_and_a_streamed_one_tell_the_same() -> None:
    values = np.random.default_rng(1).standard_normal((SORTED_COUNT // 64, 64)).astype(np.float16)
    plan = walk(make_tensor(values))
    small, streamed = read_whole(plan).statistics, finish(plan, read_piece(plan, 0, plan.rows)).statistics
    assert small.digest == streamed.digest
    assert np.allclose(small.quantiles, streamed.quantiles, rtol=1e-12)
    assert small.histogram == streamed.histogram
    assert close(small.std, streamed.std or 0)


def test_crowded_numbers_are_read_twice() -> None:
    values = (50 + np.random.default_rng(2).standard_normal(SORTED_COUNT * 2)).astype(np.float32)
    found = read_whole(walk(make_tensor(values))).statistics
    assert abs(found.quantiles[4] - float(np.median(values))) < float(np.ptp(values)) / 4096


KINDS: dict[str, tuple[LazyTensor, Any]] = {
    "scalar": (make_tensor(np.array(2.5, np.float32)), [2.5]),
    "empty": (make_tensor(np.empty((0, 3), np.float32)), []),
    "four bits": (
        LazyTensor("t", "uint4", (2, 3), make_storage(np.array([0x21, 0x43, 0x65], np.uint8))),
        [1, 2, 3, 4, 5, 6],
    ),
    "packed": (LazyTensor("t", "quint4x2", (2,), make_storage(np.array([0x21, 0x43], np.uint8))), [1, 2, 3, 4]),
    "expanded": (
        LazyTensor("t", "float32", (5, 2), make_storage(np.array([1, 2], np.float32)), strides=(0, 1)),
        [1, 2],
    ),
    "strided": (
        LazyTensor("t", "float32", (2, 3), make_storage(np.arange(6, dtype=np.float32)), strides=(1, 2)),
        [0, 2, 4, 1, 3, 5],
    ),
    "big endian": (
        LazyTensor("t", "int16", (2,), make_storage(np.array([256, 3], ">i2")), big_endian=True),
        [256, 3],
    ),
    "complex": (make_tensor(np.array([3 + 4j, 1], np.complex64)), [5, 1]),
    "bfloat16": (make_tensor(np.array([1, -2, np.nan], ml_dtypes.bfloat16), "bfloat16"), [1, -2, np.nan]),
    "many": (make_tensor(RANDOM.integers(-9, 9, (300, 400), np.int8)), None),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_tensor_is_told_whatever_its_dtype_and_view(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tensor, numbers = KINDS[kind]
    found = told(tensor, monkeypatch)
    numbers = np.array(tensor.array() if numbers is None else numbers, np.float64).reshape(-1)
    finite = np.sort(numbers[np.isfinite(numbers)])
    assert np.repeat(found.buckets.value, found.buckets.count).tolist() == finite.tolist()
    assert found.summary.counts.sum() == (numbers.size if kind == "bfloat16" else finite.size)  # type: ignore[attr-defined]
    if numbers.size <= SORTED_COUNT:
        assert np.array_equal(found.sample.values.reshape(-1), numbers, equal_nan=True)
    if len(tensor.shape) > 1 and numbers.size:
        assert found.rows is not None
        assert np.allclose(found.rows.energy, (numbers.reshape(found.plan.rows, -1) ** 2).sum(axis=1))
    else:
        assert found.rows is None
    assert found.statistics.count == tensor.count * found.plan.codec.per_element


def test_what_is_told_becomes_fields_and_what_is_kept_goes_beside(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(_: Told) -> dict[str, Any]:
        raise ZeroDivisionError

    def keeping(one: Told) -> dict[str, Any]:
        one.keep["largest"] = float(one.buckets.value[-1])
        return {"zero_channels": 7}

    monkeypatch.setattr(piece, "TOLD", (failing, keeping))
    found = read_whole(walk(make_tensor(np.arange(4.0))))
    assert (found.statistics.zero_channels, found.keep) == (7, {"largest": 3.0})


@pytest.mark.parametrize("size", [50, 90_000])
@pytest.mark.parametrize("dtype", [np.float32, np.float16, ml_dtypes.bfloat16, np.float64, np.int8])
@pytest.mark.parametrize("shape", ["normal", "skewed", "heavy"])
def test_skewness_and_kurtosis_are_those_of_scipy(size: int, dtype: Any, shape: str) -> None:
    drawn = {"normal": RANDOM.standard_normal, "skewed": RANDOM.standard_exponential}.get(shape)
    values = (20 * (drawn(size) if drawn else RANDOM.standard_t(5, size))).clip(-120, 120).astype(dtype)
    found = read_whole(walk(make_tensor(values, np.dtype(dtype).name))).statistics
    wide = values.astype(np.float64)
    assert found.skewness == pytest.approx(scipy.stats.skew(wide), rel=1e-9, abs=1e-9)
    assert found.kurtosis == pytest.approx(scipy.stats.kurtosis(wide), rel=1e-9, abs=1e-9)


def test_values_without_spread_have_neither_skewness_nor_kurtosis() -> None:
    for values in (np.full(9, 0.1), np.array([]), np.array([np.inf, 3.0])):
        found = read_whole(walk(make_tensor(values))).statistics
        assert found.skewness is found.kurtosis is None


def test_where_compiled_code_fails_numpy_reads_the_tensor(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: Any) -> None:
        raise RuntimeError("no such instruction")

    monkeypatch.setattr(FastReader, "add", failing)
    plan = walk(make_tensor(np.random.default_rng(6).standard_normal((300, 400)).astype(np.float32)))
    assert read_whole(plan, compiled=True).statistics == read_whole(plan).statistics
