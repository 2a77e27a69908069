"""What the optimizer's state, the trainer's log and averaged weights show of the training."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from modelreport.facts import AverageDrift, LayerUpdate, OptimizerEvidence, Report, Skipped, Weights
from modelreport.render import format as text
from modelreport.render.charts.partition import thin
from modelreport.render.charts.spec import Axis, Chart, Layer, Line, Points
from modelreport.render.language import mark

RULE_OF_THUMB: Final = 1e-3
"""Update over weight that a step should come to (A. Karpathy, cs231n, "Ratio of weights:updates")."""

_KEY: Final = "The line goes through the weight matrices; dots are biases and scales."
_POINTS: Final = 200
_LEAST: Final = 1e-12
"""Values below this share of the largest are drawn there: zero has no place on a logarithmic axis."""


class Point(NamedTuple):
    """One parameter."""

    x: float
    """Its place among those with a state, in the order of the model."""
    value: float
    name: str


def _evidence(report: Report) -> OptimizerEvidence | Skipped:
    return report.weights.optimizer if isinstance(report.weights, Weights) else report.weights


def is_matrix(report: Report) -> Callable[[str], bool]:
    """Whether a tensor has two dimensions or more, by its name; by its state where it has no name in the model."""
    narrow = {t.name for t in report.structure.tensors if len(t.shape) < 2}
    known = {t.name for t in report.structure.tensors}
    found = _evidence(report)
    if not isinstance(found, Skipped):
        narrow |= {
            e.name for e in found.layers if e.name not in known and e.dimensions is not None and e.dimensions < 2
        }
    return lambda name: name not in narrow


def gradient_depth(report: Report) -> Chart | Skipped:
    """RMS gradients over depth, a line for matrices and one for vectors."""
    found = _evidence(report)
    if isinstance(found, Skipped):
        return found
    lines = _split(report, found.layers, lambda layer: layer.gradient_rms)
    if not any(lines):
        return Skipped(stage="measure", reason="The optimizer keeps nothing that tells the size of gradients.")
    shown = lines[0] or lines[1]
    low, high = min(shown, key=lambda p: p.value), max(shown, key=lambda p: p.value)
    noun = "weight matrices" if lines[0] else "parameters"
    orders = math.log10(high.value / low.value) if low.value > 0 else 0.0
    title = (
        f"RMS gradients of {noun} span {orders:.1f} orders of magnitude, least in {text.name(low.name, 60)}"
        if low.value > 0
        else f"The gradient of {text.name(low.name, 60)} is zero"
    )
    if low is high and low.value > 0:
        title = f"The RMS gradient of {text.name(low.name, 60)} is {text.number(low.value)}"
    return Chart(
        id="gradient-depth",
        title=title,
        caption="Root of the mean of the optimizer's second moment, bias-corrected: gradients of recent steps, the "
        f"last ones counting most. {_KEY} Gradients of these differ for reasons of their own.",
        x=Axis(title=mark("parameters in the order of the model"), unit="count"),
        y=_axis("RMS gradient", lines),
        layers=_layers(lines),
        header=(mark("Parameters"), mark("Number"), mark("Least"), mark("Largest"), mark("Largest in")),
        rows=_rows(lines),
    )


def update_depth(report: Report) -> Chart | Skipped:
    """Update over weight over depth, with the rule of thumb."""
    found = _evidence(report)
    if isinstance(found, Skipped):
        return found
    lines = _split(report, found.layers, lambda layer: layer.update_ratio)
    if not any(lines):
        reason = next((note for note in found.notes if "update" in note), "The file does not tell the updates.")
        return Skipped(stage="measure", reason=reason)
    shown = lines[0] or lines[1]
    low, high = min(p.value for p in shown), max(p.value for p in shown)
    noun = "a weight matrix" if lines[0] else "a parameter"
    end = max(p.x for line in lines for p in line)
    guide = Line(
        name=mark("rule of thumb, 0.001"), colour="warn", x=(0.0, max(end, 1.0)), y=(RULE_OF_THUMB, RULE_OF_THUMB),
        hover=("rule of thumb: 0.001",) * 2, reference=True,
    )  # fmt: skip
    told = {layer.update_told for layer in found.layers if layer.update_ratio is not None}
    return Chart(
        id="update-depth",
        title=_update_title(noun, text.number(low), text.number(high), told.pop() if len(told) == 1 else "usual"),
        caption=f"RMS of one update by the rule of {text.name(found.kind, 40)} with the settings in the file, without "
        "decoupled weight decay, over the RMS of the weight. Around 0.001 is usual (A. Karpathy, cs231n); it falls "
        f"with the learning rate. Parameters near zero change by more of themselves. {_KEY}",
        x=Axis(title=mark("parameters in the order of the model"), unit="count"),
        y=_axis("update over weight", lines, RULE_OF_THUMB),
        layers=(guide, *_layers(lines)),
        header=(mark("Parameters"), mark("Number"), mark("Least"), mark("Largest"), mark("Largest in")),
        rows=_rows(lines),
    )


def _update_title(noun: str, low: str, high: str, told: str) -> str:
    """What a step does, or is known not to fall below or pass."""
    if told == "exact":
        return f"The last step changed {noun} by {low} to {high} of its size"
    if told == "least":
        return f"A step changes {noun} by at least {low} to {high} of its size"
    if told == "most":
        return f"A step changes {noun} by at most {high} of its size"
    return f"A step changes {noun} by about {low} to {high} of its size"


def average_depth(report: Report) -> Chart | Skipped:
    """How far averaged weights are from the raw ones."""
    weights = report.weights
    drift: AverageDrift | Skipped = weights.average if isinstance(weights, Weights) else weights
    if isinstance(drift, Skipped):
        return drift
    wide = is_matrix(report)
    points = [Point(float(i), value, name) for i, (name, value) in enumerate(drift.layers)]
    apart = [p for p in points if p.value]
    lines = ([p for p in apart if wide(p.name)], [p for p in apart if not wide(p.name)])
    if not apart:
        return Skipped(stage="measure", reason="The averaged weights are equal to the raw ones.")
    top = max(lines[0] or lines[1], key=lambda p: p.value)
    return Chart(
        id="average-depth",
        title=f"The average differs most in {text.name(top.name, 60)}, by {text.share(top.value)} of the raw weight",
        caption=f"Norm of the difference between averaged and raw weight over the norm of the raw one. {_KEY}"
        + (
            f" The {text.exact(len(points) - len(apart))} without a difference are left out." if apart != points else ""
        ),
        x=Axis(title=mark("parameters in the order of the model"), unit="count"),
        y=_axis("relative distance", lines),
        layers=_layers(lines),
        header=(mark("Parameters"), mark("Number"), mark("Least"), mark("Largest"), mark("Largest in")),
        rows=_rows(lines),
    )


def training_history(report: Report) -> Chart | Skipped:
    """The loss over the steps, as the trainer logged it."""
    training = report.source.training
    history = training.history if training is not None else ()
    losses = [(p.step, p.loss) for p in history if p.loss is not None]
    others = [(p.step, p.evaluation_loss) for p in history if p.evaluation_loss is not None]
    if len(losses) + len(others) < 2:
        return Skipped(stage="load", reason="The file holds no log of the training.")
    named = ((mark("loss"), "accent", losses), (mark("evaluation loss"), "attention", others))
    told = others if len(others) > 1 else losses or others
    best = min(told, key=lambda pair: pair[1])
    which = "Evaluation loss" if told is others else "Loss"
    return Chart(
        id="training-history",
        title=f"{which} went from {text.number(told[0][1])} to {text.number(told[-1][1])}; "
        f"{text.number(best[1])} at step {text.exact(best[0])} was the least",
        caption="As the trainer logged it in trainer_state.json; nothing was smoothed.",
        x=Axis(title=mark("step"), unit="count"),
        y=Axis(title=mark("loss")),
        layers=tuple(
            Line(
                name=name,
                colour=colour,
                x=tuple(float(step) for step, _ in points),
                y=tuple(value for _, value in points),
                hover=tuple(f"step {text.exact(step)}: {name} {text.number(value)}" for step, value in points),
            )
            for name, colour, points in named
            if points
        ),
        header=(mark("Step"), mark("Loss"), mark("Evaluation loss"), mark("Learning rate"), mark("Gradient norm")),
        rows=tuple(
            (text.exact(p.step), *map(text.number, (p.loss, p.evaluation_loss, p.learning_rate, p.gradient_norm)))
            for p in thin(history, _POINTS)
        ),
    )


def _split(
    report: Report, layers: Sequence[LayerUpdate], value: Callable[[LayerUpdate], float | None]
) -> tuple[list[Point], list[Point]]:
    """Matrices and vectors with a value, each at its place in the order of the model."""
    wide = is_matrix(report)
    points = [Point(float(i), v, layer.name) for i, layer in enumerate(layers) if (v := value(layer)) is not None]
    return [p for p in points if wide(p.name)], [p for p in points if not wide(p.name)]


def _layers(lines: tuple[list[Point], list[Point]]) -> tuple[Layer, ...]:
    """A line through the matrices; the vectors are of many kinds, so that none goes through them."""
    least = max(p.value for line in lines for p in line) * _LEAST
    wide, narrow = (thin(points, _POINTS) for points in lines)
    made: list[Layer] = []
    if narrow:
        x, y, hover = _coordinates(narrow, least)
        made.append(
            Points(name=mark("biases and scales"), colour="muted", x=x, y=y, labels=("",) * len(x), hover=hover)
        )
    if wide:
        x, y, hover = _coordinates(wide, least)
        made.append(Line(name=mark("weight matrices"), colour="accent", x=x, y=y, hover=hover))
    return tuple(made)


def _coordinates(points: Sequence[Point], least: float) -> tuple[tuple[float, ...], tuple[float, ...], tuple[str, ...]]:
    return (
        tuple(p.x for p in points),
        tuple(max(p.value, least) for p in points),
        tuple(f"{text.name(p.name, 60)}: {text.number(p.value)}" for p in points),
    )


def _axis(title: str, lines: tuple[list[Point], list[Point]], *more: float) -> Axis:
    """A logarithmic axis with room above and below."""
    values = [v for v in (*(p.value for line in lines for p in line), *more) if v > 0]
    high = max(values, default=1.0)
    return Axis(title=title, log=True, low=max(min(values, default=1.0), high * _LEAST) / 1.6, high=high * 1.6)


def _rows(lines: tuple[list[Point], list[Point]]) -> tuple[tuple[str, ...], ...]:
    found = []
    for name, points in zip(("weight matrices", "biases and scales"), lines, strict=True):
        if points:
            top = max(points, key=lambda p: p.value)
            least = min(p.value for p in points)
            found.append(
                (name, text.exact(len(points)), text.number(least), text.number(top.value), text.name(top.name, 60))
            )
    return tuple(found)
