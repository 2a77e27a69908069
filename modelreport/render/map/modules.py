"""The scene when nothing ran: the module tree as registered, without data flow."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from modelreport.facts import Family, ModuleFact, Report, Skipped, Structure
from modelreport.render import format as text
from modelreport.render.language import _, tell
from modelreport.render.map.scene import Node, Scene, relative, short

MAX_DEPTH = 16
_FAMILIES: tuple[tuple[str, Family], ...] = (
    ("norm", "norm"),
    ("conv", "conv"),
    ("embedding", "embedding"),
    ("attention", "attention"),
    ("lstm", "recurrent"),
    ("gru", "recurrent"),
    ("rnn", "recurrent"),
    ("linear", "linear"),
    ("gemm", "linear"),
    ("matmul", "linear"),
    ("pool", "pool"),
    ("relu", "activation"),
    ("gelu", "activation"),
    ("silu", "activation"),
    ("softmax", "activation"),
    ("sigmoid", "activation"),
    ("tanh", "activation"),
    ("flatten", "shape"),
)
_WIDTHS = (("in_features", "out_features"), ("input_size", "hidden_size"))
_NUMBERS = re.compile(r"\d+")


def scene_of_structure(report: Report) -> Scene:
    """Modules as boxes in the order of registration; modules without children and parameters elsewhere are cards."""
    structure = report.structure
    weights = _weights(structure)
    reason = report.trace.reason if isinstance(report.trace, Skipped) else ""
    by_names = structure.origin == "names"
    note = _("Inferred from names, no data flow") if by_names else _("Inferred from the module tree, no data flow")
    note += f": {text.name(tell(reason))}" if reason else ""
    scene = Scene([], flow=False, note=note)
    place: list[int] = []
    depths: list[int] = []
    for index, module in enumerate(structure.modules):
        inside = 0 <= module.parent < index
        parent, depth = (
            (place[module.parent], depths[module.parent] + 1) if inside else (0 if index else -1, min(index, 1))
        )
        depths.append(depth)
        if depth > MAX_DEPTH or (index and module.shared_with):
            place.append(parent)
            continue
        place.append(len(scene.nodes))
        scene.nodes.append(_node(report, module, index, parent, weights))
        if parent >= 0:
            scene.nodes[parent].children.append(len(scene.nodes) - 1)
    if not scene.nodes:
        scene.nodes.append(Node("module", short(report.title), "", "module", -1))
    for node in scene.nodes:
        if not node.children and node.parent >= 0:
            node.family = guess_family(node.type)
    return scene


def guess_family(kind: str) -> Family:
    """The family that a type's name suggests; ``other`` when it suggests none."""
    lowered = kind.lower()
    return next((family for part, family in _FAMILIES if part in lowered), "other")


def _weights(structure: Structure) -> dict[str, str]:
    """Shape of the first tensor of two dimensions or more that each module owns, as text."""
    shapes: dict[str, str] = {}
    for tensor in structure.tensors:
        if len(tensor.shape) > 1:
            shapes.setdefault(tensor.module, text.shape(tensor.shape))
    return shapes


def _node(report: Report, module: ModuleFact, index: int, parent: int, weights: dict[str, str]) -> Node:
    modules = report.structure.modules
    above = modules[module.parent].path if 0 <= module.parent < index else ""
    name = short(relative(module.path, above)) if index else short(report.title)
    node = Node("module", name, short(module.type), "module", parent, path=module.path, module=index)
    node.parameters, node.size_bytes = module.parameters, module.size_bytes
    lines = (", ".join(_settings({item.name: item.value for item in module.attributes})), weights.get(module.path, ""))
    node.lines = tuple(short(line) for line in lines if line)
    return node


def _settings(known: Mapping[str, str]) -> Iterator[str]:
    """What matters of attributes in the words of a traced model's cards: ``3×3``, ``s2``, ``64→10``, ``2 layers``."""
    for first, last in _WIDTHS:
        if first in known and last in known:
            yield f"{known[first]}→{known[last]}"
    if "kernel_size" in known:
        yield "×".join(_NUMBERS.findall(known["kernel_size"])) or known["kernel_size"]
    for name, sign, usual in (("stride", "s", "1"), ("padding", "p", "0")):
        numbers = sorted(set(_NUMBERS.findall(known.get(name, ""))))
        if numbers and numbers != [usual]:
            yield sign + "×".join(numbers if len(numbers) == 1 else _NUMBERS.findall(known[name]))
    for name, words in (("num_layers", "layers"), ("num_heads", "heads")):
        if known.get(name, "1") != "1":
            yield f"{known[name]} {words}"
    if known.get("bidirectional") == "True":
        yield "bidirectional"
    if "p" in known:
        yield f"p={known['p']}"
