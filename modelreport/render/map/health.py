"""How healthy the weights of each box are: one class for each node, by the worst of its tensors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from modelreport.facts import Peers, Report, TensorStatistics, Weights
from modelreport.render.language import mark
from modelreport.render.map.scene import Scene

HEALTHS: Final[tuple[tuple[str, str], ...]] = (
    ("none", mark("no weights")),
    ("broken", mark("NaN or infinite values")),
    ("dead", mark("dead channels or constant")),
    ("fresh", mark("as initialised")),
    ("odd", mark("unlike its peers")),
    ("noted", mark("another finding")),
    ("unread", mark("not measured")),
    ("sound", mark("nothing found")),
)
"""Id and words of each class, after ``none`` from the worst on; a node has the place of its class in it."""
NONE, BROKEN, DEAD, FRESH, ODD, NOTED, UNREAD, SOUND = range(len(HEALTHS))
_FRESH_RULES: Final = frozenset({"W004", "W005"})


def weight_health(report: Report, scene: Scene) -> list[int]:
    """The class of each node, as its place in ``HEALTHS``; a box has the worst of what it holds and owns."""
    classes = tensor_health(report)
    owned: dict[str, list[str]] = {}
    for tensor in report.structure.tensors:
        owned.setdefault(tensor.module, []).append(tensor.name)
    found = [NONE] * len(scene.nodes)
    for index in range(len(scene.nodes) - 1, -1, -1):
        node = scene.nodes[index]
        if node.operation >= 0:
            names = [tensor.name for tensor in node.reads]
        else:
            names = owned.get(node.path, []) if node.kind == "module" else []
        found[index] = worst((found[index], *(classes.get(name, UNREAD) for name in names)))
        if node.parent >= 0:
            found[node.parent] = worst((found[node.parent], found[index]))
    return found


def worst(classes: Iterable[int]) -> int:
    """The worst class; ``none`` when nothing else is there."""
    return min((each for each in classes if each), default=NONE)


def tensor_health(report: Report) -> dict[str, int]:
    """The class of each tensor that was measured, or that a finding points at."""
    if not isinstance(report.weights, Weights):
        return {}
    found = {values.name: _class(values) for values in report.weights.tensors}
    peers = report.weights.peers if isinstance(report.weights.peers, Peers) else None
    for name in peers.drawn if peers else ():
        _note(found, name, FRESH)
    for odd in peers.odd if peers else ():
        _note(found, odd.name, FRESH if odd.drawn else ODD)
    for finding in report.findings:
        if finding.state != "found":
            continue
        for evidence in finding.evidence:
            if evidence.kind == "tensor":
                _note(found, evidence.name, FRESH if finding.id in _FRESH_RULES else NOTED)
    return found


def _class(values: TensorStatistics) -> int:
    """What the statistics of a tensor alone say. A vector of equal values is how biases and scales begin."""
    if values.nan or values.positive_infinity or values.negative_infinity:
        return BROKEN
    matrix = values.channels is not None and values.count > values.channels
    if matrix and (values.zero_channels or (values.minimum is not None and values.minimum == values.maximum)):
        return DEAD
    return SOUND


def _note(found: dict[str, int], name: str, kind: int) -> None:
    if name in found:
        found[name] = min(found[name], kind)
