"""The table of tensors as a file for spreadsheets and programs."""

from __future__ import annotations

import csv
import io
import math

import pytest
from msgspec.structs import replace

from modelreport.facts import QUANTILES, Report, Weights
from modelreport.render.csv import write_csv
from tests.factories import hostile_report, make_report, skipped_report
from tests.factories_weights import SCHEMES, rich_report


def read(report: Report) -> list[dict[str, str]]:
    rows = list(csv.DictReader(io.StringIO(write_csv(report).decode("utf-8"), newline=""), strict=True))
    assert all(None not in row and None not in row.values() for row in rows), "every row has every field"
    return rows


def named(report: Report, name: str) -> Report:
    """The report with another name for its first tensor."""
    assert isinstance(report.weights, Weights)
    fact = replace(report.structure.tensors[0], name=name)
    statistics = replace(report.weights.tensors[0], name=name)
    return replace(
        report,
        structure=replace(report.structure, tensors=(fact, *report.structure.tensors[1:])),
        weights=replace(report.weights, tensors=(statistics, *report.weights.tensors[1:])),
    )


def test_one_row_a_tensor_with_numbers_that_read_back_exactly() -> None:
    report = rich_report()
    assert isinstance(report.weights, Weights)
    rows = read(report)
    assert [row["name"] for row in rows] == [fact.name for fact in report.structure.tensors]
    for row, fact, statistics in zip(rows, report.structure.tensors, report.weights.tensors, strict=True):
        assert float(row["std"]) == statistics.std
        assert float(row["kurtosis"]) == statistics.kurtosis
        assert [float(row[f"quantile_{level:g}"]) for level in QUANTILES] == list(statistics.quantiles)
        assert (int(row["count"]), int(row["size_bytes"])) == (fact.count, fact.size_bytes)
        assert row["shape"] == "x".join(map(str, fact.shape))
        assert row["hash"] == statistics.digest


def test_every_part_of_the_weights_has_its_fields() -> None:
    row = read(rich_report())[3]
    for scheme in SCHEMES:
        for what in ("sqnr_db", "overflow", "underflow", "size_bytes"):
            assert row[f"{scheme.replace('-', '_')}_{what}"] != ""
    for field in (
        "outlier_ratio", "identical_channels", "two_four_kept_share", "stable_rank", "alpha", "peer_scale_score",
        "gradient_rms", "update_ratio", "average_drift", "optimizer_step",
    ):  # fmt: skip
        assert math.isfinite(float(row[field])), field
    assert row["findings"] == "W010"
    assert row["peer_role"] == "encoder.layer.#.mlp.up.weight"
    assert len(row["outlier_channels"].split()) == 5


def test_parts_that_a_report_lacks_have_no_fields() -> None:
    titles = set(read(make_report())[0])
    assert {"kurtosis", "minimum", "findings"} <= titles
    assert not titles & {"update_ratio", "peer_role", "alpha"}


def test_integers_have_all_their_digits() -> None:
    report = make_report()
    large = replace(report.structure.tensors[0], count=2**62 + 1, size_bytes=2**64 + 1)
    report = replace(report, structure=replace(report.structure, tensors=(large, *report.structure.tensors[1:])))
    row = read(report)[0]
    assert (row["count"], row["size_bytes"]) == (str(2**62 + 1), str(2**64 + 1))


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "＝1+1", '=HYPERLINK("http://example.org","x")'])
def test_a_name_that_is_a_formula_is_only_text(name: str) -> None:
    data = write_csv(named(make_report(), name)).decode()
    assert read(named(make_report(), name))[0]["name"] == f"'{name}"
    assert not any(line.startswith(("=", "+", "-", "@", '"=', '"+', '"-', '"@')) for line in data.splitlines())


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ('with "quotes", and commas', 'with "quotes", and commas'),
        ("two\r\nlines\x00", "two\\r\\nlines\\x00"),
        ("lone \ud800 surrogate", "lone \\ud800 surrogate"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("模型.权重", "模型.权重"),
        ("", ""),
    ],
)
def test_any_name_comes_back_as_the_reports_show_it(name: str, shown: str) -> None:
    assert read(named(make_report(), name))[0]["name"] == shown


def test_long_names_fit_into_a_cell_and_hostile_ones_are_harmless() -> None:
    rows = read(hostile_report())
    assert len(rows) == len(hostile_report().structure.tensors)
    longest = max((row["name"] for row in rows), key=len)
    assert longest.endswith("(1,000,000 characters)")
    assert len(longest) < 32_767
    assert read(named(make_report(), "x" * 30_000))[0]["name"] == "x" * 30_000
    assert not any(row["name"].startswith(("=", "+", "-", "@", "\t")) for row in rows)


def test_without_values_the_headers_are_still_told() -> None:
    report = skipped_report()
    rows = read(report)
    assert len(rows) == len(report.structure.tensors)
    assert rows[0]["mean"] == rows[0]["zeros"] == ""
    assert rows[0]["count"] == str(report.structure.tensors[0].count)


def test_a_tensor_that_could_not_be_read_has_its_row_too() -> None:
    report = make_report()
    assert isinstance(report.weights, Weights)
    rows = read(replace(report, weights=replace(report.weights, tensors=report.weights.tensors[1:])))
    assert len(rows) == len(report.structure.tensors)
    assert (rows[-1]["name"], rows[-1]["std"]) == (report.structure.tensors[0].name, "")


def test_lines_end_as_the_standard_asks_and_the_same_report_gives_the_same_bytes() -> None:
    data = write_csv(make_report())
    assert data == write_csv(make_report())
    assert data.count(b"\r\n") == data.count(b"\n") == len(make_report().structure.tensors) + 1
