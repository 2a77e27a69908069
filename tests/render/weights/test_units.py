from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from modelreport.facts import (
    ColumnFigures,
    Duplicate,
    EmbeddingRows,
    Item,
    NearCopy,
    Report,
    RowCopy,
    ScaleFigures,
    Skipped,
    Units,
    Weights,
    ZeroRun,
)
from modelreport.render import format as text
from modelreport.render.html import write_html
from modelreport.render.markdown import write_markdown
from modelreport.render.weights.part import Told
from modelreport.render.weights.units import PART
from tests.factories import HOSTILE_NAMES
from tests.judge.cases import plain_report

CONV, FC = "layers.3.conv1.weight", "fc.weight"


def report_with(duplicates: tuple[Duplicate, ...] = (), **changes: Any) -> Report:
    report = plain_report()
    assert isinstance(report.weights, Weights)
    return replace(report, weights=replace(report.weights, units=Units(**changes), duplicates=duplicates))


def told(report: Report) -> Told:
    assert isinstance(report.weights, Weights)
    made = PART.context(report, report.weights)
    assert isinstance(made, Told)
    return made


def test_a_healthy_model_is_told_in_one_line_without_tables() -> None:
    made = told(report_with())
    assert "is dead or repeats another" in text.message(made.line)
    assert not made.charts
    assert not any(table.rows for table in made.tables)


def test_weights_of_zeros_only_are_told_and_not_counted_as_units() -> None:
    report = report_with()
    assert isinstance(report.weights, Weights)
    tensors = tuple(replace(t, zero_channels=t.channels) for t in report.weights.tensors)
    line = text.message(told(replace(report, weights=replace(report.weights, tensors=tensors))).line)
    many = sum(bool(t.channels) for t in tensors)
    assert line == f"No units were counted; {many} weights are zero throughout."


def test_a_single_row_of_zeros_is_one_row() -> None:
    table = EmbeddingRows(name="emb.weight", rows=100, width=8, zero=1)
    assert "has 100 rows: 1 row of zeros." in text.message(told(report_with(embeddings=(table,))).sentences[0])
    tail = replace(table, zero=4, zero_tail=4)
    assert "4 rows of zeros, at the end, as padding is." in text.message(
        told(report_with(embeddings=(tail,))).sentences[0]
    )


def test_dead_and_repeated_units_are_counted_drawn_and_listed() -> None:
    across = ColumnFigures(name=CONV, units=50, zero=5, zeros=(1, 2), identical=10)
    made = told(report_with(columns=(across, ColumnFigures(name=FC, units=10, zero=1))))
    assert text.message(made.line).startswith("6 dead, 10 repeated of ")
    assert made.charts == ("unit-shares",)
    row, _ = made.tables[0].rows
    assert [cell.text for cell in row.cells] == [CONV, "50", "5", "10", "0", "0", "30 %", "1, 2"]
    assert row.cells[0].href.startswith("#weight-")


def test_runs_that_repeat_are_told_as_runs() -> None:
    copies = (RowCopy(first=0, copy=32, rows=16), RowCopy(first=4, copy=60, rows=2))
    made = told(report_with(columns=(ColumnFigures(name=CONV, units=64, zero=0, identical=18, copies=copies),)))
    assert made.tables[0].rows[0].cells[-1].text == "32–47 = 0–15, 60–61 = 4–5"


def test_the_vocabulary_and_its_tokens_are_named() -> None:
    table = EmbeddingRows(
        name="emb.weight", rows=900, width=64, zero=7, zero_tail=5, identical=2, untrained=40, how="together", low=0.4,
        high=0.5, median=1.0, alike=0.9, indices=(3, 8), tokens=("[unused1]", "##x"), reserved=30,
    )  # fmt: skip
    made = told(report_with(embeddings=(table,)))
    said = text.message(made.sentences[0])
    assert "40 rows of norm 0.400 to 0.500 that all point the same way" in said
    assert "30 of these the vocabulary calls unused or reserved" in said
    assert "7 rows of zeros, 5 of them at the end" in said
    assert [row.cells[0].text for row in made.tables[1].rows] == ["[unused1]", "##x"]


def test_copies_are_listed_with_the_bytes_they_take() -> None:
    copies = Duplicate(names=(CONV, "a", "b", "c", "d"), size_bytes=1024)
    made = told(report_with(duplicates=(copies,)))
    assert "copies take 4.00 KiB" in text.message(made.line)
    cells = [cell.text for cell in made.tables[2].rows[0].cells]
    assert cells == [CONV, "4", "a, b, c and 1 more", "1.00 KiB", "4.00 KiB"]


def test_heads_that_are_nearly_another_are_told() -> None:
    near = NearCopy(name=CONV, first=0, copy=32, rows=16, cosine=0.991)
    assert text.message(told(report_with(near=(near,))).sentences[0]) == (
        f"{CONV}: rows 32–47 are nearly rows 0–15, with a cosine of 0.991."
    )


def test_scales_of_normalisations_are_a_table() -> None:
    scale = ScaleFigures(
        name="bn1.weight", kind="batch", channels=16, scales=(0.0, 0.5, 1.0, 1.5, 2.0), zero=1, weak=2, seldom=3
    )
    made = told(report_with(scales=(scale,)))
    cells = [cell.text for cell in made.tables[3].rows[0].cells]
    assert cells == ["bn1.weight", "16", "0", "0.500", "1", "1.50", "2", "1", "2", "3"]


def test_a_part_never_written_and_what_was_not_looked_at_are_told() -> None:
    run = ZeroRun(name=FC, first=100, count=2000, total=4000, outside=1)
    made = told(report_with(runs=(run,), unlooked=(Item(name="big", value="its zeros were not looked at"),)))
    assert "1 tensor holds a run of zeros" in text.message(made.line)
    assert "2,000 of 4,000 values are zero in one run" in text.message(made.sentences[0])
    assert "big was not looked at" in text.message(made.sentences[1])


def test_units_that_were_not_looked_at_have_a_reason() -> None:
    report = plain_report()
    assert isinstance(report.weights, Weights)
    left = Skipped(stage="measure", reason="No time.")
    assert PART.context(report, replace(report.weights, units=left)) is left


def test_names_from_the_file_and_from_its_vocabulary_are_data() -> None:
    names = tuple(name[:3000] for name in HOSTILE_NAMES)
    table = EmbeddingRows(
        name=names[0], rows=900, width=64, untrained=40, how="initialised", low=0.4, high=0.5, median=1.0,
        indices=tuple(range(len(names))), tokens=names,
    )  # fmt: skip
    report = report_with(
        duplicates=(Duplicate(names=names, size_bytes=8),), embeddings=(table,),
        runs=(ZeroRun(name=names[1], first=1, count=2000, total=4000, outside=0),),
    )  # fmt: skip
    page = write_html(report)
    assert b"<script>alert(1)</script>" not in page
    assert write_markdown(report)
