"""The graphs of an ONNX model, nested ones included: which tensors they hold, their names, and what each is for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from modelreport.checkpoint import ONNX_NAME_KEY, onnx_subgraphs
from modelreport.errors import CorruptFileError
from modelreport.load.siblings import show_name

if TYPE_CHECKING:
    from modelreport.checkpoint import LazyTensor
    from modelreport.facts import Role

BLOCKS_LIMIT = 100_000

CONSTANT_INPUTS: dict[str, tuple[int, ...]] = {
    "Reshape": (1,), "Slice": (1, 2, 3, 4), "Unsqueeze": (1,), "Squeeze": (1,), "Expand": (1,), "Pad": (1, 2, 3),
    "Resize": (1, 2, 3), "Upsample": (1,), "Clip": (1, 2), "Tile": (1,), "ConstantOfShape": (0,), "Range": (0, 1, 2),
    "TopK": (1,), "OneHot": (1, 2), "Split": (1,), "CumSum": (1,), "Trilu": (1,), "Dropout": (1, 2), "Loop": (0, 1),
    "ReduceSum": (1,), "ReduceMean": (1,), "ReduceMax": (1,), "ReduceMin": (1,), "ReduceL2": (1,), "ReduceProd": (1,),
    "NonMaxSuppression": (2, 3, 4), "DFT": (1, 2), "STFT": (1, 3), "Pow": (1,), "CenterCropPad": (1,), "If": (0,),
}  # fmt: skip
"""Inputs that steer an operator instead of weighting its data."""
BUFFER_INPUTS: dict[str, tuple[int, ...]] = {
    "BatchNormalization": (3, 4), "QuantizeLinear": (1, 2), "DequantizeLinear": (1, 2), "ConvInteger": (2, 3),
    "MatMulInteger": (2, 3), "QLinearConv": (1, 2, 4, 5, 6, 7), "QLinearMatMul": (1, 2, 4, 5, 6, 7),
    "QLinearAdd": (1, 2, 4, 5, 6, 7), "QLinearMul": (1, 2, 4, 5, 6, 7), "DynamicQuantizeMatMul": (2, 3),
    "MatMulNBits": (2, 3), "QGemm": (1, 2, 4, 5, 6, 7, 8), "MatMulIntegerToFloat": (2, 3, 4, 5),
}  # fmt: skip
"""Statistics, scales and zero points: part of the model, not trained by gradient."""
WEIGHT_INPUTS: dict[str, tuple[int, ...]] = {
    "ConvInteger": (1,), "MatMulInteger": (0, 1), "QLinearConv": (3, 8), "QLinearMatMul": (0, 3),
    "DequantizeLinear": (0,), "MatMulNBits": (1,), "DynamicQuantizeMatMul": (1,), "QGemm": (3, 6),
    "MatMulIntegerToFloat": (1,), "QAttention": (1,),
    "Cast": (0,), "Gather": (0,), "GatherBlockQuantized": (0,), "QEmbedLayerNormalization": (2, 3, 4, 5, 6),
}  # fmt: skip
"""Inputs at which even whole numbers are weights."""
SCALAR_WEIGHTS = {
    "Conv", "ConvTranspose", "Gemm", "MatMul", "BatchNormalization", "InstanceNormalization", "LayerNormalization",
    "GroupNormalization", "RMSNormalization", "PRelu", "LSTM", "GRU", "RNN", "FusedConv", "Einsum",
}  # fmt: skip
"""Operators whose inputs are weights even when they hold one element."""
QUANTISED = {"int8", "uint8", "int4", "uint4", "int2", "uint2", "int16", "uint16"}
"""Whole-number dtypes that quantised weights are stored in."""


@dataclass(eq=False)
class Entry:
    """One tensor stored in a graph."""

    value: str
    """Name of the value in its graph."""
    proto: Any
    sparse: bool = False
    constant: bool = False
    """From a Constant node rather than an initialiser."""
    name: str = ""
    """Name in the report, unique in the file."""
    tensor: LazyTensor | None = None
    uses: set[tuple[str, int]] = field(default_factory=set)
    """Operator and input position at which it is read."""


@dataclass(eq=False)
class Block:
    """A graph or a function body."""

    kind: str
    scope: str
    """Prefix of the names of its tensors; empty for the main graph."""
    nodes: Any
    parent: Block | None = None
    entries: dict[str, Entry] = field(default_factory=dict)
    doubles: list[Entry] = field(default_factory=list)
    """Entries whose value name is taken in the same graph."""

    def find(self, value: str) -> Entry | None:
        """The tensor called ``value`` here or in an enclosing graph."""
        block: Block | None = self
        while block is not None:
            if value in block.entries:
                return block.entries[value]
            block = block.parent
        return None


def find_blocks(model: Any) -> list[Block]:
    """The main graph, its sub-graphs (parents first) and the bodies of local functions, with the tensors each holds.

    The scope of a sub-graph is its node's operator and place and the attribute: ``If_2.then_branch.``.
    """
    blocks: list[Block] = []
    todo = [Block("function", f"{f.name or f'function_{i}'}.", f.node) for i, f in enumerate(model.functions)]
    todo = [*reversed(todo), _graph_block(model.graph, "", None)]
    while todo:
        block = todo.pop()
        blocks.append(block)
        if len(blocks) > BLOCKS_LIMIT:
            raise CorruptFileError(f"The model holds more than {BLOCKS_LIMIT} nested graphs and was not read.")
        found: list[Block] = []
        for index, node in enumerate(block.nodes):
            for attribute in node.attribute:
                if node.op_type == "Constant" and attribute.name == "value" and attribute.HasField("t") and node.output:
                    _add(block, Entry(node.output[0], attribute.t, constant=True))
            found += [
                _graph_block(graph, f"{block.scope}{scope}", block) for scope, graph in onnx_subgraphs(node, index)
            ]
        todo.extend(reversed(found))
    return blocks


def _graph_block(graph: Any, scope: str, parent: Block | None) -> Block:
    block = Block("graph", scope, graph.node, parent)
    for proto in graph.initializer:
        _add(block, Entry(proto.name, proto))
    for proto in graph.sparse_initializer:
        _add(block, Entry(proto.values.name, proto, sparse=True))
    return block


def _add(block: Block, entry: Entry) -> None:
    if entry.value in block.entries:
        block.doubles.append(entry)
    else:
        block.entries[entry.value] = entry


def name_tensors(blocks: list[Block], notes: list[str]) -> list[Entry]:
    """All entries in order, each with a name that is unique in the file; the name is written into the graph as well."""
    taken: set[str] = set()
    entries: list[Entry] = []
    for block in blocks:
        if block.doubles:
            shown = ", ".join(show_name(entry.value) for entry in block.doubles[:3])
            notes.append(f"{len(block.doubles)} tensor names are used twice in one graph ({shown}).")
        for entry in (*block.entries.values(), *block.doubles):
            base = f"{block.scope}{entry.value}" or "unnamed"
            name, number = base, 1
            while name in taken:
                number += 1
                name = f"{base}#{number}"
            taken.add(name)
            entry.name = name
            _write_name(entry)
            entries.append(entry)
    return entries


def _write_name(entry: Entry) -> None:
    proto = entry.proto.values if entry.sparse else entry.proto
    kept = [(prop.key, prop.value) for prop in proto.metadata_props if prop.key != ONNX_NAME_KEY]
    if len(kept) != len(proto.metadata_props):
        del proto.metadata_props[:]
        for key, value in kept:
            proto.metadata_props.add(key=key, value=value)
    if entry.name != entry.value:
        proto.metadata_props.add(key=ONNX_NAME_KEY, value=entry.name)


def give_roles(blocks: list[Block]) -> None:
    """Set the role of every tensor by the operators that read it, through copies and transpositions."""
    for block in blocks:
        for node in block.nodes:
            for position, value in enumerate(node.input):
                entry = block.find(value)
                if entry is not None:
                    entry.uses.add((node.op_type, position))
    for block in blocks:
        for entry in (*block.entries.values(), *block.doubles):
            if entry.tensor is not None:
                entry.tensor.role = _role(entry, entry.tensor)


def _role(entry: Entry, tensor: LazyTensor) -> Role:
    uses = entry.uses
    if uses and all(position in CONSTANT_INPUTS.get(op, ()) for op, position in uses):
        return "constant"
    if uses and all(position in BUFFER_INPUTS.get(op, ()) for op, position in uses):
        return "buffer"
    if tensor.dtype.startswith(("float", "bfloat", "complex")):
        if tensor.count == 1 and not any(op in SCALAR_WEIGHTS for op, _ in uses):
            return "constant"
        return "parameter" if uses or not entry.constant else "constant"
    if tensor.dtype in ("string", "bool", "unknown") or tensor.count == 1:
        return "constant"
    quantised = tensor.dtype in QUANTISED and any(position in WEIGHT_INPUTS.get(op, ()) for op, position in uses)
    return "parameter" if quantised else "constant"
