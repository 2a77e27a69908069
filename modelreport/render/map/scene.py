"""What the map shows: a tree of nodes and, inside each, the data flow between its children.

A scene knows nothing of positions. Its nodes are modules (as called), operations, the model's inputs and outputs, and
two kinds of boxes that only the map has: a *group* around identical blocks in a row, and a *segment* of a long flat
list.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, NamedTuple

from modelreport.facts import Family, TensorFact, TensorSpec
from modelreport.render import format as text

Kind = Literal["module", "operation", "input", "output", "group", "segment"]
KINDS: tuple[Kind, ...] = ("module", "operation", "input", "output", "group", "segment")
NAME_LIMIT = 48
"""Characters of a name or type on the map; the layer table has the whole name."""


RouteKind = Literal["plain", "skip", "shared"]
"""``skip``: it bypasses operations on another way between its ends, as a residual does; ``shared``: a long edge of a
tensor that many read, such as a mask."""


class Edge(NamedTuple):
    """Data flowing inside one node, between two of its children or between a child and its border.

    Ends are positions in ``Node.children``; after them count the node's in-ports, and last its out-port.
    """

    source: int
    target: int
    shape: str
    """Shape of the tensor that flows, as text; empty when it is unknown."""
    kind: RouteKind = "plain"


@dataclass(slots=True)
class Node:
    """One box of the map. A node without children is drawn as a card, one with children can be opened."""

    kind: Kind
    name: str
    """What it is called inside its parent: the rest of the module's path, or the operation's function."""
    type: str
    family: Family
    parent: int
    children: list[int] = field(default_factory=list)
    path: str = ""
    """Path of the module it is, or that it ran in, as it stands in the facts."""
    call: int = -1
    """Index in ``Trace.calls``, for modules that ran."""
    operation: int = -1
    """Index in ``Trace.operations``, for operations and for modules of one operation."""
    module: int = -1
    """Index in ``Structure.modules``."""
    signature: str = ""
    """Hash of what a call does, where it ran: equal for blocks that do the same."""
    repeat: int = 0
    """How many identical blocks it holds, for groups."""
    lines: tuple[str, ...] = ()
    """Further lines of a card: the attributes that matter, the shape of the weight."""
    inputs: tuple[TensorSpec, ...] = ()
    outputs: tuple[TensorSpec, ...] = ()
    parameters: int = 0
    size_bytes: int = 0
    flops: int = 0
    macs: int = 0
    written: int = 0
    """Bytes that the operations of it write: activations that training would keep or recompute."""
    exact: bool = True
    """False when an operation inside has no FLOP formula or rests on a guess."""
    edges: list[Edge] = field(default_factory=list)
    ports: int = 0
    """In-ports: different tensors that enter and are told apart."""
    leaves: bool = False
    """Whether something inside is used outside: it then has an out-port."""
    reads: tuple[TensorFact, ...] = ()
    """Parameters and buffers that an operation reads."""
    findings: list[int] = field(default_factory=list)
    """Indices in ``Report.findings`` that point at this very node."""


@dataclass(slots=True)
class Scene:
    """The whole map. Node 0 is the model; parents come before their children, children in the order they run."""

    nodes: list[Node]
    flow: bool
    """Whether the data flow is known; if not, children stand in the order of registration and there are no edges."""
    note: str = ""
    """Why the flow is missing or incomplete, one sentence."""
    links: list[tuple[int, int]] = field(default_factory=list)
    """Which card reads from which, ``(source, target)``, whatever boxes lie between; edges tell the same box by box."""

    def walk(self) -> Iterator[tuple[int, int]]:
        """Every node as ``(index, depth)``, parents first, in drawing order."""
        todo = [(0, 0)]
        while todo:
            index, depth = todo.pop()
            yield index, depth
            todo.extend((child, depth + 1) for child in reversed(self.nodes[index].children))


@lru_cache(maxsize=4096)
def short(value: str) -> str:
    """A name or type as the map shows it: visible, one line, the middle left out when long."""
    if len(value) <= NAME_LIMIT:
        return text.name(value)
    tail = NAME_LIMIT // 3
    return f"{text.name(value[: NAME_LIMIT - tail - 1])}…{text.name(value[-tail:])}"


def relative(path: str, parent: str) -> str:
    """``path`` as seen from inside ``parent``; the whole path when it lies elsewhere (a shared module)."""
    if not parent:
        return path
    return path[len(parent) + 1 :] if path.startswith(parent + ".") else path


def sum_costs(scene: Scene, index: int) -> None:
    """Give a box of the map's own the totals of its children."""
    node = scene.nodes[index]
    kids = [scene.nodes[child] for child in node.children]
    node.parameters = sum(kid.parameters for kid in kids)
    node.size_bytes = sum(kid.size_bytes for kid in kids)
    node.flops = sum(kid.flops for kid in kids)
    node.macs = sum(kid.macs for kid in kids)
    node.exact = all(kid.exact for kid in kids)


def sum_written(scene: Scene) -> None:
    """Give every box the bytes that the operations inside it write; nodes must be in drawing order."""
    for node in scene.nodes:
        node.written = 0 if node.children else node.written
    for node in scene.nodes[:0:-1]:
        scene.nodes[node.parent].written += node.written


def renumber(scene: Scene) -> None:
    """Put the nodes that are still reachable into drawing order and forget the others."""
    order = [index for index, _ in scene.walk()]
    place = {index: position for position, index in enumerate(order)}
    nodes = [scene.nodes[index] for index in order]
    for node in nodes:
        node.parent = place.get(node.parent, -1)
        node.children = [place[child] for child in node.children]
    scene.nodes = nodes
