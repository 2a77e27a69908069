"""The module tree that an ONNX graph still shows: scopes in node names, names of initialisers, what reads them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from modelreport.checkpoint import LazyTensor, onnx_name, onnx_subgraphs
from modelreport.facts import Item
from modelreport.identify.tree import DEEPEST_NAME, MOST_MODULES, Node, class_name, nodes_of_paths

_SCOPES, _CLASSES = "pkg.torch.onnx.name_scopes", "pkg.torch.onnx.class_hierarchy"
"""What torch's exporter writes on each node since torch 2.5."""
_DOTTED = re.compile(r"[A-Za-z_]\w*(\.\w+)+")
_GENERATED = re.compile(r"^(onnx::|_v_|val_|/|.*_output_\d+$)")
_LONGEST = 10_000
"""Characters of a scope list that is parsed."""
_SHOWN = (
    "kernel_shape", "strides", "pads", "dilations", "group", "output_padding", "auto_pad", "epsilon", "momentum",
    "axis", "transA", "transB", "alpha", "beta", "hidden_size", "direction", "linear_before_reset", "num_heads",
    "bits", "block_size",
)  # fmt: skip


@dataclass
class _Found:
    """One module while nodes are walked."""

    weighted: list[Any] = field(default_factory=list)
    """Nodes that read its tensors."""
    nodes: int = 0
    last: Any = None
    class_path: str = ""


@dataclass
class _Block:
    scope: str
    nodes: Any
    names: dict[str, str]
    """From value names to names of stored tensors, enclosing graphs included."""


def nodes_of_graph(model: Any, tensors: Sequence[LazyTensor], name: str) -> tuple[list[Node], dict[str, str]]:
    """The tree, and from each stored tensor's name to the path of the module that reads it."""
    modules: dict[str, _Found] = {"": _Found()}
    owners: dict[str, str] = {}
    weights = {t.name for t in tensors if t.role in {"parameter", "buffer"}}
    numbers: dict[str, int] = {}
    for block in _blocks(model):
        for node in block.nodes:
            read = [block.names[v] for v in node.input if v in block.names]
            stored = [n for n in read if n in weights]
            path, class_path = _place(node, stored, block.scope, numbers)
            if path and len(modules) < MOST_MODULES:
                found = modules.setdefault(path, _Found())
                found.nodes, found.last = found.nodes + 1, node
                found.class_path = found.class_path or class_path
                if stored:
                    found.weighted.append(node)
            for name_read in read:
                owners.setdefault(name_read, path)
    for tensor in tensors:
        dotted = tensor.name.rpartition(".")[0]
        if dotted in modules and dotted and tensor.name in weights:
            owners[tensor.name] = dotted
        owners.setdefault(tensor.name, dotted if dotted in modules else "")
    types = {path: _type(found, path, modules) for path, found in modules.items() if path}
    return nodes_of_paths(modules, types, name), owners


def _blocks(model: Any) -> Iterator[_Block]:
    """The main graph and all graphs inside its nodes, then the bodies of functions; parents first."""
    todo = [_Block(f"{f.name or f'function_{i}'}.", f.node, {}) for i, f in enumerate(model.functions)]
    todo = [*reversed(todo), _graph_block(model.graph, "", {})]
    while todo:
        block = todo.pop()
        below = []
        for index, node in enumerate(block.nodes):
            for attribute in node.attribute:
                if node.op_type == "Constant" and attribute.HasField("t") and node.output:
                    block.names[node.output[0]] = onnx_name(attribute.t, f"{block.scope}{node.output[0]}")
            below += [
                _graph_block(graph, f"{block.scope}{scope}", block.names)
                for scope, graph in onnx_subgraphs(node, index)
            ]
        yield block
        todo.extend(reversed(below))


def _graph_block(graph: Any, scope: str, outer: dict[str, str]) -> _Block:
    names = dict(outer) if len(outer) < 10_000 else outer
    for proto in graph.initializer:
        names[proto.name] = onnx_name(proto, f"{scope}{proto.name}")
    for proto in graph.sparse_initializer:
        names[proto.values.name] = onnx_name(proto.values, f"{scope}{proto.values.name}")
    return _Block(scope, graph.node, names)


def _place(node: Any, stored: Sequence[str], scope: str, numbers: dict[str, int]) -> tuple[str, str]:
    """Path of the module that a node ran in and its class where known; an empty path for plain operations."""
    properties = {p.key: p.value for p in node.metadata_props}
    if _SCOPES in properties:
        scopes, classes = _texts(properties[_SCOPES]), _texts(properties.get(_CLASSES, ""))
        path = scopes[-2] if len(scopes) > 1 else ""
        if path or not stored:
            return path, classes[-2] if len(classes) == len(scopes) and len(classes) > 1 else ""
    if node.name.startswith("/") and node.name.count("/") > 1:
        return scope + _scope_path(node.name.split("/")[1:-1]), ""
    dotted = next((n for n in stored if _DOTTED.fullmatch(n.removeprefix(scope)) and not _GENERATED.match(n)), "")
    if dotted:
        return dotted.rpartition(".")[0], ""
    if not stored:
        return scope.rstrip("."), ""
    numbers[node.op_type] = numbers.get(node.op_type, -1) + 1
    own = node.name.strip("/").replace("/", ".") or f"{node.op_type}_{numbers[node.op_type]}"
    return scope + own, ""


def _texts(text: str) -> list[str]:
    """The strings in a list as Python writes it; none for anything else."""
    if len(text) > _LONGEST:
        return []
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return []
    return [v for v in value if isinstance(v, str)] if isinstance(value, list) else []


def _scope_path(parts: Sequence[str]) -> str:
    """Dotted path of nested scopes. A child of a container repeats its parent: ``layer1/layer1.0`` is one step."""
    path = ""
    last = ""
    for part in parts[:DEEPEST_NAME]:
        step = part[len(last) + 1 :] if last and part.startswith(f"{last}.") else part
        path = f"{path}.{step}" if path else step
        last = part
    return path


def _type(found: _Found, path: str, modules: dict[str, _Found]) -> tuple[str, str, tuple[Item, ...]]:
    """Type, class path and attributes of a module: the exporter's, else the operator that reads its weights."""
    node = found.weighted[0] if found.weighted else found.last if found.nodes == 1 else None
    attributes = _attributes(node) if node is not None else ()
    if found.class_path and not found.class_path.startswith("aten."):
        return class_name(found.class_path), found.class_path, attributes
    if node is None or (not found.weighted and any(p.startswith(f"{path}.") for p in modules)):
        return "", "", ()
    return node.op_type, f"{node.domain or 'ai.onnx'}.{node.op_type}", attributes


def _attributes(node: Any) -> tuple[Item, ...]:
    by_name = {a.name: a for a in node.attribute}
    return tuple(Item(name=n, value=_value(by_name[n])) for n in _SHOWN if n in by_name)


def _value(attribute: Any) -> str:
    if attribute.ints:
        return str(tuple(attribute.ints[:16]))
    if attribute.type == 1:
        return f"{attribute.f:.6g}"
    if attribute.type == 3:
        return str(attribute.s[:100].decode("utf-8", "replace"))
    return str(attribute.i)
