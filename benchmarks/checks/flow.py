"""The data flow of a trace against the graph that ``torch.fx`` makes of the same module.

fx runs the code of ``forward`` with symbols, the trace runs it on tensors: two ways to the same edges. A leaf module
is one node in fx and a range of operations in the trace; every other operation is one node in both, in the same order.
Nodes that make no tensor (``size``), take one out of a tuple, or give back what they got (dropout in eval mode) are
passed through. That the nodes belong together is proved by the shapes of their results.
"""

from __future__ import annotations

import operator
import warnings
from dataclasses import dataclass
from typing import Any

import torch
from torch import fx

from benchmarks.checks.counted import meta_input
from benchmarks.checks.ours import Ours
from modelreport.facts import Trace

Group = tuple[int, int]
"""First operation and one past the last."""


@dataclass(frozen=True)
class Compared:
    """Edges of both; ``reason`` says why there was nothing to compare."""

    edges: int = 0
    only_ours: tuple[tuple[int, int], ...] = ()
    only_theirs: tuple[tuple[int, int], ...] = ()
    reason: str = ""


@dataclass
class _Node:
    """What a node of fx gave when it was run."""

    node: fx.Node
    shapes: list[tuple[int, ...]]
    passed: bool
    """It made no tensor of its own."""


class _Runner(fx.Interpreter):
    """Runs the graph on meta and writes down what each node gives."""

    def __init__(self, module: fx.GraphModule) -> None:
        super().__init__(module)
        self.found: list[_Node] = []

    def run_node(self, n: fx.Node) -> Any:
        args = [v for v in self.map_nodes_to_values(n.args, n) if isinstance(v, torch.Tensor)] if n.args else []
        out = super().run_node(n)
        if n.op not in {"placeholder", "output", "get_attr"}:
            self.found.append(_Node(n, _shapes(out), _passes(n, args, out)))
        return out


def _shapes(out: Any) -> list[tuple[int, ...]]:
    if isinstance(out, torch.Tensor):
        return [tuple(out.shape)]
    return [shape for v in out for shape in _shapes(v)] if isinstance(out, (tuple, list)) else []


def _passes(node: fx.Node, args: list[torch.Tensor], out: Any) -> bool:
    """Whether the node makes no tensor of its own: no tensor at all, one of a tuple, or what it was given."""
    if not _shapes(out):
        return True
    if node.target is operator.getitem and not args:
        return True
    name = getattr(node.target, "__name__", str(node.target))
    writes = name.endswith("_") or name.startswith("i") or node.kwargs.get("inplace") is True
    return node.op != "call_module" and not writes and any(out is a for a in args)


def compare(found: Ours, inputs: tuple[Any, ...]) -> Compared:
    """The edges of a trace and those of fx, where fx can trace the module and both have the same nodes."""
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            graph = fx.symbolic_trace(found.module)
            runner = _Runner(graph)
            runner.run(*(meta_input(s) for s in inputs))
    except Exception as error:  # whatever the code does that symbols cannot follow
        return Compared(reason=f"torch.fx cannot trace it: {type(error).__name__}")
    groups = _groups(found.trace, runner.found)
    return Compared(reason=groups) if isinstance(groups, str) else _edges(found.trace, runner.found, groups)


def _groups(trace: Trace, nodes: list[_Node]) -> dict[fx.Node, Group] | str:
    """The operations of each node of fx, in order; or why they cannot be told apart."""
    ranges = {(c.path, c.number): (c.first, c.last) for c in trace.calls}
    calls: dict[str, int] = {}
    groups: dict[fx.Node, Group] = {}
    at = 0
    for found in nodes:
        if found.node.op == "call_module":
            path = str(found.node.target)
            number = calls.get(path, 0)
            calls[path] = number + 1
            first, last = ranges.get((path, number), (-1, -1))
            if first != at:
                return f"fx is at {path}, the trace at operation {at}"
            groups[found.node], at = (first, last), last
        elif not found.passed:
            if at >= len(trace.operations) or tuple(trace.operations[at].outputs[0].shape) not in found.shapes:
                return f"fx calls {_name(found.node)} as one, the trace sees what is inside"
            groups[found.node], at = (at, at + 1), at + 1
    return groups if at == len(trace.operations) else f"{len(trace.operations) - at} operations of the trace are left"


def _name(node: fx.Node) -> str:
    return getattr(node.target, "__name__", str(node.target))


def _edges(trace: Trace, nodes: list[_Node], groups: dict[fx.Node, Group]) -> Compared:
    owner = {i: index for index, (first, last) in enumerate(groups.values()) for i in range(first, last)}
    place = {node: index for index, node in enumerate(groups)}
    ours = {
        (owner[s], owner[o.id]) for o in trace.operations for s in o.sources if owner[s] != owner[o.id]
    }  # fmt: skip
    makers: dict[fx.Node, set[int]] = {}
    theirs: set[tuple[int, int]] = set()
    for found in nodes:
        sources = {m for n in found.node.all_input_nodes for m in makers.get(n, ())}
        first, last = groups.get(found.node, (0, 0))
        if not found.shapes:
            makers[found.node] = set()
        elif first == last:  # passed through
            makers[found.node] = sources
        else:
            makers[found.node] = {place[found.node]}
            theirs |= {(s, place[found.node]) for s in sources}
    return Compared(len(theirs), tuple(sorted(ours - theirs)), tuple(sorted(theirs - ours)))
