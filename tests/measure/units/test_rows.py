from __future__ import annotations

import numpy as np

from modelreport.measure.piece import read_whole
from modelreport.measure.units.survey import NORMS
from modelreport.measure.walk import walk
from tests.measure.tensors import make_tensor, statistics_of


def random(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def test_every_tensor_of_two_dimensions_has_row_figures() -> None:
    array = random(40, 8)
    array[30:35] = array[10:15]
    array[2] = 0
    matrix, vector = statistics_of(make_tensor(array), make_tensor(array[0]))
    assert vector.rows is None
    assert matrix.rows is not None
    assert (matrix.rows.identical, matrix.rows.zeros) == (5, (2,))
    assert [(c.first, c.copy, c.rows) for c in matrix.rows.copies] == [(10, 30, 5)]


def test_a_large_tensor_has_the_same_figures_as_a_small_one() -> None:
    array = random(2000, 64)
    array[1990:] = array[:10]
    (found,) = statistics_of(make_tensor(array))
    assert found.rows is not None
    assert [(c.first, c.copy, c.rows) for c in found.rows.copies] == [(0, 1990, 10)]
    want = np.linalg.norm(array.astype(np.float64), axis=1)
    np.testing.assert_allclose(found.rows.norms, np.quantile(want, (0, 0.25, 0.5, 0.75, 1)), rtol=1e-12)


def test_an_expanded_or_packed_tensor_has_no_false_twins() -> None:
    expanded, packed = statistics_of(
        make_tensor(random(1, 8), shape=(5, 8), strides=(0, 1)),
        make_tensor(np.zeros(64, np.uint8) + 0x21, "int4", shape=(4, 32)),
    )
    assert expanded.rows is None
    assert packed.rows is None or packed.rows.identical == 0


def test_norms_of_what_is_named_like_a_vocabulary_are_kept() -> None:
    array = random(300, 16)
    kept = read_whole(walk(make_tensor(array, name="embed_tokens.weight"))).keep
    np.testing.assert_allclose(kept[NORMS], np.linalg.norm(array.astype(np.float64), axis=1), rtol=1e-12)
    assert NORMS not in read_whole(walk(make_tensor(array, name="fc.weight"))).keep
