from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from modelreport.facts import Report, Structure, TensorFact
from modelreport.render.anchors import anchors
from modelreport.render.charts.parameters_by_module import parameters_by_module
from modelreport.render.charts.spec import Bars, Chart
from modelreport.render.packed import elements, packing, remark
from modelreport.render.sections.appendix import tensors
from modelreport.render.sections.summary import key_figures
from tests.factories import make_report


def fact(name: str, count: int, **more: Any) -> TensorFact:
    values = {"shape": (count,), "dtype": "int32", "role": "parameter", "module": "", "size_bytes": 4 * count}
    return TensorFact(name=name, count=count, stored_bytes=4 * count, **{**values, **more})


PACKED = fact("a.qweight", 1000, scheme="GPTQ 4 bit", stands_for=8000)
SCALES = fact("a.scales", 50, dtype="float16", role="buffer", scheme="GPTQ 4 bit", stands_for=0)
PLAIN = fact("b.weight", 30, dtype="float32")


def structure_of(*facts: TensorFact) -> Structure:
    report = make_report()
    count = sum(elements(f) for f in facts if f.role == "parameter")
    return replace(report.structure, tensors=facts, parameters=count)


@pytest.mark.parametrize(("tensor", "count"), [(PACKED, 8000), (SCALES, 0), (PLAIN, 30)])
def test_a_packed_tensor_counts_as_what_it_stands_for(tensor: TensorFact, count: int) -> None:
    assert elements(tensor) == count


def test_how_a_model_is_packed_is_said_in_a_few_words() -> None:
    assert packing(structure_of(PACKED, SCALES, PLAIN)) == "GPTQ 4 bit: 1,000 stored int32"
    other = fact("c.weight", 9, scheme="FP8, scale for each row", dtype="float8_e4m3fn")
    assert packing(structure_of(PACKED, other)).startswith("GPTQ 4 bit and 1 more: ")
    assert packing(structure_of(PLAIN)) == ""


def test_the_remark_of_a_tensor_names_its_scheme_and_what_it_stands_for() -> None:
    assert [remark(t) for t in (PACKED, SCALES, PLAIN)] == [
        "GPTQ 4 bit, 8,000 parameters", "GPTQ 4 bit, no parameters", "",
    ]  # fmt: skip


def report_of(*facts: TensorFact) -> Report:
    return replace(make_report(), structure=structure_of(*facts))


def test_summary_table_and_chart_show_it() -> None:
    report = report_of(PACKED, SCALES, PLAIN)
    figure = key_figures(report)[0]
    assert (figure.exact, figure.beside) == ("8,030", "GPTQ 4 bit: 1,000 stored int32")
    rows = tensors(report, anchors(report)).rows
    assert "GPTQ 4 bit, 8,000 parameters" in [cell.text for cell in rows[0].cells]
    chart = parameters_by_module(report.structure)
    assert isinstance(chart, Chart)
    (bars,) = chart.layers
    assert isinstance(bars, Bars)
    assert bars.values == (8030.0,)
