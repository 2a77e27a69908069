"""ONNX: the graph as data, its tensors left in the file, external data found and checked here.

The ``onnx`` package only parses the message; it opens no file. ``Checkpoint.graph`` is the ``ModelProto`` in which
every tensor above 1 KiB is a reference (external data; location ``.`` is the model file itself).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from modelreport.checkpoint import ONNX_DTYPES, Checkpoint, LazyTensor
from modelreport.errors import CorruptFileError
from modelreport.facts import Item, Security, Source, SourceFile
from modelreport.files import OpenFile, open_file
from modelreport.load.documents import make_item
from modelreport.load.format import Format
from modelreport.load.onnx_graphs import Block, find_blocks, give_roles, name_tensors
from modelreport.load.onnx_tensors import Tensors
from modelreport.load.onnx_text import repair_text
from modelreport.load.opening import close_on_failure
from modelreport.load.siblings import show_name
from modelreport.load.wire import walk

if TYPE_CHECKING:
    from modelreport.options import Options
    from modelreport.remote import Location

WIRE_TYPES = {1: 0, 2: 2, 3: 2, 4: 2, 5: 0, 6: 2, 7: 2, 8: 2, 14: 2, 20: 2, 25: 2, 26: 2}
"""Fields of ModelProto and their wire types (onnx.proto)."""
REPEATED = {8, 14, 20, 25, 26}
"""Those of them that may come more than once."""
VERSION_LIMIT = 100
PROTOBUF_LIMIT = 2 << 30
STANDARD_DOMAINS = ("", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview.training", "ai.onnx.preview")


def recognises(head: bytes, names: tuple[str, ...]) -> bool:
    """Whether the bytes are fields of an ONNX ``ModelProto``, its version among the first of them."""
    if names or len(head) < 2 or (len(head) > 8 and head[5:9] == b"\0\0\0{"):
        return False
    position, seen = 0, set[int]()
    while position < len(head):
        key, position = _varint(head, position)
        if WIRE_TYPES.get(key >> 3) != key & 7:
            return False
        value, position = _varint(head, position)
        if position < 0:
            return bool(seen & {1, 7, 8})
        if (key >> 3 == 1 and not 1 <= value <= VERSION_LIMIT) or key >> 3 in seen - REPEATED:
            return False
        seen.add(key >> 3)
        position += value if key & 7 == 2 else 0
    return bool(seen & {7, 8})


def _varint(data: bytes, position: int) -> tuple[int, int]:
    """A number and the position after it, -1 when the data ends in it."""
    value = 0
    for shift in range(0, 70, 7):
        if not 0 <= position + shift // 7 < len(data):
            return value, -1
        byte = data[position + shift // 7]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position + shift // 7 + 1
    return value, -1


def read(path: Location, options: Options) -> Checkpoint:
    """Open an ONNX model; reads the graph, not the weights. Raises ``CorruptFileError``."""
    del options
    file = open_file(path)
    files = [file]
    with close_on_failure(files):
        return _read(path, file, files)


def _read(path: Location, file: OpenFile, files: list[OpenFile]) -> Checkpoint:
    name = show_name(path.name)
    wire = walk(file, name)
    notes: list[str] = []
    model = _parse(wire.message, name, notes)
    wire.message = b""
    tensors = Tensors(path.parent, wire, files, [SourceFile(name=path.name, size_bytes=file.size_bytes)])
    blocks = find_blocks(model)
    lazy = _make_tensors(blocks, tensors)
    notes += [*_describe_oddities(model, blocks, file.size_bytes), *tensors.notes]
    source = Source(
        name=path.name,
        kind="file",
        format=FORMAT.id,
        format_title=FORMAT.title,
        content="graph",
        files=tuple(tensors.source_files),
        size_bytes=sum(f.size_bytes for f in tensors.source_files),
        metadata=_describe(model, blocks),
        notes=(*notes[:100], *tensors.refused[:100]),
    )
    security = Security(calls=(), executes=False, pickles=0, notes=tuple(tensors.refused[:100]))
    return Checkpoint(source, security, tuple(lazy), graph=model, folder=path.parent, files=tensors.files)


def _parse(message: bytes, name: str, notes: list[str]) -> Any:
    import onnx
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

    model = onnx.ModelProto()
    try:
        model.ParseFromString(message)
    except DecodeError as error:
        raise CorruptFileError(
            f"{name} is damaged: its graph cannot be parsed as an ONNX model.",
            "Export the model again, or check the file with onnx.checker.",
        ) from error
    if not model.HasField("graph") or not (model.graph.node or model.graph.initializer):
        raise CorruptFileError(f"{name} has the fields of an ONNX model, but no graph in it.")
    repaired = repair_text(model)
    if repaired:
        notes.append(f"{repaired} names or texts in the file are not valid UTF-8; they are shown with escapes.")
    return model


def _make_tensors(blocks: list[Block], tensors: Tensors) -> list[LazyTensor]:
    """All initialisers and constants, main graph first, each with its role."""
    made: list[LazyTensor] = []
    for entry in name_tensors(blocks, tensors.notes):
        if entry.sparse:
            tensor = LazyTensor(
                entry.name, ONNX_DTYPES.get(entry.proto.values.data_type, "unknown"), tuple(entry.proto.dims), None
            )
            tensor.layout, tensor.missing = "sparse", "it is stored sparse, which is not read for ONNX"
        else:
            found = tensors.make(entry.proto, entry.name)
            if found is None:
                continue
            tensor = found
        entry.tensor = tensor
        made.append(tensor)
    give_roles(blocks)
    return made


def _describe(model: Any, blocks: list[Block]) -> tuple[Item, ...]:
    """What the file states about itself."""
    items = [make_item("IR version", model.ir_version)]
    producer = f"{model.producer_name} {model.producer_version}".strip()
    if producer:
        items.append(make_item("producer", producer))
    if model.domain:
        items.append(make_item("domain", model.domain))
    if model.model_version:
        items.append(make_item("model version", model.model_version))
    items += [make_item(f"opset {entry.domain or 'ai.onnx'}", entry.version) for entry in model.opset_import[:50]]
    if model.graph.name:
        items.append(make_item("graph", model.graph.name))
    names = {tensor.name for tensor in model.graph.initializer}
    items += [make_item(f"input {v.name}", _show_type(v)) for v in model.graph.input[:200] if v.name not in names]
    items += [make_item(f"output {v.name}", _show_type(v)) for v in model.graph.output[:200]]
    counts = Counter(node.op_type for block in blocks for node in block.nodes)
    items.append(make_item("nodes", sum(counts.values())))
    items.append(make_item("operators", ", ".join(f"{op} ×{n}" for op, n in counts.most_common(40))))
    nested = sum(block.kind == "graph" and bool(block.scope) for block in blocks)
    if nested:
        items.append(make_item("sub-graphs of If, Loop and Scan", nested))
    for function in model.functions[:200]:
        items.append(make_item(f"function {function.domain}::{function.name}", f"{len(function.node)} nodes"))
    if model.doc_string:
        items.append(make_item("description", model.doc_string))
    if model.graph.doc_string:
        items.append(make_item("graph description", model.graph.doc_string))
    items += [make_item(entry.key, entry.value) for entry in model.metadata_props[:200]]
    return tuple(items)


def _show_type(value: Any) -> str:
    kind = value.type.WhichOneof("value")
    if kind != "tensor_type":
        return (kind or "unknown").removesuffix("_type")
    tensor = value.type.tensor_type
    dtype = ONNX_DTYPES.get(tensor.elem_type, "unknown")
    if not tensor.HasField("shape"):
        return dtype
    dims = [str(d.dim_value) if d.HasField("dim_value") else d.dim_param or "?" for d in tensor.shape.dim]
    return f"{dtype}[{', '.join(dims)}]"


def _describe_oddities(model: Any, blocks: list[Block], size_bytes: int) -> list[str]:
    notes = []
    if size_bytes > PROTOBUF_LIMIT:
        notes.append(
            "The file is over 2 GiB, which is more than protobuf reads: other tools need its weights as external data."
        )
    if model.training_info:
        notes.append("The file holds training information (graphs to initialise and to train), which is not reported.")
    local = {function.domain for function in model.functions}
    used = Counter(
        n.domain for b in blocks for n in b.nodes if n.domain not in STANDARD_DOMAINS and n.domain not in local
    )
    for domain, count in used.most_common(10):
        notes.append(
            f"Operators of {show_name(domain)}, outside the ONNX standard, stand in the graph (nodes: {count}); "
            "few runtimes have them."
        )
    if not model.opset_import:
        notes.append("The file does not say which operator set it uses.")
    return notes


FORMAT = Format(
    id="onnx",
    title="ONNX",
    suffixes=(".onnx",),
    summary="Graph and weights, inline or external; functions and sub-graphs. Nothing is run.",
    recognises=recognises,
    read=read,
)
