"""The part on traces of the training."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from modelreport.facts import (
    AverageDrift,
    Item,
    LayerUpdate,
    OptimizerEvidence,
    ParameterGroup,
    Report,
    TrainingPoint,
    TrainingState,
    Weights,
)
from modelreport.render.format import message
from modelreport.render.weights.optimizer import context
from modelreport.render.weights.part import Told
from tests.factories import make_report


def told(report: Report) -> Told:
    assert isinstance(report.weights, Weights)
    found = context(report, report.weights)
    assert isinstance(found, Told)
    return found


def with_weights(report: Report, **fields: Any) -> Report:
    assert isinstance(report.weights, Weights)
    return replace(report, weights=replace(report.weights, **fields))


def evidence(report: Report, **fields: Any) -> OptimizerEvidence:
    wide = [t.name for t in report.structure.tensors if len(t.shape) > 1]
    layers = tuple(
        LayerUpdate(
            name=name,
            step=70,
            gradient_rms=0.01 * (i + 1),
            momentum_rms=None,
            update_ratio=0.002,
            weight_rms=0.1,
            group=0,
        )
        for i, name in enumerate(wide[:3])
    )
    values: dict[str, Any] = {
        "kind": "AdamW", "layers": layers, "without_state": (), "outside": (), "matched": "Matched in order.",
        "groups": (ParameterGroup(settings=(Item(name="eps", value="1e-8"),), parameters=3, learning_rate=0.1),),
    }  # fmt: skip
    return OptimizerEvidence(**{**values, **fields})


def test_a_file_that_says_nothing_of_its_training_has_no_such_part() -> None:
    report = make_report()
    report = with_weights(replace(report, source=replace(report.source, training=None)))
    assert isinstance(report.weights, Weights)
    assert context(report, report.weights) is None


def test_the_line_tells_steps_gradient_update_and_what_stood_still() -> None:
    report = make_report()
    found = told(with_weights(report, optimizer=evidence(report, without_state=("a", "b"), outside=("c",))))
    assert message(found.line) == (
        "AdamW, 70 steps: RMS gradient of a weight matrix 0.0200 in the median, a step changes it by 0.00200 of its "
        "size, 2 of 5 parameters got no gradient, 1 frozen."
    )
    text = " ".join(message(sentence) for sentence in found.sentences)
    assert "Matched in order." in text
    assert "a, b never got a gradient." in text
    assert found.charts == ("gradient-depth", "update-depth")


def test_the_table_has_a_row_for_each_parameter_and_no_empty_column() -> None:
    report = make_report()
    found = told(with_weights(report, optimizer=evidence(report, outside=("left.out",))))
    table, groups = found.tables
    assert [column.id for column in table.columns] == [
        "name",
        "gradient",
        "update",
        "weight",
        "steps",
        "group",
        "state",
    ]
    assert len(table.rows) == 4
    assert table.rows[-1].cells[-1].text == "frozen: not in the optimizer"
    assert [cell.text for cell in groups.rows[0].cells] == ["0", "3", "0.100", "eps 1e-8"]


def test_an_update_that_is_not_the_last_ones_says_so_in_line_and_table() -> None:
    report = make_report()
    for told_as, words, cell in (("usual", "about", "usual step"), ("least", "at least", "at least"),
                                 ("most", "at most", "at most")):  # fmt: skip
        layers = tuple(replace(each, update_told=told_as) for each in evidence(report).layers)
        found = told(with_weights(report, optimizer=evidence(report, layers=layers)))
        assert f"a step changes it by {words} 0.00200" in message(found.line)
        place = [column.id for column in found.tables[0].columns].index("told")
        assert {row.cells[place].text for row in found.tables[0].rows} == {cell}


def test_an_average_alone_is_told_with_the_place_of_the_other() -> None:
    report = make_report()
    drift = AverageDrift(key="ema", layers=(("a", 0.25), ("b", 0.75)), equal=0)
    found = told(with_weights(report, average=drift))
    assert message(found.line) == (
        "The averaged weights differ from the raw ones by 50 % in the median of 2 parameters; the average is at ema."
    )
    other = AverageDrift(key="raw", layers=(("a", 0.0),), equal=1, reported="average")
    assert "the raw ones are at raw" in message(told(with_weights(report, average=other)).line)
    assert "equal to the raw ones" in message(told(with_weights(report, average=other)).line)


def test_a_log_alone_is_shown() -> None:
    report = make_report()
    training = TrainingState(items=(), history=(TrainingPoint(step=1, loss=1.0), TrainingPoint(step=2, loss=0.5)))
    found = told(replace(report, source=replace(report.source, training=training)))
    assert found.charts == ("training-history",)
    assert found.tables == ()


def test_names_from_the_file_are_no_placeholders() -> None:
    report = make_report()
    hostile = evidence(report, kind="{x}", without_state=("{y}",), notes=("at {z}\u202e",))
    found = told(with_weights(report, optimizer=hostile))
    assert message(found.line).startswith("{x}, 70 steps")
    assert any("{y} never got" in message(sentence) for sentence in found.sentences)
    assert "\u202e" not in "".join(found.notes)
