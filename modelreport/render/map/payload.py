"""The map as plain data for the page: everything named once, positions once for each distinct arrangement.

``templates/js/map-model.js`` reads it. Two payloads: ``map`` to draw, ``map-details`` (see ``details.py``) for the side
panel, read when a box is first chosen. Columns (``nodes``) are lists with one entry for each node, parents before
children; a table holds each distinct value once and the column the positions in it.

``map``
    ``flow``, ``note``: whether the data flow is known, and why not. ``families``, ``words``: ids and words of the
    families; ``kinds``, ``routes``: of nodes and edges; ``severities``: ``["", "error", "warning", "note"]``;
    ``healths``: ``[id, words]`` of each class of weight health, after ``none`` from the worst on.
    ``frames``: ``[width, height, content or -1, scale, dx, dy, legible, head]``: size in the parent's units, the
    content and how it is fitted in, from how many pixels a unit on it can be read, height of the title bar. ``tall``:
    the root's frame in a pane that is higher than wide. ``contents``: ``[width, height, [x, y, …] of the children,
    [[route, source, target, x, y, …], …]]``.
    ``nodes``: ``parent``; ``kind``, ``family``: places in those lists; ``name``, ``type``, ``output``: places in
    ``strings``; ``repeat``: N of a box of ×N, else 0; ``frame``; ``shapes``: of the edges inside; ``lines``: of a card;
    ``sources``: cards that it reads from, as distances back; ``parameters``, ``flops``, ``bytes`` (of its weights),
    ``activations`` (bytes that its operations write): a box has the sum, so that a share of ``nodes[…][0]`` is one of
    the whole, apart from weights that several share; ``health``: place in ``healths``, a box has the worst inside;
    ``tally``: place in ``tallies``, ``[class, tensors, class, tensors, …]`` inside from the worst on;
    ``findings``: worst severity that points at this very node, 0 for none; ``rules``: place in ``rules``, the sorted
    ids of those findings' rules.

``map-details``
    ``nodes``: ``path`` in ``strings``; ``module``: index of its row in the table of layers, or -1; ``inputs``,
    ``outputs``: in ``specs``; ``weights``: pairs of text and row in the table of tensors (or -1), which has statistics
    and histogram; ``attributes``: names and values in turn; ``figures``: parameters, MACs, FLOPs, bytes as text and
    whether the costs are complete; ``memory``: bytes written and the most alive meanwhile, as text or -1;
    ``findings``: in ``links``, indices of ``findings``: see ``weights.details.finding_words``.
"""

from __future__ import annotations

from typing import Any

from modelreport.facts import FAMILIES, Finding, Report, TensorSpec
from modelreport.render import format as text
from modelreport.render.charts.palette import FAMILY_WORDS
from modelreport.render.language import _
from modelreport.render.map.arrange import Content
from modelreport.render.map.health import HEALTHS, weight_health, worst
from modelreport.render.map.layout import Layout, Place
from modelreport.render.map.scene import KINDS, Node, RouteKind, Scene
from modelreport.render.map.tables import Table, column

ROUTES: tuple[RouteKind, ...] = ("plain", "skip", "shared")
SEVERITIES = ("error", "warning", "note")


def map_payload(report: Report, scene: Scene, layout: Layout) -> dict[str, Any]:
    """What the page needs to draw the map."""
    strings, frames, shapes, lines, sources, rules, tallies = (Table() for __ in range(7))
    place = {id(content): number for number, content in enumerate(layout.contents)}
    nodes, health = scene.nodes, weight_health(report, scene)
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
        "output": column(strings, (node.outputs[:1] for node in nodes), _first_shape),
        "parameters": [node.parameters for node in nodes],
        "flops": [node.flops for node in nodes],
        "bytes": [node.size_bytes for node in nodes],
        "activations": [node.written for node in nodes],
        "health": [worst(counts) for counts in health],
        "tally": column(tallies, health, _tally),
        "findings": [_worst(report.findings, node) for node in nodes],
        "rules": [rules.place(_rules(report.findings, node)) for node in nodes],
    }
    return {
        "flow": scene.flow,
        "note": scene.note,
        "families": list(FAMILIES),
        "words": [_(FAMILY_WORDS[family]) for family in FAMILIES],
        "kinds": list(KINDS),
        "routes": list(ROUTES),
        "severities": ["", *SEVERITIES],
        "healths": [[kind, _(words)] for kind, words in HEALTHS],
        "strings": strings.values(),
        "frames": frames.values(),
        "shapes": shapes.values(),
        "lines": lines.values(),
        "sources": sources.values(),
        "rules": rules.values(),
        "tallies": tallies.values(),
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


def _tally(counts: tuple[int, ...]) -> tuple[int, ...]:
    """Class and number of tensors in turn, for the classes that have some."""
    return tuple(part for kind, count in enumerate(counts) if count for part in (kind, count))


def _frame(made: Place, contents: dict[int, int]) -> tuple[float, ...]:
    """Size of a node and how its content is fitted in: width, height, content or -1, scale, dx, dy, legible, head."""
    if made.content is None:
        return made.width, made.height, -1
    fitted = (round(made.scale, 5), round(made.dx, 2), round(made.dy, 2), round(made.legible, 4), round(made.head, 2))
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


def _rules(findings: tuple[Finding, ...], node: Node) -> tuple[str, ...]:
    return tuple(sorted({findings[index].id for index in node.findings}))
