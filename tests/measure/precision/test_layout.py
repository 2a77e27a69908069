from __future__ import annotations

import pytest

from modelreport.measure.precision.layout import Layout, layout


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((10, 20), Layout(10, 20, 1)),
        ((64, 3, 7, 7), Layout(64, 147, 49)),
        ((32, 16, 5), Layout(32, 80, 5)),
        ((8, 256, 64), Layout(2048, 64, 1)),  # eight experts
        ((768,), None),
        ((), None),
        ((1, 1, 768), None),
        ((1, 512), None),
        ((0, 5), None),
    ],
)
def test_outputs_stand_against_inputs(shape: tuple[int, ...], expected: Layout | None) -> None:
    assert layout(shape) == expected
