"""What the file tells of its training: gradients and updates by layer, groups, the log, averaged weights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Final

from modelreport.facts import AverageDrift, LayerUpdate, Message, OptimizerEvidence, Report, Weights
from modelreport.render import format as text
from modelreport.render.anchors import Anchors, anchors
from modelreport.render.charts.training import is_matrix
from modelreport.render.language import _, mark, tell
from modelreport.render.table import Cell, Column, Row, Table
from modelreport.render.weights.part import Part, Told

_COLUMNS = (
    Column("name", "Parameter", "name"),
    Column("gradient", "RMS gradient", "number", "Of recent steps, from the second moment"),
    Column("momentum", "RMS momentum", "number", "Of the first moment or momentum buffer", shown=False),
    Column("update", "Update / weight", "number", "RMS of the last step's update over the RMS of the weight"),
    Column("told", "Which update", "text", "Where the last one needs a gradient that the file does not hold"),
    Column("weight", "RMS weight", "number", shown=False),
    Column("average", "Average / raw", "share", "Distance of the averaged weight from the raw one"),
    Column("steps", "Steps", "number"),
    Column("group", "Group", "number", "Place of its group in the optimizer, from 0"),
    Column("state", "State", "text"),
)
_GROUPS = (
    Column("group", "Group", "name"),
    Column("parameters", "Parameters", "number"),
    Column("rate", "Learning rate", "number"),
    Column("settings", "Settings", "code"),
)

TOLD: Final = {"exact": "", "usual": mark("usual step"), "least": mark("at least"), "most": mark("at most")}
"""Words on updates that are not those of the last step."""

_METHOD = (
    "From the state that the optimizer keeps for each parameter, by its own rule; RMS gradients come from the second "
    "moment, bias-corrected, and stand for the last 1 / (1 − β₂) steps or so. Gradients that were clipped are seen as "
    "the optimizer got them. Learning rates are those the file holds: after a step of the schedule, those of "
    "the next step."
)
_PARTS = (
    "A parameter without state never got a gradient: it was frozen, or took no part in the loss. Gradients of zero "
    "mean that it took part and could not change: a dead ReLU, or a factor of zero behind it."
)


def context(report: Report, weights: Weights) -> Told | None:
    """What is known of the training; ``None`` for a file that says nothing of it."""
    evidence = weights.optimizer if isinstance(weights.optimizer, OptimizerEvidence) else None
    drift = weights.average if isinstance(weights.average, AverageDrift) else None
    logged = report.source.training is not None and bool(report.source.training.history)
    if evidence is None and drift is None and not logged:
        return None
    charts = [*(("training-history",) if logged else ())]
    if evidence is not None and evidence.layers:
        charts += ["gradient-depth", "update-depth"]
    if drift is not None and any(distance for _, distance in drift.layers):
        charts.append("average-depth")
    return Told(
        line=_line(report, evidence, drift),
        sentences=tuple(_sentences(evidence, drift)),
        charts=tuple(charts),
        tables=tuple(_tables(report, evidence, drift)),
        notes=tuple(_notes(evidence, drift)),
    )


def _line(report: Report, evidence: OptimizerEvidence | None, drift: AverageDrift | None) -> Message:
    if evidence is not None:
        return _gradients(report, evidence)
    if drift is not None:
        return _average(drift)
    history = report.source.training.history if report.source.training is not None else ()
    return Message(text="The log holds {step_count} steps.", values={"step_count": len(history)})


def _gradients(report: Report, evidence: OptimizerEvidence) -> Message:
    """Kind, steps, and the usual gradient and update of a matrix."""
    wide = is_matrix(report)
    layers = [layer for layer in evidence.layers if wide(layer.name)] or list(evidence.layers)
    gradients = [layer.gradient_rms for layer in layers if layer.gradient_rms is not None]
    ratios, how = _ratios(layers)
    steps = max((layer.step for layer in evidence.layers if layer.step is not None), default=None)
    words = ["{kind}" if steps is None else f"{{kind}}, {{step_count}} {'step' if steps == 1 else 'steps'}"]
    if gradients:
        words.append("RMS gradient of a weight matrix {gradient_value} in the median")
    if ratios:
        words.append(_CHANGES[how])
    stuck = len(evidence.without_state) + len(evidence.zero_state)
    if stuck:
        words.append("{stuck_count} of {held_count} parameters got no gradient")
    if evidence.outside:
        words.append("{frozen_count} frozen")
    return Message(
        text=f"{words[0]}{': ' if len(words) > 1 else ''}{', '.join(words[1:])}.",
        values={
            "kind": evidence.kind,
            "step_count": steps,
            "gradient_value": median(gradients) if gradients else None,
            "update_value": median(ratios) if ratios else None,
            "stuck_count": stuck,
            "held_count": len(evidence.layers) + len(evidence.without_state) + len(evidence.unread),
            "frozen_count": len(evidence.outside),
        },
    )


_CHANGES: Final = {
    "exact": "a step changes it by {update_value} of its size",
    "usual": "a step changes it by about {update_value} of its size",
    "least": "a step changes it by at least {update_value} of its size",
    "most": "a step changes it by at most {update_value} of its size",
}


def _ratios(layers: Sequence[LayerUpdate]) -> tuple[list[float], str]:
    """The updates that are told in one way, the most frequent one, and which that is."""
    known = Counter(layer.update_told for layer in layers if layer.update_ratio is not None)
    how = known.most_common(1)[0][0] if known else "exact"
    return [e.update_ratio for e in layers if e.update_ratio is not None and e.update_told == how], how


def _average(drift: AverageDrift) -> Message:
    distances = [distance for _, distance in drift.layers]
    if drift.layers and not any(distances):
        words = "The averaged weights are equal to the raw ones"
    else:
        words = "The averaged weights differ from the raw ones by {distance_share} in the median"
    place = "the average is at {key}" if drift.reported == "raw" else "the raw ones are at {key}, this is the average"
    return Message(
        text=f"{words} of {{parameter_count}} parameters; {place}.",
        values={
            "distance_share": median(distances) if distances else None,
            "parameter_count": len(drift.layers),
            "key": drift.key,
        },
    )


def _sentences(evidence: OptimizerEvidence | None, drift: AverageDrift | None) -> Iterator[Message]:
    if evidence is not None:
        yield Message(text=evidence.matched, values={})
        for names, words in (
            (evidence.zero_state, "got only gradients of zero"),
            (evidence.without_state, "never got a gradient"),
            (evidence.outside, "lay outside the optimizer: frozen"),
            (evidence.non_finite, "left a state with NaN or infinite values"),
        ):
            if names:
                yield _named(names, words)
        if drift is not None:
            yield _average(drift)


def _named(names: tuple[str, ...], words: str) -> Message:
    """``{a}, {b} and 3 more …``."""
    shown = {f"tensor{i}": name for i, name in enumerate(names[:3])}
    rest = " and {more_count} more" if len(names) > 3 else ""
    return Message(
        text=f"{', '.join(f'{{{key}}}' for key in shown)}{rest} {words}.",
        values={**shown, "more_count": len(names) - 3},
    )


def _tables(report: Report, evidence: OptimizerEvidence | None, drift: AverageDrift | None) -> Iterator[Table]:
    places = anchors(report)
    distances = dict(drift.layers) if drift is not None else {}
    if evidence is not None or distances:
        yield _layer_table(evidence, distances, places)
    if evidence is not None and evidence.groups:
        rows = tuple(
            Row(
                f"weights-optimizer-group-{index}",
                (
                    Cell(f"{index}"),
                    Cell(text.exact(group.parameters)),
                    Cell.figure(group.learning_rate),
                    Cell(text.name(", ".join(f"{s.name} {s.value}" for s in group.settings if s.name != "lr"), 400)),
                ),
            )
            for index, group in enumerate(evidence.groups)
        )
        yield Table("weights-optimizer-groups", "Groups of parameters", _GROUPS, rows, noun=("group", "groups"))


def _layer_table(evidence: OptimizerEvidence | None, distances: dict[str, float], places: Anchors) -> Table:
    """A row for each parameter that something is known of; columns without a value are left out."""
    layers = {layer.name: layer for layer in evidence.layers} if evidence is not None else {}
    states = _states(evidence) if evidence is not None else {}
    names = list(dict.fromkeys([*layers, *states, *distances]))
    cells = [_cells(name, layers.get(name), distances.get(name), states.get(name, ""), places) for name in names]
    kept = [i for i in range(len(_COLUMNS)) if i == 0 or any(row[i].text not in ("", text.UNKNOWN) for row in cells)]
    rows = tuple(Row(f"weights-optimizer-{index}", tuple(row[i] for i in kept)) for index, row in enumerate(cells))
    columns = tuple(_COLUMNS[i] for i in kept)
    return Table("weights-optimizer", "Training by parameter", columns, rows, noun=("parameter", "parameters"))


def _states(evidence: OptimizerEvidence) -> dict[str, str]:
    """What is out of the ordinary, by parameter."""
    return {
        **dict.fromkeys(evidence.outside, "frozen: not in the optimizer"),
        **dict.fromkeys(evidence.without_state, "no gradient"),
        **dict.fromkeys(evidence.zero_state, "gradients of zero"),
        **dict.fromkeys(evidence.non_finite, "not finite"),
        **{item.name: f"unreadable: {item.value}" for item in evidence.unread},
    }


def _cells(
    name: str, layer: LayerUpdate | None, distance: float | None, state: str, places: Anchors
) -> tuple[Cell, ...]:
    values = (layer.gradient_rms, layer.momentum_rms, layer.update_ratio, layer.weight_rms) if layer else (None,) * 4
    *moments, size = map(Cell.figure, values)
    told = TOLD[layer.update_told] if layer is not None and layer.update_ratio is not None else ""
    return (
        Cell(text.name(name), "", places.tensor(name)),
        *moments,
        Cell(_(told) if told else ""),
        size,
        Cell(text.UNKNOWN) if distance is None else Cell(text.share(distance), f"{distance:.6g}"),
        Cell(text.exact(layer.step if layer else None)),
        Cell(text.exact(layer.group if layer else None)),
        Cell(text.name(tell(state), 200) if state else ""),
    )


def _notes(evidence: OptimizerEvidence | None, drift: AverageDrift | None) -> Iterator[str]:
    if evidence is not None:
        yield from (text.name(note, 500) for note in evidence.notes)
        yield _METHOD
        if evidence.without_state or evidence.zero_state:
            yield _PARTS
    if drift is not None and drift.unread:
        yield f"{text.plural(len(drift.unread), 'parameter')} could not be compared with the average."


PART = Part(id="optimizer", title="Traces of the training", context=context, rules=r"W05\d")
