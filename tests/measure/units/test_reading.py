from __future__ import annotations

from pathlib import Path

import ml_dtypes
import numpy as np
import pytest

from modelreport.checkpoint import LazyTensor, LocalFile
from modelreport.measure.units.reading import chosen_rows, evenly, plan_of, row_reader, rows_of, slabs
from tests.measure.tensors import make_tensor, map_file


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.float16, ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn])
def test_rows_come_as_the_numbers_they_are(kind: type) -> None:
    array = np.random.default_rng(0).normal(size=(12, 3, 5)).astype(kind)
    plan = plan_of(make_tensor(array, np.dtype(kind).name))
    assert plan is not None
    assert np.array_equal(rows_of(plan, 2, 7), array[2:7].astype(np.float64).reshape(5, 15))
    assert np.array_equal(chosen_rows(plan, [11, 0]), array[[11, 0]].astype(np.float64).reshape(2, 15))


def test_big_endian_and_strided_rows_come_right() -> None:
    array = np.arange(24, dtype=">f4").reshape(6, 4)
    plan = plan_of(make_tensor(array, "float32", big_endian=True))
    assert plan is not None
    assert np.array_equal(rows_of(plan, 4, 6), array[4:6].astype(np.float64))
    turned = plan_of(make_tensor(np.arange(24, dtype=np.float32), shape=(4, 6), strides=(1, 4)))
    assert turned is not None
    assert np.array_equal(rows_of(turned, 1, 2), [[1, 5, 9, 13, 17, 21]])


def test_rows_of_a_transposed_file_are_read_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    array = np.arange(600 * 700, dtype=np.float32).reshape(600, 700)
    file, storage = map_file(tmp_path / "weights", array.tobytes())
    plan = plan_of(LazyTensor("t", "float32", (700, 600), storage, strides=(1, 700)))
    assert plan is not None
    seen: list[int] = []
    view = LocalFile.view

    def counting(self: LocalFile, offset: int, size: int) -> memoryview:
        seen.append(size)
        return view(self, offset, size)

    monkeypatch.setattr(LocalFile, "view", counting)
    read = row_reader(plan)
    for index in (3, 699, 4, 698):
        assert np.array_equal(read(index)[0], array[:, index])
    assert sum(seen) < 3 * array.nbytes
    file.close()


def test_slabs_cover_every_row_once() -> None:
    array = np.arange(70, dtype=np.float32).reshape(10, 7)
    plan = plan_of(make_tensor(array))
    assert plan is not None
    found = list(slabs(plan, 20))
    assert [first for first, _ in found] == [0, 2, 4, 6, 8]
    assert np.array_equal(np.concatenate([slab for _, slab in found]), array)


def test_what_cannot_be_read_by_rows_has_no_plan() -> None:
    assert plan_of(make_tensor(np.zeros(8, np.uint8), "int4", shape=(4, 4))) is None
    assert plan_of(make_tensor(np.zeros((0, 3), np.float32))) is None
    assert plan_of(make_tensor(np.zeros((2, 3), np.float32), storage=None)) is None
    assert plan_of(make_tensor(np.zeros(1, np.float32), shape=(4, 1), strides=(0, 1))) is None


def test_places_are_spread_evenly_from_the_first() -> None:
    assert evenly(3, 5) == [0, 1, 2]
    assert evenly(10, 5) == [0, 2, 4, 6, 8]
