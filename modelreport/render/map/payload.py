"""The map as plain data for the page: everything named once, positions once for each distinct arrangement.

``templates/js/map-model.js`` reads it. Two parts: ``map`` to draw, ``map-details`` for the side panel, read when a box
is first chosen. Columns are lists with one entry for each node; a table holds each distinct value once and the column
the positions in it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeVar

from modelreport.facts import FAMILIES, Finding, Report, TensorFact, TensorSpec
from modelreport.render import format as text
from modelreport.render.anchors import anchors
from modelreport.render.charts.palette import FAMILY_WORDS
from modelreport.render.map.layout import Content, Layout, Place, RouteKind
from modelreport.render.map.scene import KINDS, Node, Scene
from modelreport.render.weights.details import finding_words

Fact = TypeVar("Fact", bound=Hashable)
ROUTES: tuple[RouteKind, ...] = ("plain", "skip", "shared")
SEVERITIES = ("error", "warning", "note")
MAX_WEIGHTS = 40
"""Tensors listed for one box."""


class _Table:
    """Distinct values in the order of their first use."""

    def __init__(self) -> None:
        self._places: dict[Any, int] = {}

    def place(self, value: Any) -> int:
        return self._places.setdefault(value, len(self._places))

    def values(self) -> list[Any]:
        return list(self._places)


def map_payload(report: Report, scene: Scene, layout: Layout) -> dict[str, Any]:
    """What the page needs to draw the map."""
    strings, frames, shapes, lines, sources = (_Table() for _ in range(5))
    place = {id(content): number for number, content in enumerate(layout.contents)}
    nodes = scene.nodes
    columns = {
        "parent": [node.parent for node in nodes],
        "kind": [KINDS.index(node.kind) for node in nodes],
        "name": [strings.place(node.name) for node in nodes],
        "type": [strings.place(node.type) for node in nodes],
        "family": [FAMILIES.index(node.family) for node in nodes],
        "repeat": [node.repeat for node in nodes],
        "frame": [frames.place(_frame(made, place)) for made in layout.places],
        "shapes": [shapes.place(tuple(strings.place(edge.shape) for edge in node.edges)) for node in nodes],
        "lines": [lines.place(tuple(strings.place(line) for line in node.lines)) for node in nodes],
        "sources": [sources.place(back) for back in _sources(scene)],
        "output": _column(strings, (node.outputs[:1] for node in nodes), _first_shape),
        "parameters": [node.parameters for node in nodes],
        "flops": [node.flops for node in nodes],
        "bytes": [node.size_bytes for node in nodes],
        "findings": [_worst(report.findings, node) for node in nodes],
    }
    return {
        "flow": scene.flow,
        "note": scene.note,
        "families": list(FAMILIES),
        "words": [FAMILY_WORDS[family] for family in FAMILIES],
        "kinds": list(KINDS),
        "routes": list(ROUTES),
        "severities": ["", *SEVERITIES],
        "strings": strings.values(),
        "frames": frames.values(),
        "shapes": shapes.values(),
        "lines": lines.values(),
        "sources": sources.values(),
        "contents": [_content(content) for content in layout.contents],
        "tall": list(_frame(layout.tall, place)),
        "nodes": columns,
    }


def _sources(scene: Scene) -> list[tuple[int, ...]]:
    """For each node the cards that it reads from, as distances back in the order of nodes: equal in equal blocks."""
    back: list[list[int]] = [[] for _ in scene.nodes]
    for source, target in scene.links:
        back[target].append(target - source)
    return [tuple(distances) for distances in back]


def _first_shape(specs: tuple[TensorSpec, ...]) -> str:
    return text.shape(specs[0].shape) if specs else ""


def _frame(made: Place, contents: dict[int, int]) -> tuple[float, ...]:
    """Size of a node and how its content is fitted in: width, height, content or -1, scale, dx, dy, legible."""
    if made.content is None:
        return made.width, made.height, -1
    fitted = (round(made.scale, 5), round(made.dx, 2), round(made.dy, 2), round(made.legible, 4))
    return round(made.width, 2), round(made.height, 2), contents[id(made.content)], *fitted


def _content(content: Content) -> list[Any]:
    """Width, height, corners of the children, and routes as ``[kind, source, target, x, y, …]``."""
    corners = [round(value, 1) for corner in content.places for value in corner]
    routes = [
        [ROUTES.index(way.kind), way.source, way.target, *(round(value, 1) for point in way.points for value in point)]
        for way in content.routes
    ]
    return [round(content.width, 1), round(content.height, 1), corners, routes]


def _worst(findings: tuple[Finding, ...], node: Node) -> int:
    """1 for an error that points at this very node, 2 for a warning, 3 for a note, 0 for none."""
    return min((1 + SEVERITIES.index(findings[index].severity) for index in node.findings), default=0)


def details_payload(report: Report, scene: Scene) -> dict[str, Any]:
    """What the side panel says about each node: names whole, numbers as text."""
    strings, specs, weights, attributes, figures, links = (_Table() for _ in range(6))
    owned, rows = _owned(report.structure.tensors), anchors(report).statistics
    columns: dict[str, list[Any]] = {
        "path": _column(strings, (node.path for node in scene.nodes), lambda path: text.name(path, 400)),
        "module": [node.module for node in scene.nodes],
        "inputs": _column(specs, (node.inputs for node in scene.nodes), lambda each: _specs(each, strings)),
        "outputs": _column(specs, (node.outputs for node in scene.nodes), lambda each: _specs(each, strings)),
        "weights": [weights.place(_weights(node, owned, strings, rows)) for node in scene.nodes],
        "attributes": [attributes.place(_attributes(report, node, strings)) for node in scene.nodes],
        "figures": _column(figures, (_costs(node) for node in scene.nodes), lambda each: _figures(each, strings)),
        "findings": [links.place(tuple(node.findings[:20])) for node in scene.nodes],
    }
    told = {index for node in scene.nodes for index in node.findings[:20]}
    return {
        "strings": strings.values(),
        "specs": specs.values(),
        "weights": weights.values(),
        "attributes": attributes.values(),
        "figures": figures.values(),
        "links": links.values(),
        "findings": {str(index): finding_words(report.findings[index]) for index in sorted(told)},
        "nodes": columns,
    }


def _column(table: _Table, facts: Iterable[Fact], write: Callable[[Fact], Any]) -> list[int]:
    """The place of each fact's text in a table; equal facts are written once."""
    known: dict[Fact, int] = {}
    places = []
    for fact in facts:
        place = known.get(fact)
        if place is None:
            place = known[fact] = table.place(write(fact))
        places.append(place)
    return places


def _specs(specs: tuple[TensorSpec, ...], strings: _Table) -> tuple[int, ...]:
    written = (
        f"{text.name(spec.name)} {text.shape(spec.shape)} {text.dtype(spec.dtype)}".strip() for spec in specs[:12]
    )
    more = (f"and {len(specs) - 12} more",) if len(specs) > 12 else ()
    return tuple(strings.place(line) for line in (*written, *more))


def _owned(tensors: Iterable[TensorFact]) -> dict[str, list[TensorFact]]:
    owned: dict[str, list[TensorFact]] = {}
    for tensor in tensors:
        owned.setdefault(tensor.module, []).append(tensor)
    return owned


def _weights(node: Node, owned: dict[str, list[TensorFact]], strings: _Table, rows: dict[str, int]) -> tuple[int, ...]:
    """``name shape dtype`` and row in the table of tensors, or -1, in turn, of what a card reads or a module owns."""
    if node.kind not in {"module", "operation"}:
        return ()
    tensors = node.reads if node.operation >= 0 else tuple(owned.get(node.path, ()))
    written = []
    for tensor in tensors[:MAX_WEIGHTS]:
        last = tensor.name.removeprefix(f"{node.path}.") if node.path else tensor.name
        told = f"{text.name(last, 80)} {text.shape(tensor.shape)} {tensor.dtype}"
        written += [strings.place(told), rows.get(tensor.name, -1)]
    return tuple(written)


def _attributes(report: Report, node: Node, strings: _Table) -> tuple[int, ...]:
    """Names and values in turn."""
    if node.module < 0:
        return ()
    items = report.structure.modules[node.module].attributes[:16]
    return tuple(strings.place(text.name(part, 120)) for item in items for part in (item.name, item.value))


def _costs(node: Node) -> tuple[int, int, int, int, bool]:
    return node.parameters, node.macs, node.flops, node.size_bytes, node.exact


def _figures(costs: tuple[int, int, int, int, bool], strings: _Table) -> tuple[int, int, int, int, bool]:
    """Parameters, multiply-adds, floating-point operations and bytes as text; whether the costs are complete."""
    parameters, macs, flops, size_bytes, exact = costs
    written = (text.count(parameters), text.macs(macs), text.flops(flops), text.bytes_binary(size_bytes))
    a, b, c, d = (strings.place(each) for each in written)
    return a, b, c, d, exact
