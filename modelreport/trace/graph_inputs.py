"""Inputs for an ONNX graph: what it declares, and sensible sizes where it leaves dimensions free."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from modelreport.checkpoint import ONNX_DTYPES
from modelreport.facts import TensorSpec
from modelreport.trace.graph_values import PLAIN, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

SPATIAL = ((224, 224), (640, 640), (48, 320), (32, 320), (299, 299), (256, 256), (512, 512), (384, 384), (64, 64),
           (32, 32), (28, 28), (96, 96), (416, 416), (32, 100), (80, 80), (16, 16))  # fmt: skip
"""Heights and widths tried for images, the usual first; text recognisers read strips 32 or 48 high."""
LENGTHS = (128, 512, 576, 256, 1024, 64, 16000, 3000, 77, 16, 8, 4, 2, 1)
"""Lengths tried for sequences: tokens, samples of audio, frames."""
FRAMES = 16
LOOK_AHEAD = 40
WEIGHT_AT = {"Conv": 1, "ConvInteger": 1, "FusedConv": 1, "MatMul": 1, "Gemm": 1, "LSTM": 1, "GRU": 1, "RNN": 1,
             "QLinearConv": 3, "ConvTranspose": 1, "MatMulInteger": 1, "QLinearMatMul": 3}  # fmt: skip
"""Operators whose weight says how many channels or features they read, and where it is."""
PASSES = {"Identity", "Cast", "Mul", "Sub", "Add", "Div", "QuantizeLinear", "DequantizeLinear", "Pad", "Relu", "Clip",
          "DynamicQuantizeLinear", "BatchNormalization", "Sqrt", "Pow"}  # fmt: skip
"""Operators that leave the number of channels as it is."""


@dataclass
class Free:
    """An input as declared."""

    name: str
    dtype: str
    dims: list[int | str] | None
    """A text for a free dimension: its symbol or empty; ``None`` when the rank is unknown."""
    proto: Any
    features: int = 0
    """Channels or features the first operator on it reads, 0 when unknown."""
    reader: str = ""
    """That operator."""


@dataclass
class Candidate:
    """One choice of inputs."""

    values: dict[str, Value]
    symbols: dict[str, int]
    origin: str
    free: list[str] = field(default_factory=list)
    """Free dimensions as they were filled in, for people."""


def find_inputs(model: Any) -> list[Free]:
    """The model's inputs, without initialisers that are listed as inputs too."""
    stored = {proto.name for proto in model.graph.initializer}
    found = []
    for value in model.graph.input:
        if value.name in stored:
            continue
        tensor = value.type.tensor_type if value.type.WhichOneof("value") == "tensor_type" else None
        dims: list[int | str] | None = None
        if tensor is not None and tensor.HasField("shape"):
            dims = [
                d.dim_value if d.HasField("dim_value") and d.dim_value > 0 else d.dim_param for d in tensor.shape.dim
            ]
        dtype = ONNX_DTYPES.get(tensor.elem_type, "unknown") if tensor is not None else "unknown"
        free = Free(value.name, dtype, dims, value.type if tensor is None else None)
        _look_ahead(model, free)
        found.append(free)
    return found


def _look_ahead(model: Any, free: Free) -> None:
    """Find the first operator with a weight on the input, and how many channels it reads."""
    stored = {proto.name: tuple(proto.dims) for proto in model.graph.initializer}
    names = {free.name}
    for node in list(model.graph.node)[:400]:
        if node.op_type == "Constant":
            stored.update((node.output[0], tuple(a.t.dims)) for a in node.attribute if a.HasField("t") and node.output)
        elif names & set(node.input):
            place = WEIGHT_AT.get(node.op_type)
            weight = stored.get(node.input[place]) if place is not None and len(node.input) > place else None
            if weight is not None and len(weight) >= 2:
                group = next((a.i for a in node.attribute if a.name == "group"), 1)
                free.reader, free.features = node.op_type, _features(node, weight, group)
                return
            if node.op_type == "Gather" and len(node.input) > 1 and node.input[1] in names:
                free.reader = "Gather"
                return
            if node.op_type in PASSES and len(names) < LOOK_AHEAD:
                names.update(node.output)


def _features(node: Any, weight: tuple[int, ...], group: int) -> int:
    if "Conv" in node.op_type:
        return weight[0] if node.op_type == "ConvTranspose" else weight[1] * max(group, 1)
    if node.op_type in ("LSTM", "GRU", "RNN"):
        return weight[-1]
    flipped = any(a.name == "transB" and a.i for a in node.attribute)
    return weight[-1] if flipped else weight[-2]


def candidates(inputs: list[Free], given: tuple[TensorSpec, ...]) -> Iterator[Candidate]:
    """Choices of inputs, the likeliest first; one when the graph or the caller leaves nothing free."""
    specs = match(inputs, given)
    last: list[str] = []
    for attempt in range(max(len(SPATIAL), len(LENGTHS))):
        choice = _choose(inputs, specs, attempt)
        if attempt and choice.free == last:
            continue
        if not choice.free or (last and set(choice.free) <= set(last)):
            if attempt == 0:
                yield choice
            return
        last = choice.free
        yield choice


def match(inputs: list[Free], given: tuple[TensorSpec, ...]) -> dict[str, TensorSpec]:
    """The caller's inputs by the graph's names, or in order. ``ValueError`` for one that is not there."""
    names = [free.name for free in inputs]
    rest = [name for name in names if name not in {spec.name for spec in given}]
    out: dict[str, TensorSpec] = {}
    for spec in given:
        if spec.name and spec.name not in names:
            raise ValueError(f"The graph has no input called {spec.name!a}; it has {', '.join(map(ascii, names))}.")
        if not spec.name and not rest:
            raise ValueError(f"{len(given)} inputs are given, the graph has {len(names)}.")
        out[spec.name or rest.pop(0)] = spec
    return out


def _choose(inputs: list[Free], specs: dict[str, TensorSpec], attempt: int) -> Candidate:
    symbols: dict[str, int] = {}
    for free in inputs:  # sizes that the caller gives bind the symbols of the others
        spec = specs.get(free.name)
        if spec is not None and free.dims is not None and len(free.dims) == len(spec.shape):
            symbols.update({d: n for d, n in zip(free.dims, spec.shape, strict=True) if isinstance(d, str) and d})
    values: dict[str, Value] = {}
    filled: list[str] = []
    for place, free in enumerate(inputs):
        spec = specs.get(free.name)
        if spec is not None:
            value = Value(free.name, spec.dtype, spec.shape)
        elif free.proto is not None:
            value = Value(free.name, proto=free.proto)
        else:
            shape = tuple(_fill(free, attempt, symbols))
            value = Value(free.name, free.dtype, shape)
            if free.dims is None or any(isinstance(d, str) for d in free.dims):
                filled.append(f"{free.name[:60]} {'×'.join(map(str, shape)) or 'scalar'}")
        value.model_input = place
        values[free.name] = value
    if specs and not filled:
        origin = "given"
    elif not filled:
        origin = "fixed by the graph"
    else:
        origin = f"free dimensions chosen: {'; '.join(filled[:4])}"
        origin += ", the first sizes tried" if attempt == 0 else f", number {attempt + 1} of the sizes tried"
    return Candidate(values, symbols, origin, filled)


def _fill(free: Free, attempt: int, symbols: dict[str, int]) -> list[int]:
    dims = free.dims if free.dims is not None else _guess_dims(free)
    spatial = SPATIAL[min(attempt, len(SPATIAL) - 1)]
    length = LENGTHS[min(attempt, len(LENGTHS) - 1)]
    out: list[int] = []
    for place, dim in enumerate(dims):
        if isinstance(dim, int):
            out.append(dim)
        elif dim and dim in symbols:
            out.append(symbols[dim])
        else:
            size = _by_symbol(dim.lower(), symbols, length)
            if size is None:
                size = _by_place(free, dims, place, spatial, length)
            out.append(size)
            if dim:
                symbols[dim] = size
    return out


def _guess_dims(free: Free) -> list[int | str]:
    """Dimensions for an input that declares none, by its first reader."""
    if "Conv" in free.reader:
        return ["", free.features, "", ""]
    if free.reader in ("LSTM", "GRU", "RNN"):
        return ["", 1, free.features]
    if free.reader == "Gather" or free.dtype.startswith(("int", "uint")):
        return ["", ""]
    if free.features:
        return ["", free.features]
    return ["", "", "", ""]


def _by_symbol(name: str, symbols: dict[str, int], length: int) -> int | None:
    """A size by the name that the exporter gave the dimension."""
    parts = [part.strip() for part in name.split("+")]
    if len(parts) > 1:
        known = {key.lower(): size for key, size in symbols.items()}
        sizes = [known.get(p) if not p.isdigit() else int(p) for p in parts]
        sizes = [s if s is not None else _by_symbol(p, symbols, length) for s, p in zip(sizes, parts, strict=True)]
        return sum(s for s in sizes if s is not None)
    if re.search(r"batch|^(n|b|bs)$", name):
        return 1
    if "past" in name or "cache" in name:
        return 0
    if re.search(r"seq|len|time|frame|sample|token|step|^(t|l|s)$", name):
        return length
    if re.search(r"channel|^c$", name):
        return 3
    return None


def _by_place(free: Free, dims: list[int | str], place: int, spatial: tuple[int, int], length: int) -> int:
    """A size by where the free dimension stands."""
    rank = len(dims)
    if free.reader in ("LSTM", "GRU", "RNN") and rank == 3:
        return (length, 1, free.features)[place]
    if rank > 1 and (place == 0 or (rank == 3 and isinstance(dims[0], int) and isinstance(dims[2], int))):
        return 1  # the batch: first, or second in states laid out as layers × batch × features
    if rank == 4 and free.dtype in PLAIN:
        last = dims[3] in (1, 3, 4) and not isinstance(dims[1], int)
        sizes = {1: spatial[0], 2: spatial[1]} if last else {1: free.features or 3, 2: spatial[0], 3: spatial[1]}
        return sizes.get(place, 3)
    if rank == 5:
        return {1: free.features or 3, 2: FRAMES}.get(place, spatial[place % 2] // 2)
    if rank in (2, 3) and free.features and place == (1 if "Conv" in free.reader or rank == 2 else 2):
        return free.features
    return length
