from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from modelreport.facts import ColumnFigures, RowCopy
from modelreport.measure.units import columns
from modelreport.measure.units.columns import columns_of, lies_in_columns, survey_columns
from tests.measure.tensors import make_tensor
from tests.measure.units.tables import make_fact, make_module


def figures_of(array: NDArray[Any]) -> ColumnFigures:
    found = columns_of(make_tensor(array))
    assert found is not None
    (figures,), left = survey_columns(iter([("t", found)]))
    assert not left
    return figures


def random(*shape: int) -> NDArray[np.float32]:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def test_zero_columns_are_found_and_zeros_of_another_column_are_not() -> None:
    array = random(300, 40)
    array[:, [3, 31]] = 0
    array[:299, 5] = 0  # but its last value is not
    found = figures_of(array)
    assert (found.units, found.zero, found.zeros) == (40, 2, (3, 31))


def test_both_zeros_are_zero() -> None:
    array = random(20, 6)
    array[:, 2] = np.where(np.arange(20) % 2, 0.0, -0.0)
    assert figures_of(array).zeros == (2,)


def test_columns_that_differ_in_one_value_are_not_identical() -> None:
    array = random(1000, 12)
    array[:, 7] = array[:, 2]
    array[:, 9] = array[:, 3]
    array[501, 9] += 1
    found = figures_of(array)
    assert found.identical == 1
    assert found.groups == ((2, 7),)


def test_a_repeated_run_of_columns_is_a_copy() -> None:
    array = random(100, 48)
    array[:, 32:40] = array[:, 8:16]
    assert figures_of(array).copies == (RowCopy(first=8, copy=32, rows=8),)


def test_units_of_a_transposed_convolution_take_the_kernel_with_them() -> None:
    array = random(30, 8, 3, 3)
    array[:, 4] = 0
    array[:, 6] = array[:, 1]
    found = figures_of(array)
    assert (found.units, found.zeros, found.groups) == (8, (4,), ((1, 6),))


def test_a_column_with_nan_is_neither_zero_nor_identical() -> None:
    array = random(50, 6)
    array[:, 1] = array[:, 2] = 0
    array[25, [1, 2]] = np.nan
    found = figures_of(array)
    assert (found.zero, found.identical) == (0, 0)


def test_tabulated_dtypes_are_read_too() -> None:
    array = random(64, 10).astype(np.float16)
    array[:, 0] = 0
    array[:, 9] = array[:, 4]
    found = figures_of(array)
    assert (found.zeros, found.groups) == ((0,), ((4, 9),))


def test_what_does_not_fit_the_budget_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "READ_BYTES", 100)
    array = random(20, 6)
    array[:, 0] = 0
    found = columns_of(make_tensor(array))
    assert found is not None
    figures, left = survey_columns(iter([("big", found)]))
    assert not figures
    assert [item.name for item in left] == ["big"]


@pytest.mark.parametrize(
    ("kind", "attributes", "shape", "want"),
    [
        ("Conv1D", {}, (768, 2304), True),
        ("MatMul", {}, (768, 2304), True),
        ("Linear", {}, (768, 2304), False),
        ("Gemm", {"transB": "0"}, (4, 5), True),
        ("Gemm", {"transB": "1"}, (4, 5), False),
        ("ConvTranspose2d", {"groups": "1"}, (8, 4, 3, 3), True),
        ("ConvTranspose2d", {"groups": "4"}, (8, 4, 3, 3), False),
        ("Conv1d", {}, (8, 4, 3), False),
    ],
)
def test_the_type_of_the_module_says_where_units_lie(
    kind: str, attributes: dict[str, str], shape: tuple[int, ...], want: bool
) -> None:
    assert lies_in_columns(make_fact("m.weight", shape), make_module("m", kind, **attributes)) is want


def test_without_a_module_nothing_is_said() -> None:
    assert not lies_in_columns(make_fact("weight", (4, 5)), None)


def test_rows_too_long_to_be_held_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelreport.measure.units.columns.LONGEST_ROW", 5)
    assert columns_of(make_tensor(np.zeros((3, 6), np.float32))) is None
    assert columns_of(make_tensor(np.zeros((6, 5), np.float32))) is not None
