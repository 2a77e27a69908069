"""A tensor in pieces, read as one run of bytes."""

from __future__ import annotations

import itertools
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelreport.checkpoint import LazyTensor, Storage
from modelreport.files import open_file
from modelreport.load.joined import Joined, Piece, PiecesError
from modelreport.measure.piece import read_whole
from modelreport.measure.walk import walk


def stored(array: np.ndarray) -> Storage:
    return Storage(memoryview(np.ascontiguousarray(array).tobytes()), 0, array.nbytes)


def cut(array: np.ndarray, cuts: list[list[int]], turned: bool) -> list[Piece]:
    """The boxes between the cuts, last first; with ``turned`` those of two dimensions stored column by column."""
    pieces = []
    for box in itertools.product(*(list(itertools.pairwise(c)) for c in cuts)):
        part = array[tuple(slice(*side) for side in box)]
        start = tuple(side[0] for side in box)
        if turned and array.ndim == 2:
            pieces.append(Piece(start, part.shape, stored(part.T), 0, (1, part.shape[0])))
        else:
            pieces.append(Piece(start, part.shape, stored(part)))
    return pieces[::-1]


@given(st.data())
def test_any_range_of_any_cut_is_that_of_the_whole(data: st.DataObject) -> None:
    shape = tuple(data.draw(st.lists(st.integers(1, 5), max_size=3)))
    array = np.arange(int(np.prod(shape)), dtype=np.int16).reshape(shape)
    cuts = [sorted({0, n, *data.draw(st.lists(st.integers(0, n), max_size=2))}) for n in shape]
    joined = Joined(shape, 2, cut(array, cuts, data.draw(st.booleans())))
    whole = array.tobytes()
    assert joined.size_bytes == len(whole)
    start = data.draw(st.integers(0, len(whole)))
    size = data.draw(st.integers(0, len(whole) - start))
    assert bytes(joined.view(start, size)) == whole[start : start + size]
    assert joined.pread(size + 100, start) == whole[start : start + size + 100]


def test_a_range_inside_one_piece_is_not_copied() -> None:
    first, second = np.arange(6, dtype=np.float32), np.arange(4, dtype=np.float32)
    pieces = [Piece((0, 0), (3, 2), stored(first)), Piece((3, 0), (2, 2), stored(second))]
    joined = Joined((5, 2), 4, pieces)
    view = joined.view(24, 16)
    assert np.shares_memory(np.frombuffer(view, np.uint8), np.frombuffer(pieces[1].storage.source, np.uint8))  # type: ignore[call-overload]
    assert bytes(joined.view(20, 8)) == first.tobytes()[20:] + second.tobytes()[:4]


@pytest.mark.parametrize("cuts", [[[0, 40, 100], [0, 3000]], [[0, 100], [0, 1000, 3000]], [[0, 7, 100], [0, 1, 3000]]])
def test_statistics_and_digest_are_those_of_the_whole_tensor(cuts: list[list[int]]) -> None:
    array = np.random.default_rng(0).standard_normal((100, 3000)).astype(np.float32)
    array[11] = array[60]
    plain = LazyTensor("w", "float32", array.shape, stored(array))
    joined = Joined(array.shape, 4, cut(array, cuts, turned=False))
    pieces = LazyTensor("w", "float32", array.shape, Storage(joined, 0, joined.size_bytes))
    found, expected = read_whole(walk(pieces)), read_whole(walk(plain))
    assert found.statistics == expected.statistics
    assert repr(found.keep) == repr(expected.keep)  # NaN in it equals nothing
    assert np.array_equal(pieces.array(), array)


def test_pieces_of_a_file_are_read_as_one(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(bytes(range(256)) * 64)
    file = open_file(tmp_path / "data")
    pieces = [Piece((start,), (8192,), Storage(file, start, 8192)) for start in (0, 8192)]
    joined = Joined((16384,), 1, pieces)
    assert joined.path == tmp_path / "data"
    joined.prefetch(8192, 4096)
    assert joined.near
    assert bytes(joined.view(8190, 4)) == b"\xfe\xff\x00\x01"
    joined.close()
    assert file.pread(2, 0) == b"\0\1"
    file.close()


def test_pieces_that_share_an_element_are_refused() -> None:
    half = stored(np.zeros((2, 3), np.float32))
    with pytest.raises(PiecesError, match="two of its pieces hold the same elements"):
        Joined((4, 3), 4, [Piece((0, 0), (2, 3), half), Piece((1, 0), (2, 3), half)])
    with pytest.raises(PiecesError, match="18 elements, the whole has 12: they overlap"):
        Joined((4, 3), 4, [Piece((i, 0), (2, 3), half) for i in range(3)])
    with pytest.raises(PiecesError, match="2 elements, the whole has 1: they overlap"):
        Joined((), 4, [Piece((), (), half)] * 2)


def test_missing_elements_are_counted() -> None:
    half = stored(np.zeros((2, 3), np.float32))
    with pytest.raises(PiecesError, match="its pieces hold 6 of 12 elements: the others are missing"):
        Joined((4, 3), 4, [Piece((2, 0), (2, 3), half)])


@pytest.mark.parametrize(
    "piece",
    [
        Piece((0,), (2,), stored(np.zeros(2, np.float32))),
        Piece((0, -1), (2, 3), stored(np.zeros(6, np.float32))),
        Piece((1, 0), (2, 3), stored(np.zeros(6, np.float32))),
        Piece((0, 0), (2, 3), stored(np.zeros(5, np.float32))),
        Piece((0, 0), (2, 3), stored(np.zeros(6, np.float32)), 1),
        Piece((0, 0), (2, 3), stored(np.zeros(6, np.float32)), 0, (1 << 40, 1)),
        Piece((0, 0), (2, 3), stored(np.zeros(6, np.float32)), 0, (-3, 1)),
        Piece((0, 0), (2, 3), stored(np.zeros(6, np.float32)), -1),
        Piece((0, 0), (2, 3), stored(np.zeros(1, np.float32)), 0, (0, 0)),
        Piece((0, 0), (2, 3), stored(np.zeros(4, np.float32)), 0, (1, 1)),
    ],
)
def test_a_piece_outside_the_whole_or_its_storage_is_refused(piece: Piece) -> None:
    with pytest.raises(PiecesError, match="one of its pieces"):
        Joined((2, 3), 4, [piece])


def test_a_cut_that_no_sharding_gives_is_refused_before_memory_is_taken() -> None:
    byte = stored(np.zeros(1, np.uint8))
    diagonal = [Piece((i, i), (1, 1), byte) for i in range(3000)]
    with pytest.raises(PiecesError, match="no sharding gives"):
        Joined((3000, 3000), 1, diagonal)


def test_an_empty_tensor_needs_no_piece() -> None:
    joined = Joined((0, 3), 4, [])
    assert joined.size_bytes == 0
    assert bytes(joined.view(0, 0)) == b""
    with pytest.raises(ValueError, match="bytes 0 to 1"):
        joined.view(0, 1)


def test_a_tensor_whose_pieces_lie_in_files_can_be_read_by_another_process(tmp_path: Path) -> None:
    array = np.arange(24, dtype=np.float32).reshape(6, 4)
    (tmp_path / "f").write_bytes(array.tobytes())
    file = open_file(tmp_path / "f")
    pieces = [Piece((at, 0), (3, 4), Storage(file, at * 16, 48)) for at in (0, 3)]
    joined = Joined((6, 4), 4, pieces)
    assert joined.travels
    assert bytes(pickle.loads(pickle.dumps(joined)).view(0, 96)) == array.tobytes()
    assert not Joined((6, 4), 4, [pieces[0], Piece((3, 0), (3, 4), stored(array[3:]))]).travels
    file.close()
