from __future__ import annotations

from msgspec.structs import replace

from modelreport.facts import ColumnFigures, Report, Skipped, Units, Weights
from modelreport.render.charts.plotly import plotly_figure
from modelreport.render.charts.spec import Chart, Stack
from modelreport.render.charts.svg import svg
from modelreport.render.charts.unit_shares import MOST_ROWS, unit_shares
from tests.factories import skipped_report
from tests.judge.cases import plain_report

CONV = "layers.3.conv1.weight"


def with_columns(**changes: int) -> Report:
    report = plain_report()
    assert isinstance(report.weights, Weights)
    across = ColumnFigures(**({"name": CONV, "units": 50, "zero": 0} | changes))  # type: ignore[arg-type]
    return replace(report, weights=replace(report.weights, units=Units(columns=(across,))))


def test_each_kind_that_there_is_has_a_bar_of_its_share() -> None:
    made = unit_shares(with_columns(zero=5, identical=10))
    assert isinstance(made, Chart)
    assert made.title == "1 layer has dead or repeated units"
    assert made.y.categories == (CONV,)
    layers = [layer for layer in made.layers if isinstance(layer, Stack)]
    assert [layer.values for layer in layers] == [(0.1,), (0.2,)]
    assert layers[-1].labels == ("30 %",)
    assert made.rows == ((CONV, "50", "5", "10", "0", "0"),)


def test_both_painters_draw_it() -> None:
    made = unit_shares(with_columns(zero=5))
    assert isinstance(made, Chart)
    assert "10 %" in svg(made)
    assert plotly_figure(made)["data"]


def test_without_such_units_there_is_no_chart_but_a_reason() -> None:
    made = unit_shares(with_columns())
    assert isinstance(made, Skipped)
    assert "No layer" in made.reason
    assert isinstance(unit_shares(skipped_report()), Skipped)


def test_of_many_layers_the_worst_are_drawn_in_the_order_of_the_file() -> None:
    report = plain_report()
    assert isinstance(report.weights, Weights)
    facts, columns = [], []
    for i in range(MOST_ROWS + 10):
        facts.append(replace(report.structure.tensors[0], name=f"layer.{i}"))
        columns.append(ColumnFigures(name=f"layer.{i}", units=100, zero=1 + i % 50))
    report = replace(
        report,
        structure=replace(report.structure, tensors=tuple(facts)),
        weights=replace(report.weights, units=Units(columns=tuple(columns))),
    )
    made = unit_shares(report)
    assert isinstance(made, Chart)
    assert made.y.categories == tuple(f"layer.{i}" for i in range(10, MOST_ROWS + 10))
    assert f"The {MOST_ROWS} with the largest share" in made.caption
