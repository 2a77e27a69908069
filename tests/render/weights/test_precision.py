"""The weights in fewer bits, as the page tells it."""

from __future__ import annotations

import numpy as np
from msgspec.structs import replace

from modelreport.facts import Precision, Report, Skipped, Weights
from modelreport.render import format as text
from modelreport.render.weights.part import Told
from modelreport.render.weights.precision import context
from tests.factories import hostile_report, make_report
from tests.factories_precision import make_values, with_formats, with_usual_formats

CONV = "layers.3.conv1.weight"


def told(report: Report) -> Told:
    assert isinstance(report.weights, Weights)
    made = context(report, report.weights)
    assert isinstance(made, Told)
    return made


def usual() -> Report:
    return with_usual_formats(make_report())


def with_values(name: str, change: float, place: tuple[int, ...]) -> Report:
    values = make_values(make_report().structure)[name]
    values[place] = change
    return with_formats(make_report(), {name: values})


def test_the_line_tells_what_eight_bits_cost() -> None:
    line = text.message(told(usual()).line)
    assert line.startswith("int8 per output channel keeps ")
    assert "of the size; one scale per tensor keeps" in line
    assert line.endswith(" dB).")


def test_each_format_has_a_row_with_size_and_ratio() -> None:
    report = usual()
    assert isinstance(report.weights, Weights)
    assert isinstance(report.weights.precision, Precision)
    table = told(report).tables[0]
    assert len(table.rows) == len(report.weights.precision.schemes) == 11
    cells = {row.cells[0].text: [cell.text for cell in row.cells] for row in table.rows}
    assert cells["float16"][2] == "50 %"
    assert cells["int8, one scale per output channel"][7] == "12"


def test_a_layer_that_falls_behind_comes_first_and_says_where() -> None:
    table = told(with_values(CONV, 6.0, (5, 3, 0, 0))).tables[1]
    first = table.rows[0]
    assert first.cells[0].text == CONV
    assert "int8" in first.cells[-1].text
    assert first.cells[0].href
    assert not table.rows[-1].cells[-1].text


def test_overflow_in_float16_is_a_sentence() -> None:
    said = [text.message(each) for each in told(with_values(CONV, 1e6, (0, 0, 0, 0))).sentences]
    assert f"1 value would become infinite in float16, first in {CONV}." in said


def test_what_was_rounded_before_is_a_sentence() -> None:
    values = make_values(make_report().structure)
    one = with_formats(make_report(), {CONV: values[CONV].astype(np.float16).astype(np.float32)})
    assert any(text.message(s).startswith(f"{CONV} loses nothing in float16") for s in told(one).sentences)
    rounded = {name: array.astype(np.float16).astype(np.float32) for name, array in values.items()}
    every = with_formats(make_report(), rounded)
    assert any(text.message(s).startswith("12 of 12 weight matrices lose nothing") for s in told(every).sentences)


def test_values_stored_in_16_bits_are_no_news() -> None:
    values = make_values(make_report().structure)
    report = with_formats(make_report(), {CONV: values[CONV].astype(np.float16).astype(np.float32)})
    tensors = tuple(replace(fact, dtype="bfloat16") for fact in report.structure.tensors)
    report = replace(report, structure=replace(report.structure, tensors=tensors))
    assert not any("loses nothing" in text.message(each) for each in told(report).sentences)


def test_a_model_of_vectors_says_whether_float16_holds_it() -> None:
    report = usual()
    assert isinstance(report.weights, Weights)
    assert isinstance(report.weights.precision, Precision)
    precision = report.weights.precision
    half = tuple(each for each in precision.schemes if each.id in ("fp16", "bf16"))
    vectors = tuple(each for each in precision.tensors if len(each.errors) == 2)

    def line(overflow: int) -> str:
        schemes = tuple(replace(each, overflow=overflow) for each in half)
        made = replace(precision, schemes=schemes, tensors=vectors)
        assert isinstance(report.weights, Weights)
        return text.message(told(replace(report, weights=replace(report.weights, precision=made))).line)

    assert line(0).startswith("All values of ")
    assert line(1) == "1 value would not fit float16."
    assert line(7) == "7 values would not fit float16."


def test_hostile_names_are_only_text() -> None:
    made = told(with_formats(hostile_report()))
    assert all("\u202e" not in cell.text for table in made.tables for row in table.rows for cell in row.cells)
    assert text.message(made.line)


def test_without_formats_there_is_a_reason() -> None:
    report = make_report()
    assert isinstance(report.weights, Weights)
    assert isinstance(context(report, report.weights), Skipped)
