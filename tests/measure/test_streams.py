"""Values of tensors as streams of numbers."""

from __future__ import annotations

import numpy as np
import pytest

from modelreport.measure.kernel import BLOCK
from modelreport.measure.streams import numbers_of, squares, together
from tests.measure.tensors import make_tensor


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8", "uint16", "int64"])
def test_blocks_have_one_size_whatever_the_dtype(dtype: str) -> None:
    array = (np.arange(2 * BLOCK + 77) % 100).astype(dtype)
    blocks = list(numbers_of(make_tensor(array)))
    assert [block.size for block in blocks] == [BLOCK, BLOCK, 77]
    assert np.array_equal(np.concatenate(blocks), array.astype(np.float64))
    assert all(block.dtype == np.float64 for block in blocks)


def test_a_turned_tensor_comes_in_row_major_order() -> None:
    array = np.arange(700 * 501, dtype=np.float32).reshape(700, 501)
    turned = make_tensor(array, shape=(501, 700), strides=(1, 501))
    assert np.array_equal(np.concatenate(list(numbers_of(turned))), array.T.reshape(-1).astype(np.float64))


def test_a_decoder_gets_the_place_of_each_block() -> None:
    seen = []

    def decode(block: np.ndarray, start: int) -> np.ndarray:
        seen.append(start)
        return block.astype(np.float64) + start

    list(numbers_of(make_tensor(np.zeros(BLOCK + 5, np.uint8)), decode))
    assert seen == [0, BLOCK]


def test_streams_side_by_side_must_be_equally_long() -> None:
    short, long = (make_tensor(np.arange(n, dtype=np.float32)) for n in (BLOCK, BLOCK + 1))
    pairs = list(together({"a": numbers_of(long), "b": numbers_of(long)}))
    assert [pair["a"].size for pair in pairs] == [BLOCK, 1]
    with pytest.raises(ValueError, match="differ in size"):
        list(together({"a": numbers_of(short), "b": numbers_of(long)}))


def test_an_expanded_view_and_missing_values_are_refused() -> None:
    with pytest.raises(ValueError, match="expanded"):
        list(numbers_of(make_tensor(np.zeros(1, np.float32), shape=(5,), strides=(0,))))
    with pytest.raises(ValueError, match="holds no values"):
        list(numbers_of(make_tensor(np.zeros(1, np.float32), storage=None)))


def test_squares_are_summed() -> None:
    assert squares(np.array([3.0, 4.0])) == 25.0
    assert squares(np.empty(0)) == 0.0
