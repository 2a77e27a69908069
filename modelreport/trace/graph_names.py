"""Names while an ONNX graph is walked: what is visible where, and what a function's body refers to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelreport.trace.graph_values import Frame, Value


class WalkEndedError(Exception):
    """The walk went on for too long or too deep; what was seen so far is kept."""


@dataclass
class Scope:
    """Names visible in a graph: its own, then those around it."""

    values: dict[str, Value] = field(default_factory=dict)
    outer: Scope | None = None
    opsets: dict[str, int] = field(default_factory=dict)
    frames: tuple[Frame, ...] = ()
    inside: bool = False
    """Whether ``frames`` end with a sub-graph or function."""
    declared: dict[str, Value] = field(default_factory=dict)
    """Types the file states for values of this graph."""

    def find(self, name: str) -> Value | None:
        """The value called ``name``."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.values:
                return scope.values[name]
            scope = scope.outer
        return None


def show_node(node: Any, index: int = -1) -> str:
    """A node for a message: its name, quoted and cut, or its operator and place."""
    if node.name:
        return ascii(node.name[:80])
    return f"the {node.op_type} node" if index < 0 else f"{node.op_type}_{index}"


def bind_attributes(node: Any, given: dict[str, Any]) -> Any:
    """A node of a function body with references to the function's attributes replaced."""
    if not any(attribute.ref_attr_name for attribute in node.attribute):
        return node
    import onnx

    copy = onnx.NodeProto()
    copy.CopyFrom(node)
    del copy.attribute[:]
    for attribute in node.attribute:
        if not attribute.ref_attr_name:
            copy.attribute.append(attribute)
        elif attribute.ref_attr_name in given:
            own = copy.attribute.add()
            own.CopyFrom(given[attribute.ref_attr_name])
            own.name = attribute.name
    return copy
