"""Odd one out, as the page tells it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from modelreport.facts import OddTensor, Report, Skipped, Weights
from modelreport.render import format as text
from modelreport.render.weights.part import Told
from modelreport.render.weights.peers import context
from tests.factories import make_report
from tests.factories_deep import deep_arrays, deep_report, report_of


def told(report: Report) -> Told:
    assert isinstance(report.weights, Weights)
    made = context(report, report.weights)
    assert isinstance(made, Told)
    return made


def with_odd(*odd: OddTensor) -> Report:
    report = deep_report()
    assert isinstance(report.weights, Weights)
    return replace(report, weights=replace(report.weights, peers=replace(report.weights.peers, odd=odd)))


def odd_of(report: Report) -> tuple[OddTensor, ...]:
    assert isinstance(report.weights, Weights)
    assert not isinstance(report.weights.peers, Skipped)
    return report.weights.peers.odd


def test_what_is_odd_is_counted_and_listed() -> None:
    made = told(deep_report())
    assert text.message(made.line) == "4 tensors are unlike their peers, 3 of them as if freshly initialised."
    rows = {row.cells[0].text: row.cells[1].text for row in made.tables[0].rows}
    assert rows == {
        "blocks.3.attn.q.weight": "fresh uniform numbers by the spread of the rows",
        "blocks.3.mlp.up.weight": "fresh uniform numbers by the spread of the rows",
        "blocks.3.norm.weight": "one value throughout",
        "blocks.5.mlp.down.weight": "scale",
    }


def test_a_model_like_itself_says_so_without_a_table() -> None:
    made = told(report_of(deep_arrays()))
    assert text.message(made.line) == "Each of 48 repeated weights is like the same one at other depths."
    assert made.tables == ()


def test_one_odd_tensor_is_named() -> None:
    fresh, *_, scaled = sorted(odd_of(deep_report()), key=lambda o: (not o.drawn, o.name))
    assert text.message(told(with_odd(fresh)).line).endswith("looks freshly initialised while its peers do not.")
    assert text.message(told(with_odd(scaled)).line) == "blocks.5.mlp.down.weight is unlike its peers at other depths."
    two = replace(scaled, name="blocks.6.mlp.down.weight")
    assert "2 tensors are unlike their peers" in text.message(told(with_odd(scaled, two)).line)
    assert "2 tensors look freshly initialised" in text.message(told(with_odd(fresh, replace(fresh, name="x"))).line)


@pytest.mark.parametrize("count", [500, 501])
def test_a_long_list_is_cut_and_says_so(count: int) -> None:
    one = odd_of(deep_report())[0]
    table = told(with_odd(*(replace(one, name=f"t{i}") for i in range(count)))).tables[0]
    assert len(table.rows) == 500
    assert ("the first 500 of 501" in table.caption) == (count > 500)


def test_a_share_of_zeros_is_in_percent_and_a_constant_has_no_median() -> None:
    one = odd_of(deep_report())[0]
    zeros = replace(one, name="a", drawn="", statistic="zeros", value=0.5, median=0.0)
    constant = replace(one, name="b", drawn="", statistic="constant", value=1.0, score=None)
    rows = [[cell.text for cell in row.cells[2:5]] for row in told(with_odd(zeros, constant)).tables[0].rows]
    assert rows[0][:2] == ["50 %", "0 %"]
    assert rows[1] == ["1", "not constant", text.UNKNOWN]


def test_nothing_is_said_where_no_layer_is_repeated() -> None:
    report = make_report()
    assert isinstance(report.weights, Weights)
    assert context(report, report.weights) is None
    missing = Skipped(stage="measure", reason="Not compared.")
    assert context(report, replace(report.weights, peers=missing)) is missing
