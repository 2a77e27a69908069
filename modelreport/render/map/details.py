"""What the side panel tells of each box, as plain data: names whole, numbers as text.

``details_payload`` is a payload of its own, unpacked when a box is first chosen, so that the first picture stays small;
``payload.py`` says what it holds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import Any

from modelreport.facts import Memory, Report, TensorFact, TensorSpec, Trace
from modelreport.render import format as text
from modelreport.render.anchors import anchors
from modelreport.render.language import _
from modelreport.render.map.scene import Node, Scene
from modelreport.render.map.tables import Table, column
from modelreport.render.weights.details import finding_words

MAX_WEIGHTS = 40
"""Tensors listed for one box."""


def details_payload(report: Report, scene: Scene) -> dict[str, Any]:
    """What the side panel says about each node: names whole, numbers as text."""
    strings, specs, weights, attributes, figures, links, memory = (Table() for __ in range(7))
    owned, rows = _owned(report.structure.tensors), anchors(report).statistics
    columns: dict[str, list[Any]] = {
        "path": column(strings, (node.path for node in scene.nodes), lambda path: text.name(path, 400)),
        "module": [node.module for node in scene.nodes],
        "inputs": column(specs, (node.inputs for node in scene.nodes), lambda each: _specs(each, strings)),
        "outputs": column(specs, (node.outputs for node in scene.nodes), lambda each: _specs(each, strings)),
        "weights": [weights.place(_weights(node, owned, strings, rows)) for node in scene.nodes],
        "attributes": [attributes.place(_attributes(report, node, strings)) for node in scene.nodes],
        "figures": column(figures, (_costs(node) for node in scene.nodes), lambda each: _figures(each, strings)),
        "memory": column(memory, _memory(report, scene), lambda each: _sizes(each, strings)),
        "findings": [links.place(tuple(node.findings[:20])) for node in scene.nodes],
    }
    told = {index for node in scene.nodes for index in node.findings[:20]}
    return {
        "strings": strings.values(),
        "specs": specs.values(),
        "weights": weights.values(),
        "attributes": attributes.values(),
        "figures": figures.values(),
        "memory": memory.values(),
        "links": links.values(),
        "findings": {str(index): finding_words(report.findings[index]) for index in sorted(told)},
        "nodes": columns,
    }


def _specs(specs: tuple[TensorSpec, ...], strings: Table) -> tuple[int, ...]:
    written = (
        f"{text.name(spec.name)} {text.shape(spec.shape)} {text.dtype(spec.dtype)}".strip() for spec in specs[:12]
    )
    more = (_("and {left} more", left=text.exact(len(specs) - 12)),) if len(specs) > 12 else ()
    return tuple(strings.place(line) for line in (*written, *more))


def _owned(tensors: Iterable[TensorFact]) -> dict[str, list[TensorFact]]:
    owned: dict[str, list[TensorFact]] = {}
    for tensor in tensors:
        owned.setdefault(tensor.module, []).append(tensor)
    return owned


def _weights(node: Node, owned: dict[str, list[TensorFact]], strings: Table, rows: dict[str, int]) -> tuple[int, ...]:
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


def _attributes(report: Report, node: Node, strings: Table) -> tuple[int, ...]:
    """Names and values in turn: those of the module, or what the operation was called with and which kernels it ran."""
    items = []
    if node.module >= 0:
        items = [(item.name, item.value) for item in report.structure.modules[node.module].attributes[:16]]
    if node.operation >= 0 and isinstance(report.trace, Trace):
        operation = report.trace.operations[node.operation]
        if node.module < 0 and operation.label:
            items.append((_("arguments"), operation.label))
        if operation.kernels:
            items.append((_("kernels"), ", ".join(operation.kernels[:8])))
    return tuple(strings.place(text.name(part, 120)) for item in items for part in item)


def _memory(report: Report, scene: Scene) -> list[tuple[int, int]]:
    """For each node the bytes that its operations write, and the most that is alive while they run or -1."""
    trace = report.trace
    points = trace.memory.points if isinstance(trace, Trace) and isinstance(trace.memory, Memory) else ()
    if not points:
        return [(node.written, -1) for node in scene.nodes]
    at, live = [point.operation for point in points], [point.live_bytes for point in points]
    made = []
    for (first, last), node in zip(_ranges(scene), scene.nodes, strict=True):
        start = max(0, bisect_right(at, first) - 1)
        alive = max(live[start : max(start + 1, bisect_right(at, last))]) if first <= last else -1
        made.append((node.written, alive))
    return made


def _ranges(scene: Scene) -> list[tuple[int, int]]:
    """The first and the last operation of each node; an empty range for inputs and outputs."""
    first = [node.operation if node.operation >= 0 else 1 << 60 for node in scene.nodes]
    last = [node.operation for node in scene.nodes]
    for index in range(len(scene.nodes) - 1, 0, -1):
        above = scene.nodes[index].parent
        first[above], last[above] = min(first[above], first[index]), max(last[above], last[index])
    return list(zip(first, last, strict=True))


def _sizes(sizes: tuple[int, int], strings: Table) -> tuple[int, int]:
    written, alive = sizes
    return (
        strings.place(text.bytes_binary(written)) if written else -1,
        strings.place(text.bytes_binary(alive)) if alive >= 0 else -1,
    )


def _costs(node: Node) -> tuple[int, int, int, int, bool]:
    return node.parameters, node.macs, node.flops, node.size_bytes, node.exact


def _figures(costs: tuple[int, int, int, int, bool], strings: Table) -> tuple[int, int, int, int, bool]:
    """Parameters, multiply-adds, floating-point operations and bytes as text; whether the costs are complete."""
    parameters, macs, flops, size_bytes, exact = costs
    written = (text.count(parameters), text.macs(macs), text.flops(flops), text.bytes_binary(size_bytes))
    a, b, c, d = (strings.place(each) for each in written)
    return a, b, c, d, exact
