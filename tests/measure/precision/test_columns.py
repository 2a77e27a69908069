from __future__ import annotations

import numpy as np
import pytest

from modelreport.facts import Precision, Pruning, Weights
from modelreport.measure.parts import measure_all
from modelreport.measure.precision import columns
from modelreport.measure.precision.columns import turn
from modelreport.options import Options
from tests.measure.precision.test_elementwise import drawn
from tests.measure.tensors import make_checkpoint, make_tensor
from tests.measure.units.tables import make_module, make_structure


def measured(array: np.ndarray, kind: str) -> tuple[Precision, Pruning]:
    arrays = {"a.weight": array}
    modules = [make_module("a", kind)]
    weights = measure_all(
        make_checkpoint(make_tensor(array, name="a.weight")), make_structure(arrays, modules), Options()
    )
    assert isinstance(weights, Weights)
    assert isinstance(weights.precision, Precision)
    assert isinstance(weights.pruning, Pruning)
    return weights.precision, weights.pruning


@pytest.mark.parametrize("shape", [(60, 90), (512, 300)])
def test_inputs_first_is_measured_as_its_transpose(shape: tuple[int, int]) -> None:
    array = drawn("heavy", *shape) * np.linspace(1, 30, shape[1], dtype=np.float32)
    turned_, zeros = measured(array, "Conv1D")
    plain, pattern = measured(np.ascontiguousarray(array.T), "Linear")
    for mine, other in zip(turned_.tensors[0].errors, plain.tensors[0].errors, strict=True):
        assert mine.sqnr_db == pytest.approx(other.sqnr_db, abs=0.5 if mine.sampled else 0.05), mine.scheme
        assert mine.size_bytes == other.size_bytes, mine.scheme
    assert zeros.tensors[0].two_four_kept == pytest.approx(pattern.tensors[0].two_four_kept, abs=0.01)


def test_a_transposed_convolution_has_its_kernel_beside_its_inputs() -> None:
    array = drawn("normal", 8, 12, 3, 3)
    found = turn(make_tensor(array))
    assert found
    assert found.whole
    assert found.form == (12, 72, 9)
    np.testing.assert_array_equal(found.values, array.transpose(1, 0, 2, 3).reshape(12, 72))


def test_few_columns_of_a_large_weight_are_kept() -> None:
    array = drawn("normal", 700, 1000)
    found = turn(make_tensor(array))
    assert found
    assert (found.whole, found.values.shape) == (False, (46, 700))
    np.testing.assert_array_equal(found.values[1], array[:, 1000 // 46])
    rows = found.rows()
    assert rows.count == 700_000
    assert rows.every
    np.testing.assert_array_equal(rows.every.largest, np.abs(array).max(axis=0))
    np.testing.assert_allclose(rows.every.energy, (array.astype(np.float64) ** 2).sum(axis=0))


def test_a_column_that_makes_most_of_the_noise_is_read_again() -> None:
    array = drawn("normal", 700, 1000)
    array[3, 501] = 5.0
    rows = turn(make_tensor(array)).rows()  # type: ignore[union-attr]
    assert rows.every
    assert rows.every.apart.tolist() == [501]
    np.testing.assert_array_equal(rows.every.values[0], array[:, 501])


def test_beyond_the_budget_what_needs_columns_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "READ_BYTES", 1000)
    found, zeros = measured(drawn("normal", 60, 90), "Conv1D")
    kept = {error.scheme for error in found.tensors[0].errors}
    assert "int8_tensor" in kept
    assert not kept & {"int8_channel", "int4_128", "mxfp4"}
    assert "second dimension" in found.notes[0]
    assert zeros.tensors[0].two_four_kept is None
