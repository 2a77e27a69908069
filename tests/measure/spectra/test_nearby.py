"""Matrices of files that are far away are fetched once, and only their own bytes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from modelreport.checkpoint import LazyTensor, Storage
from modelreport.files import OpenFile
from modelreport.measure.spectra import nearby as module
from modelreport.measure.spectra.matrices import Matrix
from modelreport.measure.spectra.nearby import held_bytes, nearby
from tests.measure.spectra.cases import found_in
from tests.measure.tensors import make_tensor

RNG = np.random.default_rng(2)


class Far(OpenFile):
    """A file that counts what is asked of it."""

    def __init__(self, data: bytes) -> None:
        self.path, self.data, self.size_bytes = "far", data, len(data)
        self.asked: list[tuple[int, int]] = []

    def pread(self, size: int, offset: int) -> bytes:
        return self.data[offset : offset + size]

    def view(self, offset: int, size: int) -> memoryview:
        self.asked.append((offset, size))
        return memoryview(self.data)[offset : offset + size]

    def prefetch(self, offset: int, size: int) -> None: ...
    def close(self) -> None: ...


def far(*tensors: LazyTensor) -> tuple[list[Matrix], Far]:
    """The matrices of tensors, their values moved into a file far away behind 64 other bytes."""
    made = found_in(*tensors).matrices
    storage = tensors[0].storage
    assert storage is not None
    file = Far(b"\0" * 64 + bytes(storage.view()))
    moved = replace(tensors[0], storage=Storage(file, 64, storage.size_bytes))
    return [replace(each, tensor=moved) for each in made], file


def values(matrix: Matrix) -> np.ndarray:
    return np.concatenate(list(matrix.row_slabs(most=50)))


@pytest.mark.parametrize("shape", [(20, 30), (16, 8, 3, 3), (3, 40, 33)])
def test_each_matrix_is_fetched_once_and_nothing_else(shape: tuple[int, ...]) -> None:
    array = RNG.standard_normal(shape).astype(np.float32)
    matrices, file = far(make_tensor(array, name="a.weight"))
    for number, each in enumerate(matrices):
        file.asked.clear()
        held = nearby(each)
        for _ in range(3):
            want = array[number] if len(matrices) > 1 else array
            assert (values(held) == want.reshape(held.rows, held.columns)).all()
        assert file.asked == [(64 + number * each.count * 4, each.count * 4)]
        assert held_bytes(each) == each.count * 4


def test_a_gate_and_a_turned_matrix_are_what_they_were() -> None:
    hidden = RNG.standard_normal((32, 8))
    matrices, file = far(make_tensor(hidden, name="rnn.weight_hh_l0"))
    assert (values(nearby(matrices[2])) == hidden[16:24]).all()
    assert file.asked == [(64 + 16 * 8 * 8, 8 * 8 * 8)]
    turned = make_tensor(hidden.T.copy(), name="a.weight", shape=(32, 8), strides=(1, 32))
    (matrix,), _ = far(turned)
    assert (values(nearby(matrix)) == hidden).all()


def test_what_lies_here_is_left_as_it_is() -> None:
    (matrix,) = found_in(make_tensor(RNG.standard_normal((10, 10)), name="a.weight")).matrices
    assert nearby(matrix) is matrix
    assert held_bytes(matrix) == 0


def test_what_is_too_large_to_hold_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_BYTES", 100)
    (matrix,), _ = far(make_tensor(RNG.standard_normal((10, 10)), name="a.weight"))
    with pytest.raises(ValueError, match="held in memory"):
        nearby(matrix)
