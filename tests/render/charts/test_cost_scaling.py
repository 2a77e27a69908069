"""Laws of growth in words and as a picture."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from modelreport.facts import Law, Skipped, Usage
from modelreport.render.charts.cost_scaling import at, cost_scaling, formula
from modelreport.render.charts.spec import Chart, Line, Points
from tests.factories import make_report


def law(variable: str, quantity: str, *coefficients: float) -> Law:
    return Law(variable=variable, quantity=quantity, points=((1, 1),), coefficients=coefficients, deviation_share=0.0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        (law("batch", "macs", 0.0, 4_089_184_256.0), "4.09 G × B"),
        (law("sequence", "macs", 0.0, 85_054_464.0, 9_216.0), "9,216 × S² + 85.05 M × S"),
        (law("image side", "peak_bytes", 2048.0, 0.0, 208.0), "208 bytes × W² + 2.00 KiB"),
        (law("batch", "kept_bytes", -512.0, 2048.0), "2.00 KiB × B − 512 bytes"),
        (law("length", "flops", 0.0, -3.0, 0.25), "0.250 × L² − 3 × L"),
        (law("image side", "macs", 0.0, 0.0, 91_008.0, 0.0, 0.28125), "0.281 × W⁴ + 91,008 × W²"),
        (law("batch", "macs"), "0"),
    ],
)
def test_a_law_reads_as_a_formula(fact: Law, words: str) -> None:
    assert formula(fact) == words


def usage() -> Usage:
    found = make_report().usage
    assert isinstance(found, Usage)
    return found


def test_the_sides_law_is_drawn_through_its_passes_and_beyond() -> None:
    chart = cost_scaling(usage())
    assert isinstance(chart, Chart)
    line = next(layer for layer in chart.layers if isinstance(layer, Line))
    points = next(layer for layer in chart.layers if isinstance(layer, Points))
    assert chart.title == "Multiply-adds of one pass: 1,000 × W² + 2,000"
    assert "off by 0.4 %" in chart.caption
    assert line.x[-1] == 2 * points.x[-1] == 64
    assert points.labels == ("", "", "", "1.03 MMAC")
    assert chart.rows[-1] == ("32", "1,030,000", "1,026,000")


def test_a_law_is_evaluated_at_any_size() -> None:
    assert at(law("sequence", "macs", 1.0, 2.0, 3.0), 10) == 321


def test_without_laws_the_reason_is_handed_on() -> None:
    reason = Skipped(stage="trace", reason="Nothing can be changed.")
    assert cost_scaling(replace(usage(), scaling=reason)) == reason
    assert cost_scaling(reason) == reason
    only_memory = tuple(each for each in (usage().scaling or ()) if each.quantity != "macs")  # type: ignore[union-attr]
    assert isinstance(cost_scaling(replace(usage(), scaling=only_memory)), Skipped)
