"""Charts of what the file tells of its training."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from modelreport.facts import (
    AverageDrift,
    LayerUpdate,
    OptimizerEvidence,
    ParameterGroup,
    Report,
    Skipped,
    TrainingPoint,
    TrainingState,
    Weights,
)
from modelreport.render.charts.plotly import plotly_figure
from modelreport.render.charts.spec import Chart, Line, Points
from modelreport.render.charts.svg import svg
from modelreport.render.charts.training import (
    RULE_OF_THUMB,
    average_depth,
    gradient_depth,
    training_history,
    update_depth,
)
from tests.factories import make_report, skipped_report


def layer(name: str, gradient: float | None = 1e-3, ratio: float | None = 1e-3) -> LayerUpdate:
    return LayerUpdate(
        name=name, step=5, gradient_rms=gradient, momentum_rms=None, update_ratio=ratio, weight_rms=0.1, group=0
    )


def evidence(*layers: LayerUpdate, **fields: Any) -> OptimizerEvidence:
    values: dict[str, Any] = {
        "kind": "AdamW", "layers": layers, "without_state": (), "outside": (), "matched": "In order.",
        "groups": (ParameterGroup(settings=(), parameters=len(layers)),),
    }  # fmt: skip
    return OptimizerEvidence(**{**values, **fields})


def with_weights(**fields: Any) -> Report:
    report = make_report()
    assert isinstance(report.weights, Weights)
    return replace(report, weights=replace(report.weights, **fields))


def names(report: Report, wide: bool) -> list[str]:
    return [t.name for t in report.structure.tensors if (len(t.shape) > 1) == wide and t.role == "parameter"]


def drawn(chart: Chart | Skipped) -> Chart:
    assert isinstance(chart, Chart), chart
    assert plotly_figure(chart)["data"]
    assert svg(chart)
    return chart


def lines(chart: Chart) -> dict[str, Line]:
    return {item.name: item for item in chart.layers if isinstance(item, Line)}


def test_gradients_of_matrices_and_vectors_are_drawn_apart_at_their_places() -> None:
    wide, narrow = names(make_report(), wide=True)[:3], names(make_report(), wide=False)[:1]
    layers = [layer(wide[0], 1e-2), layer(narrow[0], 5.0), layer(wide[1], 1e-5), layer(wide[2], None)]
    chart = drawn(gradient_depth(with_weights(optimizer=evidence(*layers))))
    found = lines(chart)
    assert (found["weight matrices"].x, found["weight matrices"].y) == ((0.0, 2.0), (1e-2, 1e-5))
    (vectors,) = (item for item in chart.layers if isinstance(item, Points))
    assert (vectors.name, vectors.x, vectors.y) == ("biases and scales", (1.0,), (5.0,))
    assert chart.y.low is not None
    assert chart.y.high is not None
    assert chart.y.low < 1e-5
    assert chart.y.high > 5.0
    assert "span 3.0 orders of magnitude" in chart.title
    assert wide[1] in chart.title
    assert chart.y.log


def test_a_parameter_without_a_name_in_the_model_is_what_its_state_says() -> None:
    layers = [replace(layer(f"optimizer.state.{i}", 1e-2), dimensions=2 - i) for i in range(2)]
    chart = drawn(gradient_depth(with_weights(optimizer=evidence(*layers))))
    assert lines(chart)["weight matrices"].x == (0.0,)
    assert chart.title == "The RMS gradient of optimizer.state.0 is 0.0100"


def test_a_gradient_of_zero_stays_on_the_axis() -> None:
    wide = names(make_report(), wide=True)
    chart = drawn(gradient_depth(with_weights(optimizer=evidence(layer(wide[0], 0.0), layer(wide[1], 1e-2)))))
    assert chart.title == f"The gradient of {wide[0]} is zero"
    assert lines(chart)["weight matrices"].y[0] > 0


def test_updates_are_drawn_against_the_rule_of_thumb() -> None:
    wide = names(make_report(), wide=True)
    chart = drawn(
        update_depth(with_weights(optimizer=evidence(layer(wide[0], ratio=2e-4), layer(wide[1], ratio=0.02))))
    )
    assert set(lines(chart)["rule of thumb, 0.001"].y) == {RULE_OF_THUMB}
    assert "2e-4 to 0.0200" in chart.title
    assert "Karpathy" in chart.caption


def test_updates_that_are_not_the_last_ones_say_so() -> None:
    wide = names(make_report(), wide=True)
    for told, words in (("usual", "about 2e-4"), ("least", "at least 2e-4"), ("most", "at most 2e-4 of its size")):
        layers = [replace(layer(name, ratio=2e-4), update_told=told) for name in wide[:2]]
        assert (
            f"A step changes a weight matrix by {words}"
            in drawn(update_depth(with_weights(optimizer=evidence(*layers)))).title
        )
    mixed = [layer(wide[0]), replace(layer(wide[1]), update_told="most")]
    assert "by about" in drawn(update_depth(with_weights(optimizer=evidence(*mixed)))).title


def test_without_updates_the_reason_is_told() -> None:
    wide = names(make_report(), wide=True)
    notes = ("No update could be computed: Adagrad needs the gradient.",)
    skipped = update_depth(with_weights(optimizer=evidence(layer(wide[0], ratio=None), notes=notes)))
    assert isinstance(skipped, Skipped)
    assert skipped.reason == notes[0]


def test_the_average_is_drawn_by_its_distance() -> None:
    wide = names(make_report(), wide=True)
    drift = AverageDrift(key="ema", layers=((wide[0], 0.02), (wide[1], 0.5), (wide[2], 0.0)), equal=1)
    chart = drawn(average_depth(with_weights(average=drift)))
    assert wide[1] in chart.title
    assert "50 %" in chart.title
    assert lines(chart)["weight matrices"].x == (0.0, 1.0)
    assert "The 1 without a difference are left out." in chart.caption
    same = AverageDrift(key="ema", layers=((wide[0], 0.0),), equal=1)
    assert isinstance(average_depth(with_weights(average=same)), Skipped)


def test_the_log_is_drawn_as_it_was_written() -> None:
    history = tuple(TrainingPoint(step=i, loss=2.0 - i / 10, evaluation_loss=1.0 if i == 5 else None) for i in range(9))
    report = make_report()
    report = replace(report, source=replace(report.source, training=TrainingState(items=(), history=history)))
    chart = drawn(training_history(report))
    assert lines(chart)["loss"].y[0] == 2.0
    assert lines(chart)["evaluation loss"].x == (5.0,)
    assert chart.title == "Loss went from 2 to 1.20; 1.20 at step 8 was the least"
    assert len(chart.rows) == 9


@pytest.mark.parametrize("make", [gradient_depth, update_depth, average_depth])
def test_a_report_without_values_says_why(make: Any) -> None:
    assert isinstance(make(skipped_report()), Skipped)
    assert isinstance(make(make_report()), Skipped)
    assert isinstance(training_history(skipped_report()), Skipped)
