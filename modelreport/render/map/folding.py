"""Fewer, more telling boxes: chains of single children joined, repeats boxed as ×N, long flat lists cut up."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Hashable

from modelreport.render.map.edges import Flow
from modelreport.render.map.scene import Node, Scene, relative, renumber, short, sum_costs
from modelreport.render.modules import run_of

MIN_REPEATS = 3
MAX_CHILDREN = 96
"""Children one box may hold before they are cut into segments: more could not be told apart on a screen."""


def fold(scene: Scene, flow: Flow | None) -> None:
    """Join, group and cut the boxes of a scene in place, then number the nodes anew (``flow`` follows)."""
    join_chains(scene)
    group_repeats(scene, flow)
    cut_segments(scene, flow)
    before = list(scene.nodes)
    renumber(scene)
    if flow is not None:
        place = {id(node): index for index, node in enumerate(scene.nodes)}
        moved = [place.get(id(node), 0) for node in before]
        flow.homes = [moved[index] for index in flow.homes]
        flow.inputs = [moved[index] for index in flow.inputs]
        flow.outputs = [moved[index] for index in flow.outputs]
        flow.links = [(key, moved[source], moved[target], shape) for key, source, target, shape in flow.links]


def join_chains(scene: Scene) -> None:
    """Make a box whose only child is a box one with it: ``encoder`` and ``layer`` become ``encoder.layer``."""
    for index, _ in list(scene.walk())[::-1]:
        node = scene.nodes[index]
        if not index or len(node.children) != 1:
            continue
        child = scene.nodes[node.children[0]]
        if not child.children:
            continue
        node.name, node.type, node.children = short(f"{node.name}.{child.name}"), child.type, child.children
        node.path, node.module, node.call, node.signature = child.path, child.module, child.call, child.signature
        node.inputs, node.outputs = node.inputs or child.inputs, node.outputs or child.outputs
        for grandchild in node.children:
            scene.nodes[grandchild].parent = index


def group_repeats(scene: Scene, flow: Flow | None) -> None:
    """Box every run of three or more identical sibling blocks, also where several kinds take turns.

    A box that holds nothing else becomes the box of its repeats: its type is then what is repeated.
    """
    wiring = _Wiring(scene, flow)
    for index in [index for index, _ in scene.walk()]:
        children = scene.nodes[index].children
        if len(children) < MIN_REPEATS:
            continue
        keys = [wiring.key(child) if scene.nodes[child].children else "" for child in children]
        kept: list[int] = []
        place = 0
        while place < len(children):
            count, period = run_of(keys, place)
            run = children[place : place + count * period]
            place += len(run)
            if count < MIN_REPEATS:
                kept.extend(run)
            elif len(run) == len(children) and index:
                scene.nodes[index].repeat, scene.nodes[index].type = count, _unit(scene, run[:period])
                kept.extend(run)
            else:
                kept.append(_box(scene, index, run, period))
        scene.nodes[index].children = kept


def _box(scene: Scene, parent: int, run: list[int], period: int) -> int:
    first, last = scene.nodes[run[0]], scene.nodes[run[-1]]
    name = f"{first.name}…{relative(last.path, last.path.rpartition('.')[0]) or last.name}"
    node = Node("group", short(name), _unit(scene, run[:period]), "module", parent, path=scene.nodes[parent].path)
    node.repeat = len(run) // period
    return _insert(scene, node, run, first, last)


def _unit(scene: Scene, blocks: list[int]) -> str:
    """What is repeated: ``BertLayer``; ``Norm, Block`` for kinds that take turns; ``2 Block`` for two of one kind."""
    kinds = list(dict.fromkeys(scene.nodes[child].type for child in blocks))
    alike = len(blocks) > 1 and len(kinds) == 1 and kinds[0]
    return short(f"{len(blocks)} {kinds[0]}" if alike else ", ".join(kinds))


def _insert(scene: Scene, node: Node, inside: list[int], first: Node, last: Node) -> int:
    """Add a box around consecutive children of its parent; returns its index."""
    index = len(scene.nodes)
    node.children, node.inputs, node.outputs = list(inside), first.inputs, last.outputs
    scene.nodes.append(node)
    for child in inside:
        scene.nodes[child].parent = index
    sum_costs(scene, index)
    return index


class _Wiring:
    """Tells boxes that hold the same things connected in the same way."""

    def __init__(self, scene: Scene, flow: Flow | None) -> None:
        self._scene = scene
        self._cards: dict[int, tuple[int, int]] = {}
        """Range of cards, in drawing order, below each node."""
        self._digests: dict[int, bytes] = {}
        self._sources: dict[int, list[int]] = {}
        order = [index for index, _ in scene.walk()]
        position, rank = 0, {}
        for index in order:
            self._cards[index] = (position, position)
            if not scene.nodes[index].children:
                rank[index] = position
                position += 1
        for index in reversed(order):
            self._digests[index] = self._digest(scene, index)
            kids = scene.nodes[index].children
            start = self._cards[index][0]
            self._cards[index] = (start, self._cards[kids[-1]][1] if kids else start + 1)
        for _, source, target, _ in flow.links if flow is not None else ():
            if source in rank and target in rank:
                self._sources.setdefault(rank[target], []).append(rank[source])

    def _digest(self, scene: Scene, index: int) -> bytes:
        node = scene.nodes[index]
        made = hashlib.blake2b(digest_size=16)
        kind = node.type if node.children else f"{node.kind}\0{node.type}\0{node.lines}"
        made.update(kind.encode("utf-8", "surrogatepass"))
        for child in node.children:
            made.update(self._digests[child])
        return made.digest()

    def key(self, index: int) -> Hashable:
        """Equal for siblings that do the same, as the pass says; else of the same structure, cards and connections."""
        node = self._scene.nodes[index]
        return (node.signature,) if node.signature and node.children else (self._digests[index], *self._shape(index))

    def _shape(self, index: int) -> list[tuple[int, ...]]:
        """For each card below, how far back its sources inside lie; outside ones count as -1."""
        start, end = self._cards[index]
        return [
            tuple(sorted({source - start if start <= source < end else -1 for source in self._sources.get(card, ())}))
            for card in range(start, end)
        ]


def cut_segments(scene: Scene, flow: Flow | None) -> None:
    """Cut the children of crowded boxes into segments, at places that few edges cross, until no box is crowded."""
    todo = [index for index, _ in scene.walk() if len(scene.nodes[index].children) > MAX_CHILDREN]
    for index in todo:
        while len(scene.nodes[index].children) > MAX_CHILDREN:
            children = scene.nodes[index].children
            inner = _inner(scene, children)
            levels = math.ceil(math.log(len(inner), MAX_CHILDREN))
            size = math.ceil(len(inner) ** (1 / levels))
            cuts = _cuts(_crossings(scene, inner, flow), max(8, size))
            segments = [_segment(scene, index, inner[a:b], a) for a, b in cuts]
            before = [child for child in children if scene.nodes[child].kind == "input"]
            after = [child for child in children if scene.nodes[child].kind == "output"]
            scene.nodes[index].children = before + segments + after


def _inner(scene: Scene, children: list[int]) -> list[int]:
    return [child for child in children if scene.nodes[child].kind not in {"input", "output"}]


def _segment(scene: Scene, parent: int, inside: list[int], start: int) -> int:
    first, last = scene.nodes[inside[0]], scene.nodes[inside[-1]]
    begin = first.name.partition("–")[0] if first.kind == "segment" else str(start + 1)
    end = last.name.rpartition("–")[2] if last.kind == "segment" else str(start + len(inside))
    name, kind = f"{begin}–{end}", _kinds(scene, inside)
    node = Node("segment", name, kind, "module", parent, path=scene.nodes[parent].path)
    return _insert(scene, node, inside, first, last)


def _kinds(scene: Scene, inside: list[int]) -> str:
    """The most frequent types of a segment, those that compute first; for a segment of segments their first ones."""
    weights: dict[str, float] = {}
    for child in inside:
        node = scene.nodes[child]
        for kind in node.type.split(", ") if node.kind == "segment" else (node.type,):
            weights[kind] = weights.get(kind, 0) + (3 if node.parameters else 0.1 if node.type == "Module" else 1)
    return ", ".join(sorted(weights, key=lambda kind: -weights[kind])[:3])


def _crossings(scene: Scene, children: list[int], flow: Flow | None) -> list[int]:
    """How many tensors cross each gap between consecutive children."""
    count = len(children)
    if flow is None:
        return [1] * count
    owner = _owners(scene, children)
    far: dict[tuple[int, int], int] = {}
    for key, source, target, _ in flow.links:
        a, b = owner.get(source), owner.get(target)
        if a is not None and b is not None and a < b:
            far[key, a] = max(far.get((key, a), 0), b)
    change = [0] * (count + 1)
    for (_, a), b in far.items():
        change[a] += 1
        change[b] -= 1
    total, crossings = 0, []
    for step in change[:count]:
        total += step
        crossings.append(total)
    return crossings


def _owners(scene: Scene, children: list[int]) -> dict[int, int]:
    """For each card below ``children``, the position of the child that holds it."""
    owner: dict[int, int] = {}
    todo = [(child, position) for position, child in enumerate(children)]
    while todo:
        index, position = todo.pop()
        owner[index] = position
        todo.extend((child, position) for child in scene.nodes[index].children)
    return owner


def _cuts(crossings: list[int], size: int) -> list[tuple[int, int]]:
    """Ranges of about ``size`` children (half to one and a half), each ending where the fewest tensors cross."""
    ranges, start, count = [], 0, len(crossings)
    while count - start > size * 3 // 2:
        near = range(start + size // 2, min(start + size * 3 // 2, count - size // 2))
        end = min(near, key=lambda gap: (crossings[gap - 1], abs(gap - start - size)))
        ranges.append((start, end))
        start = end
    ranges.append((start, count))
    return ranges
