"""The scene of a forward pass: module calls as boxes, operations as cards, data flow as edges."""

from __future__ import annotations

from dataclasses import dataclass, field

from modelreport.facts import ModuleFact, Operation, Report, Structure, TensorFact, TensorSpec, Trace
from modelreport.render import format as text
from modelreport.render.language import _
from modelreport.render.map.edges import Flow
from modelreport.render.map.scene import Node, Scene, relative, short

MAX_DEPTH = 16
"""Module calls nested deeper are drawn as part of the one at this depth: the zoom could not be exact beyond."""
MAX_IO = 6
"""Inputs (or outputs) drawn one by one; more of them share one card."""


@dataclass
class _Names:
    """Facts of the structure by name."""

    modules: dict[str, tuple[int, ModuleFact]]
    tensors: dict[str, TensorFact]

    @classmethod
    def of(cls, structure: Structure) -> _Names:
        modules: dict[str, tuple[int, ModuleFact]] = {}
        for index, module in enumerate(structure.modules):
            modules.setdefault(module.path, (index, module))
        return cls(modules, {tensor.name: tensor for tensor in structure.tensors})


@dataclass
class _Calls:
    """The call tree, cut at ``MAX_DEPTH``, with the number of operations in each call."""

    trace: Trace
    parents: list[int] = field(default_factory=list)
    depths: list[int] = field(default_factory=list)
    drawn: list[int] = field(default_factory=list)
    """For each call, the call whose box it is drawn in."""
    operations: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        calls = self.trace.calls
        for index, call in enumerate(calls):
            parent = call.parent if 0 <= call.parent < index else (0 if index else -1)
            depth = self.depths[parent] + 1 if index else 0
            deep = depth > MAX_DEPTH
            self.parents.append(parent)
            self.depths.append(self.depths[parent] if deep else depth)
            self.drawn.append(self.drawn[parent] if deep else index)
        self.operations = [0] * max(1, len(calls))
        for operation in self.trace.operations:
            self.operations[self.home(operation)] += 1
        for index in range(len(calls) - 1, 0, -1):
            if self.drawn[index] == index:
                self.operations[self.parents[index]] += self.operations[index]

    def home(self, operation: Operation) -> int:
        """The drawn call that an operation ran in."""
        return self.drawn[operation.call] if 0 <= operation.call < len(self.drawn) else 0

    def path(self, index: int) -> str:
        return self.trace.calls[index].path if index < len(self.trace.calls) else ""


def scene_of_trace(report: Report, trace: Trace) -> tuple[Scene, Flow]:
    """The scene of what ran, and its data flow (not yet sorted into boxes: ``Flow.settle`` does that after folding)."""
    names, calls = _Names.of(report.structure), _Calls(trace)
    title = trace.calls[0].type if trace.calls else ""
    root = Node("module", short(report.title), short(title), "module", -1, path=calls.path(0))
    root.inputs, root.outputs = trace.inputs, trace.outputs
    scene = Scene([root], flow=True, note="" if trace.complete else _incomplete(trace))
    _fill_module(root, 0, names, calls)
    inputs = _add_io(scene, "input", trace.inputs)
    homes = _add_operations(scene, names, calls)
    outputs = _add_io(scene, "output", trace.outputs)
    flow = Flow(homes, inputs, outputs)
    flow.read(trace)
    return scene, flow


def _incomplete(trace: Trace) -> str:
    told = _("The pass ended early, so the map shows only what ran")
    return f"{told}: {text.name(trace.error)}" if trace.error else told


def _add_io(scene: Scene, kind: str, specs: tuple[TensorSpec, ...]) -> list[int]:
    """Cards for the model's inputs or outputs; the node of each spec."""
    if not specs:
        return []
    root, made = scene.nodes[0], []
    groups = [(spec,) for spec in specs] if len(specs) <= MAX_IO else [specs]
    for number, group in enumerate(groups):
        label = kind if len(groups) == 1 else f"{kind} {number + 1}"
        name = short(group[0].name) or label if len(group) == 1 else text.plural(len(group), kind)
        card = Node("input" if kind == "input" else "output", name, kind, "io", 0)
        card.lines = (text.shape(group[0].shape),) if len(group) == 1 else ()
        card.inputs, card.outputs = (group, ()) if kind == "output" else ((), group)
        made.append(len(scene.nodes))
        root.children.append(len(scene.nodes))
        scene.nodes.append(card)
    return made if len(groups) == len(specs) else made * len(specs)


def _add_operations(scene: Scene, names: _Names, calls: _Calls) -> list[int]:
    """Boxes for calls and cards for operations, in the order of execution; the node of each operation."""
    boxes = {0: 0}
    homes: list[int] = []
    for operation in calls.trace.operations:
        call = calls.home(operation)
        single = call if call and calls.operations[call] == 1 else -1
        above = call
        while above and calls.operations[above] == 1:
            above = calls.parents[above]
        missing = []
        while above not in boxes:
            missing.append(above)
            above = calls.parents[above]
        for index in reversed(missing):
            boxes[index] = _add_call(scene, boxes[calls.parents[index]], index, names, calls)
            above = index
        homes.append(_add_card(scene, boxes[above], operation, single, names, calls))
    return homes


def _add_call(scene: Scene, parent: int, index: int, names: _Names, calls: _Calls) -> int:
    call = calls.trace.calls[index]
    node = Node(
        "module", _call_name(call.path, call.number, scene.nodes[parent].path), short(call.type), "module", parent
    )
    node.path, node.call, node.inputs, node.outputs = call.path, index, call.inputs, call.outputs
    _fill_module(node, index, names, calls)
    scene.nodes[parent].children.append(len(scene.nodes))
    scene.nodes.append(node)
    return len(scene.nodes) - 1


def _call_name(path: str, number: int, parent: str) -> str:
    name = short(relative(path, parent))
    return f"{name} #{number + 1}" if number else name


def _fill_module(node: Node, index: int, names: _Names, calls: _Calls) -> None:
    """Costs of a call and size of its module."""
    if index < len(calls.trace.calls):
        call = calls.trace.calls[index]
        node.flops, node.macs, node.call, node.signature = call.flops, call.macs, index, call.signature
    if node.path in names.modules:
        node.module, module = names.modules[node.path]
        node.parameters, node.size_bytes = module.parameters, module.size_bytes


def _add_card(scene: Scene, parent: int, operation: Operation, call: int, names: _Names, calls: _Calls) -> int:
    """A card for an operation, or for the module (``call``) that consists of it alone."""
    above = scene.nodes[parent].path
    card = Node("operation", short(operation.name), short(operation.name), operation.family, parent, path=above)
    weights = [names.tensors[name] for name in operation.parameters if name in names.tensors]
    card.reads = tuple(weights)
    card.parameters = sum(weight.count for weight in weights if weight.role == "parameter")
    card.size_bytes = sum(weight.size_bytes for weight in weights)
    if call >= 0:
        made = calls.trace.calls[call]
        card.kind, card.path, card.call = "module", made.path, call
        card.name, card.type = _call_name(made.path, made.number, above), short(made.type)
        _fill_module(card, call, names, calls)
    elif operation.call != calls.home(operation):
        card.path = calls.path(operation.call)
    card.operation, card.inputs, card.outputs = operation.id, operation.inputs, operation.outputs
    card.flops, card.macs = operation.flops or 0, operation.macs or 0
    card.written = operation.written_bytes
    card.exact = operation.flops is not None and operation.exact
    shapes = [text.shape(weight.shape) for weight in weights if len(weight.shape) > 1][:1]
    card.lines = tuple(short(line) for line in dict.fromkeys((operation.label, *shapes)) if line)
    scene.nodes[parent].children.append(len(scene.nodes))
    scene.nodes.append(card)
    return len(scene.nodes) - 1
