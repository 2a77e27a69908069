from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelreport.checkpoint import LazyTensor
from modelreport.measure import fast
from modelreport.measure.fast import FastReader, new_reader
from modelreport.measure.kernel import BLOCK
from modelreport.measure.piece import read_piece, read_whole
from modelreport.measure.reader import PlainReader
from modelreport.measure.walk import walk
from tests.measure.tensors import make_storage, make_tensor

DTYPES = {
    "float32": np.float32, "float16": np.float16, "bfloat16": ml_dtypes.bfloat16, "int8": np.int8, "uint8": np.uint8,
    "bool": np.bool_, "int16": np.int16, "float8_e4m3fn": ml_dtypes.float8_e4m3fn,
    "float8_e5m2": ml_dtypes.float8_e5m2, "float8_e4m3fnuz": ml_dtypes.float8_e4m3fnuz,
    "float8_e8m0fnu": ml_dtypes.float8_e8m0fnu,
}  # fmt: skip


def same(tensor: LazyTensor) -> None:
    """Both codes tell the same of a tensor, to the last bit."""
    plan = walk(tensor)
    with np.errstate(all="ignore"):
        plain, compiled = read_piece(plan, 0, plan.rows), read_piece(plan, 0, plan.rows, compiled=True)
        found, expected = read_whole(plan, compiled=True), read_whole(plan)
    assert isinstance(new_reader(plan, compiled=True), FastReader)
    left, right = vars(plain.summary), vars(compiled.summary)
    assert np.array_equal(left.pop("counts"), right.pop("counts"))
    assert left == right
    assert plain.channels == compiled.channels
    assert (plain.rows is None) == (compiled.rows is None)
    if plain.rows is not None and compiled.rows is not None:
        for name in ("largest", "energy", "code"):
            assert np.array_equal(getattr(plain.rows, name), getattr(compiled.rows, name)), name
    assert (plain.digests, plain.sampled.tobytes()) == (compiled.digests, compiled.sampled.tobytes())
    assert found.statistics == expected.statistics


def bits(dtype: str, shape: tuple[int, ...], seed: int) -> Any:
    """Every kind of value: NaN, infinities, subnormals and both zeros among them."""
    kind = np.dtype(DTYPES[dtype])
    size = int(np.prod(shape))
    return np.frombuffer(np.random.default_rng(seed).bytes(size * kind.itemsize), np.uint8).view(kind).reshape(shape)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(300, 500), (7, 30_001), (90_000,)])
def test_any_bits_give_the_same_facts_as_the_numpy_code(dtype: str, shape: tuple[int, ...]) -> None:
    same(make_tensor(bits(dtype, shape, 0), dtype))


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16", "float8_e4m3fn", "int8"])
@pytest.mark.parametrize("shape", [(70_000, 3), (100, 1024), (3, BLOCK * 9 + 5), (20_000, 3, 3)])
def test_weights_give_the_same_facts_as_the_numpy_code(dtype: str, shape: tuple[int, ...]) -> None:
    values = (np.random.default_rng(1).standard_normal(shape) * 20).clip(-100, 100).astype(DTYPES[dtype])
    values[0] = 0
    values[1] = values[2] = values[-1, ...]
    values[-1] = 3
    same(make_tensor(values, dtype))


@settings(max_examples=60, deadline=None)
@given(data=st.data(), dtype=st.sampled_from(["float32", "bfloat16", "float16", "int8"]))
def test_any_short_rows_give_the_same_facts(data: st.DataObject, dtype: str) -> None:
    rows, columns = data.draw(st.integers(1, 40)), data.draw(st.integers(1, 70))
    kind = np.dtype(DTYPES[dtype])
    pool = [0.0, -0.0, 1.0, -1.5, 1e-40, 3e38, np.nan, np.inf, -np.inf] if kind.kind != "i" else [0, 1, -128, 127]
    with np.errstate(all="ignore"):
        row = np.array(data.draw(st.lists(st.sampled_from(pool), min_size=columns, max_size=columns))).astype(kind)
        values = np.tile(row, (rows, 1))
        values[rows // 2] = np.array(data.draw(st.sampled_from(pool))).astype(kind)
    same(make_tensor(values, dtype))


@pytest.mark.parametrize("offset", [100.0, -3e30])
def test_numbers_far_from_zero_give_the_same_sums(offset: float) -> None:
    values = offset * (1 + np.random.default_rng(2).standard_normal((400, 500)) / 100)
    same(make_tensor(values.astype(np.float32)))


def test_views_of_any_kind_give_the_same_facts() -> None:
    values = np.random.default_rng(3).standard_normal((500, 400)).astype(np.float32)
    same(LazyTensor("t", "float32", (400, 500), make_storage(values), strides=(1, 400)))
    same(LazyTensor("t", "float32", (9, 400), make_storage(values), strides=(0, 1)))
    same(make_tensor(values.astype(">f4"), "float32", big_endian=True))


def test_counts_beyond_32_bits_are_carried_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast, "_FLUSH", 100_000)
    same(make_tensor(bits("float32", (3000, 1000), 4)))
    same(make_tensor(bits("bfloat16", (3000, 1000), 4), "bfloat16"))


def test_compiling_pays_for_more_weights_than_loading(monkeypatch: pytest.MonkeyPatch) -> None:
    for compiled, sizes in ((False, [1 << 20, 1 << 29]), (True, [1 << 20])):
        monkeypatch.setattr(fast, "is_compiled", lambda compiled=compiled: compiled)
        assert not any(map(fast.pays, sizes))
    assert fast.pays(1 << 29)
    monkeypatch.setattr(fast, "is_compiled", lambda: False)
    assert fast.pays(1 << 30)


def test_the_code_of_an_earlier_run_is_found_where_numba_keeps_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(fast, "__file__", str(tmp_path / "fast.py"))
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    assert not fast.is_compiled()
    for place in ("__pycache__", "home/.cache/numba/measure_1", "own/measure_1"):
        kept = tmp_path / place / "compiled.singles-1.py311.nbi"
        kept.parent.mkdir(parents=True)
        kept.touch()
        monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "own"))
        assert fast.is_compiled()
        kept.unlink()
    assert not fast.is_compiled()


def test_dtypes_without_compiled_code_and_small_checkpoints_are_read_by_numpy() -> None:
    assert isinstance(new_reader(walk(make_tensor(np.zeros((2, 2)))), compiled=True), PlainReader)
    assert isinstance(new_reader(walk(make_tensor(np.zeros((2, 2), np.float32))), compiled=False), PlainReader)


def test_numpy_reads_where_the_compiled_code_cannot_be_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast, "_load", lambda: None)
    assert isinstance(new_reader(walk(make_tensor(np.zeros((2, 2), np.float32))), compiled=True), PlainReader)


def test_numba_is_not_imported_for_a_small_checkpoint() -> None:
    code = """
import sys, numpy as np
from modelreport.measure.piece import read_whole
from modelreport.measure.walk import walk
from tests.measure.tensors import make_tensor, statistics_of
statistics_of(make_tensor(np.ones((1000, 1000), np.float32)))
assert "numba" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])


def test_where_nothing_can_be_written_the_code_is_compiled_without_a_cache() -> None:
    code = """
import numba.core.caching as caching
caching.CacheImpl._locator_classes = []
from modelreport.measure import compiled
import numpy as np
lanes = np.arange(4.0)
assert compiled.folded(lanes) == 6.0
"""
    subprocess.run(
        [sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2], env={**os.environ, "HOME": "/nowhere"}
    )
