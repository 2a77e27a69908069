"""How healthy the weights of each box are: how many of its tensors are of each class."""

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
"""Id and words of each class, after ``none`` from the worst on."""
NONE, BROKEN, DEAD, FRESH, ODD, NOTED, UNREAD, SOUND = range(len(HEALTHS))
_FRESH_RULES: Final = frozenset({"W004", "W005"})


def weight_health(report: Report, scene: Scene) -> list[tuple[int, ...]]:
    """For each node how many tensors of each class, in the order of ``HEALTHS``, it holds; each tensor once."""
    classes = tensor_health(report)
    found = [[0] * len(HEALTHS) for _ in scene.nodes]
    for name, holders in _holders(report, scene).items():
        kind, counted = classes.get(name, UNREAD), set[int]()
        for holder in holders:
            node = holder
            while node >= 0 and node not in counted:
                counted.add(node)
                found[node][kind] += 1
                node = scene.nodes[node].parent
    return [tuple(counts) for counts in found]


def _holders(report: Report, scene: Scene) -> dict[str, list[int]]:
    """For each tensor the cards that read it and the boxes of modules that own it."""
    owned: dict[str, list[str]] = {}
    for tensor in report.structure.tensors:
        owned.setdefault(tensor.module, []).append(tensor.name)
    holders: dict[str, list[int]] = {}
    for index, node in enumerate(scene.nodes):
        if node.operation >= 0:
            names = [tensor.name for tensor in node.reads]
        else:
            names = owned.get(node.path, []) if node.kind == "module" else []
        for name in names:
            holders.setdefault(name, []).append(index)
    return holders


def worst(counts: Iterable[int]) -> int:
    """The worst class that has tensors; ``none`` when there are none."""
    return next((kind for kind, count in enumerate(counts) if count), NONE)


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
