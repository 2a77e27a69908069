"""Parameters in flat vectors over several processes."""

from __future__ import annotations

import math
from itertools import accumulate, islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelreport.checkpoint import LazyTensor, Storage
from modelreport.load.flat import Span, cut_each, cut_together, gather, offsets
from modelreport.load.storages import TensorError

SHAPES = st.lists(st.lists(st.integers(1, 5), max_size=3).map(tuple), min_size=1, max_size=5)


def lazy(values: np.ndarray) -> LazyTensor:
    return LazyTensor("", values.dtype.name, values.shape, Storage(memoryview(values.tobytes()), 0, values.nbytes))


def filled(shapes: list[tuple[int, ...]]) -> dict[str, np.ndarray]:
    return {f"p{i}": np.arange(math.prod(s), dtype=np.float32).reshape(s) + 1000 * i for i, s in enumerate(shapes)}


@given(SHAPES, st.integers(1, 5), st.integers(0, 3))
def test_parameters_laid_together_and_cut_equally_come_back(
    shapes: list[tuple[int, ...]], ranks: int, pad: int
) -> None:
    whole = filled(shapes)
    flat = np.concatenate([np.concatenate([a.reshape(-1), np.full(pad, -1, np.float32)]) for a in whole.values()])
    flat = np.concatenate([flat, np.full(-flat.size % ranks, -2, np.float32)])
    parts = np.split(flat, ranks)
    vectors = [[lazy(part)] for part in parts]
    for name, shape, at in offsets({name: a.shape for name, a in whole.items()}, [pad] * len(whole)):
        tensor = gather(
            shape, cut_together(at, math.prod(shape), list(accumulate(part.size for part in parts))), vectors
        )
        assert np.array_equal(tensor.array(), whole[name])
        assert tensor.shape == shape


@given(SHAPES, st.integers(1, 5), st.integers(1, 3))
def test_parameters_cut_each_by_itself_come_back(shapes: list[tuple[int, ...]], ranks: int, groups: int) -> None:
    whole = filled(shapes)
    rows = [[] for _ in range(ranks)]  # type: list[list[np.ndarray]]
    places = {}
    at = 0
    for name, array in whole.items():
        part = -(-array.size // ranks)
        padded = np.concatenate([array.reshape(-1), np.full(part * ranks - array.size, -1, np.float32)])
        for rank in range(ranks):
            rows[rank].append(padded[rank * part : (rank + 1) * part])
        places[name] = at
        at += part
    vectors = [[lazy(piece) for piece in np.array_split(np.concatenate(row), groups)] for row in rows]
    for name, array in whole.items():
        tensor = gather(array.shape, cut_each(places[name], array.size, ranks), vectors)
        assert np.array_equal(tensor.array(), array)


def test_a_parameter_inside_one_part_is_a_view_of_it() -> None:
    tensor = gather((2, 2), [Span(0, 3, 0, 4)], [[lazy(np.arange(9, dtype=np.float32))]])
    assert (tensor.offset, np.asarray(tensor.array()).tolist()) == (3, [[3, 4], [5, 6]])


def test_missing_and_unfit_parts_are_named() -> None:
    part = lazy(np.arange(4, dtype=np.float32))
    with pytest.raises(TensorError, match="process 1 holds is missing"):
        gather((8,), cut_together(0, 8, [4, 8]), [[part], [None]])
    with pytest.raises(TensorError, match="process 0 holds is too short"):
        gather((6,), [Span(0, 0, 0, 6)], [[part]])
    with pytest.raises(TensorError, match="differ in dtype"):
        gather((8,), cut_together(0, 8, [4, 8]), [[part], [lazy(np.arange(4))]])
    with pytest.raises(TensorError, match="no flat vector"):
        gather((4,), [Span(0, 0, 0, 4)], [[lazy(np.zeros((2, 2), np.float32))]])
    with pytest.raises(TensorError, match="others are missing"):
        gather((5,), [Span(0, 0, 0, 4)], [[part]])
    with pytest.raises(TensorError, match="no process"):
        gather((5,), [], [])


def test_processes_that_are_only_claimed_cost_nothing() -> None:
    assert list(islice(cut_each(0, 1 << 60, 1 << 40), 1)) == [Span(0, 0, 0, 1 << 20)]
    with pytest.raises(TensorError, match="process 1 holds is missing"):
        gather((1 << 60,), cut_each(0, 1 << 60, 1 << 40), [[lazy(np.zeros(1 << 20, np.int8))]])


def test_a_process_without_elements_is_stepped_over() -> None:
    assert list(cut_together(3, 4, [4, 4, 9])) == [Span(0, 3, 0, 1), Span(2, 0, 1, 3)]
