"""How the drawings of the map on paper refer to each other: what goes into a box, what comes out, where it is drawn.

Page numbers are known only to the layout of the document: a reference names the anchor of a drawing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from modelreport.render import format as text
from modelreport.render.map.scene import Scene

NEIGHBOURS: Final = 3
"""References on one side of a drawing."""
_NAME: Final = 60


@dataclass(frozen=True)
class Reference:
    """What lies behind the edge of a drawing, and the anchor of the drawing that shows it."""

    name: str
    anchor: str


@dataclass(frozen=True)
class Badge:
    """A box of a drawing whose inside is another drawing; its place in hundredths of the drawing's size."""

    right: float
    bottom: float
    """From the right and from the lower edge of the drawing to those of the box."""
    anchor: str
    name: str


def beside(scene: Scene, index: int, root: int, *, forward: bool) -> tuple[list[int], bool]:
    """The nodes that a box hands its outputs to (``forward``) or gets its inputs from, and whether more lies outside.

    Only what is inside ``root`` is followed. The blocks of a ``×N`` group are one: what follows them follows each.
    """
    while scene.nodes[index].parent >= 0 and scene.nodes[scene.nodes[index].parent].kind == "group" and index != root:
        index = scene.nodes[index].parent
    if index == root:
        return [], True
    parent = scene.nodes[scene.nodes[index].parent]
    here, count = parent.children.index(index), len(parent.children)
    ends = [(e.source, e.target) if forward else (e.target, e.source) for e in parent.edges]
    theirs = sorted({there for mine, there in ends if mine == here})
    found = [_entered(scene, parent.children[there], forward=forward) for there in theirs if there < count]
    if all(there < count for there in theirs):
        return found, False
    further, outside = beside(scene, scene.nodes[index].parent, root, forward=forward)
    return list(dict.fromkeys(found + further)), outside


def _entered(scene: Scene, index: int, *, forward: bool) -> int:
    """Of a ``×N`` group its first block, or its last when coming from behind."""
    while scene.nodes[index].kind == "group" and scene.nodes[index].children:
        index = scene.nodes[index].children[0 if forward else -1]
    return index


def label(scene: Scene, index: int) -> str:
    """What a node is called where it is referred to: its path, or what it does."""
    node = scene.nodes[index]
    if node.kind == "segment":
        return text.name(" ".join(part for part in (node.path, node.name) if part), _NAME)
    if node.kind in {"input", "output", "operation"}:
        return text.name(node.name or node.type, _NAME)
    return text.name(node.path or node.name or node.type, _NAME)


def ranges(paths: Iterable[str]) -> list[str]:
    """Paths with those that count up drawn together: ``layer1.0``, ``layer1.1``, ``layer1.2`` as ``layer1.0–2``."""
    runs: list[list[list[str]]] = []
    for path in paths:
        parts = path.split(".")
        if runs and _follows(runs[-1], parts):
            runs[-1].append(parts)
        else:
            runs.append([parts])
    return [_run(run) for run in runs]


def _follows(run: Sequence[Sequence[str]], parts: Sequence[str]) -> bool:
    place = _differing(run[-1], parts)
    if place is None or (len(run) > 1 and place != _differing(run[-2], run[-1])):
        return False
    a, b = run[-1][place], parts[place]
    return a.isdecimal() and b.isdecimal() and len(a) < 9 and int(b) == int(a) + 1


def _differing(a: Sequence[str], b: Sequence[str]) -> int | None:
    """Where two paths of one length differ, when that is in one place."""
    if len(a) != len(b):
        return None
    places = [i for i, (x, y) in enumerate(zip(a, b, strict=True)) if x != y]
    return places[0] if len(places) == 1 else None


def _run(run: Sequence[Sequence[str]]) -> str:
    if len(run) == 1:
        return ".".join(run[0])
    place = _differing(run[0], run[1]) or 0
    return ".".join((*run[0][:place], f"{run[0][place]}–{run[-1][place]}", *run[0][place + 1 :]))
