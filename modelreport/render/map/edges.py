"""The data flow between operations, sorted into the boxes of the scene."""

from __future__ import annotations

from dataclasses import dataclass, field

from modelreport.facts import Operation, Trace
from modelreport.render import format as text
from modelreport.render.map.scene import Edge, Scene

MAX_PORTS = 3
"""Tensors entering a box that keep an in-port of their own; when there are more, all share one."""
_OUT = -1


@dataclass
class Flow:
    """Edges between cards: which node each operation, input and output is, and who reads from whom."""

    homes: list[int]
    inputs: list[int]
    outputs: list[int]
    links: list[tuple[int, int, int, str]] = field(default_factory=list)
    """``(key, source node, target node, shape)``; a tensor's key is its operation's id or, past them, its input's."""

    def read(self, trace: Trace) -> None:
        """Collect the links of a trace."""
        operations = trace.operations
        for operation in operations:
            target = self.homes[operation.id]
            for source in operation.sources:
                if 0 <= source < len(operations) and source != operation.id:
                    shape = _flowing(operations[source], operation)
                    self.links.append((source, self.homes[source], target, shape))
            for index in operation.reads_input:
                if 0 <= index < len(self.inputs):
                    shape = text.shape(trace.inputs[index].shape)
                    self.links.append((len(operations) + index, self.inputs[index], target, shape))
        for index, maker in enumerate(trace.output_sources):
            if maker >= 0:
                shape = text.shape(trace.outputs[index].shape)
                self.links.append((maker, self.homes[maker], self.outputs[index], shape))

    def settle(self, scene: Scene) -> None:
        """Give every node the edges between its children and to its border, bundled by tensor."""
        parents = [node.parent for node in scene.nodes]
        depths = [0] * len(parents)
        for index, depth in scene.walk():
            depths[index] = depth
        found: list[dict[tuple[int, int, int], str]] = [{} for _ in parents]
        for key, source, target, shape in self.links:
            a, b = source, target
            while depths[a] > depths[b]:
                a = _leave(found, parents, a, shape)
            while depths[b] > depths[a]:
                b = _enter(found, parents, b, key, shape)
            while parents[a] != parents[b]:
                a, b = _leave(found, parents, a, shape), _enter(found, parents, b, key, shape)
            if a != b:
                found[parents[a]].setdefault((a, b, 0), shape)
        for index, edges in enumerate(found):
            _attach(scene, index, edges)
        scene.links = sorted({(source, target) for _, source, target, _ in self.links if source != target})


def _leave(found: list[dict[tuple[int, int, int], str]], parents: list[int], node: int, shape: str) -> int:
    found[parents[node]].setdefault((node, _OUT, 0), shape)
    return parents[node]


def _enter(found: list[dict[tuple[int, int, int], str]], parents: list[int], node: int, key: int, shape: str) -> int:
    found[parents[node]].setdefault((_OUT, node, key), shape)
    return parents[node]


def _attach(scene: Scene, index: int, edges: dict[tuple[int, int, int], str]) -> None:
    """The edges found inside one node, with local ends and its ports counted."""
    if not edges:
        return
    node = scene.nodes[index]
    local = {child: position for position, child in enumerate(node.children)}
    entering: dict[int, int] = {}
    for source, _, key in edges:
        if source == _OUT:
            entering.setdefault(key, len(entering))
    if len(entering) > MAX_PORTS:
        entering = dict.fromkeys(entering, 0)
    count = len(local)
    node.ports = len(set(entering.values()))
    node.leaves = any(target == _OUT for _, target, _ in edges)
    made: dict[tuple[int, int], str] = {}
    for (source, target, key), shape in edges.items():
        a = count + entering[key] if source == _OUT else local[source]
        b = count + node.ports if target == _OUT else local[target]
        made.setdefault((a, b), shape)
    node.edges = [Edge(a, b, shape) for (a, b), shape in sorted(made.items())]


def _flowing(source: Operation, target: Operation) -> str:
    """Shape of the tensor between two operations: the output of the first that the second takes."""
    taken = {spec.shape for spec in target.inputs}
    spec = next((spec for spec in source.outputs if spec.shape in taken), source.outputs[0] if source.outputs else None)
    return text.shape(spec.shape) if spec is not None else ""
