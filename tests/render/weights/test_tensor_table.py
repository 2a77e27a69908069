"""The table of all tensors."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from modelreport.facts import Report, Weights
from modelreport.render.anchors import anchors
from modelreport.render.html import write_html
from modelreport.render.table import Row, Table
from modelreport.render.weights import tensor_table
from modelreport.render.weights.tensor_table import left_out, table
from modelreport.render.weights.tensors import tensors
from tests.factories import make_report
from tests.factories_weights import rich_report


def made(report: Report) -> Table:
    assert isinstance(report.weights, Weights)
    return table(report.weights, tensors(report, report.weights), anchors(report))


def cell(found: Table, row: Row, column: str) -> str:
    return row.cells[[c.id for c in found.columns].index(column)].text


def test_every_tensor_has_a_row_and_every_row_every_column() -> None:
    report = make_report()
    assert isinstance(report.weights, Weights)
    found = made(report)
    assert len(found.rows) == len(report.weights.tensors)
    assert {len(row.cells) for row in found.rows} == {len(found.columns)}
    assert found.rows[3].id == "weight-3"


def test_columns_that_no_tensor_has_are_left_out_and_further_ones_are_hidden() -> None:
    few, many = ({column.id for column in made(report).columns} for report in (make_report(), rich_report()))
    assert not few & {"update_ratio", "peer_score", "role", "alpha", "int8_channel_sqnr_db"}
    assert few & {"zero_channels", "median"}
    wanted = {
        "kurtosis", "skewness", "outlier_ratio", "identical_channels", "int8_channel_sqnr_db", "two_four_kept_share",
        "stable_rank", "alpha", "peer_score", "gradient_rms", "update_ratio", "average_drift", "role",
    }  # fmt: skip
    assert wanted <= many
    assert [column.id for column in made(rich_report()).columns if column.shown] == [
        "name", "shape", "histogram", "mean", "std", "minimum", "maximum", "zero_share", "norm", "count",
    ]  # fmt: skip


def test_cells_say_what_was_measured() -> None:
    report = rich_report()
    assert isinstance(report.weights, Weights)
    found = made(report)
    row = found.rows[0]
    assert cell(found, row, "identical_channels") == "2"
    assert cell(found, row, "optimizer_step") == "12,340"
    assert cell(found, row, "two_four_kept_share").endswith(" %")
    assert cell(found, row, "role") == "encoder.layer.#.attention.query.weight"
    module = row.cells[[c.id for c in found.columns].index("module")]
    assert module.href == anchors(report).module("encoder.layer.0.attention.query")


def test_values_that_are_not_finite_are_named_beside_the_tensor() -> None:
    report = make_report()
    assert isinstance(report.weights, Weights)
    sick = replace(
        report.weights.tensors[0], nan=3, positive_infinity=1, minimum=None, maximum=None, mean=None, std=None,
        absolute_mean=None, norm=None, quantiles=(), histogram=None,
    )  # fmt: skip
    report = replace(report, weights=replace(report.weights, tensors=(sick, *report.weights.tensors[1:])))
    found = made(report)
    assert found.rows[0].note == "3 NaN, 1 Inf"
    assert cell(found, found.rows[0], "mean") == "–"
    write_html(report)


def test_very_many_tensors_keep_the_usual_columns_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    report = rich_report()
    assert isinstance(report.weights, Weights)
    gathered = tensors(report, report.weights)
    assert left_out(gathered) == ""
    monkeypatch.setattr(tensor_table, "WHOLE", 10)
    assert all(column.shown for column in made(report).columns)
    assert left_out(gathered).startswith("Of 80 tensors the page holds the usual columns")
