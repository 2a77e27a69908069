"""The live objects between the first four rooms: files, lazy tensors, the tree found in a file, a model that can run.

Nothing here outlives ``Checkpoint.close``; facts made from it do. A tensor is read only when ``LazyTensor.array`` is
called.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Self

from modelreport.facts import DTYPE_BITS, Identification, Role, Security, Skipped, Source
from modelreport.files import LocalFile as LocalFile  # noqa: PLC0414 - known by this place
from modelreport.files import OpenFile
from modelreport.remote import Location

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Storage:
    """A run of bytes that tensors are views of. Two tensors with the same ``Storage`` object share memory."""

    source: OpenFile | memoryview
    offset: int
    size_bytes: int
    file: int = 0
    """Index into ``Source.files``."""

    @property
    def near(self) -> bool:
        """Whether it lies in memory or on this machine."""
        return not isinstance(self.source, OpenFile) or self.source.near

    def view(self, start: int = 0, size: int | None = None) -> memoryview:
        """The bytes, or ``size`` of them from ``start`` on, read-only; what lies in memory is not copied.

        Large storages are walked in parts: only what is asked for is read.
        """
        size = self.size_bytes - start if size is None else size
        if isinstance(self.source, OpenFile):
            return self.source.view(self.offset + start, size)
        return self.source[self.offset + start : self.offset + start + size]

    def read_into(self, buffer: memoryview, start: int = 0) -> None:
        """Fill a buffer with the bytes from ``start`` on."""
        if isinstance(self.source, OpenFile):
            self.source.read_into(buffer, self.offset + start)
        else:
            buffer[:] = self.view(start, len(buffer))

    def gather(
        self, start: int, dtype: np.dtype[Any], shape: tuple[int, ...], strides: tuple[int, ...]
    ) -> NDArray[Any]:
        """Elements of a view whose first one lies at the byte ``start``; ``strides`` are in elements.

        What lies in memory is seen in place, what lies in a file is copied together. The view is inside the storage.
        """
        if isinstance(self.source, OpenFile):
            return self.source.gather(self.offset + start, dtype, shape, strides)
        import numpy as np

        steps = tuple(s * dtype.itemsize for s in strides)
        return np.ndarray(shape, dtype, self.view().toreadonly(), start, steps)


@dataclass(eq=False)
class LazyTensor:
    """Name, shape and dtype of a tensor, and where its values lie.

    Validated by the reader of the format: the view is inside the storage.
    """

    name: str
    dtype: str
    """A key of ``facts.DTYPE_BITS``."""
    shape: tuple[int, ...]
    storage: Storage | None
    """``None`` when there are no values (meta tensors, external data that is missing)."""
    strides: tuple[int, ...] | None = None
    """In elements; ``None`` means contiguous."""
    offset: int = 0
    """First element, in elements of ``dtype`` from the start of the storage."""
    role: Role | None = None
    """``None`` when the file does not say (a bare state_dict)."""
    trainable: bool | None = None
    layout: Literal["dense", "sparse", "quantized", "meta"] = "dense"
    note: str = ""
    missing: str = ""
    """Why there are no values, when there are none."""
    big_endian: bool = False

    @property
    def count(self) -> int:
        """Elements: the product of the shape (1 for a scalar)."""
        return math.prod(self.shape)

    @property
    def size_bytes(self) -> int:
        """Bytes of the elements, sub-byte dtypes packed and rounded up."""
        return (self.count * DTYPE_BITS[self.dtype] + 7) // 8

    @property
    def contiguous_strides(self) -> tuple[int, ...]:
        """Row-major strides of the shape, in elements."""
        strides, step = [], 1
        for size in reversed(self.shape):
            strides.append(step)
            step *= max(size, 1)
        return tuple(reversed(strides))

    @property
    def is_contiguous(self) -> bool:
        """Whether the elements follow each other in row-major order (dimensions of size 1 do not matter)."""
        if self.strides is None or self.count == 0:
            return True
        return all(
            n == 1 or have == want
            for n, have, want in zip(self.shape, self.strides, self.contiguous_strides, strict=True)
        )

    @property
    def is_expanded(self) -> bool:
        """Whether one stored element stands for several."""
        return self.stored_shape != self.shape

    @property
    def element_strides(self) -> tuple[int, ...]:
        """The strides, also where the file leaves them out."""
        return self.strides if self.strides is not None else self.contiguous_strides

    @property
    def stored_shape(self) -> tuple[int, ...]:
        """The shape with expanded dimensions cut to one element: what is stored."""
        if self.strides is None:
            return self.shape
        return tuple(1 if s == 0 and n > 1 else n for n, s in zip(self.shape, self.strides, strict=True))

    @property
    def view_key(self) -> tuple[object, ...] | None:
        """Equal for two tensors that are the same view of the same storage; ``None`` without values."""
        if self.storage is None:
            return None
        strides = self.contiguous_strides if self.is_contiguous else self.element_strides
        return (id(self.storage), self.offset, self.dtype, self.shape, strides)

    def array(self) -> NDArray[Any]:
        """The values as an array not to be written to: shape ``shape``, dtype as numpy or ml_dtypes has it.

        Of a file it is a copy, of memory a view. Dtypes narrower than a byte come as the packed ``uint8`` bytes,
        one-dimensional. Expanded views stay expanded: use ``stored`` to walk each stored element once. ``ValueError``
        when there are no values.
        """
        import numpy as np

        if self.storage is None:
            raise ValueError(self.missing or "the file holds no values for this tensor")
        start = self.offset * DTYPE_BITS[self.dtype] // 8
        if DTYPE_BITS[self.dtype] < 8:
            return np.frombuffer(self.storage.view(start, self.size_bytes), np.uint8)
        dtype = numpy_dtype(self.dtype)
        if self.big_endian:
            dtype = dtype.newbyteorder(">")
        if self.is_contiguous:
            return np.frombuffer(self.storage.view(start, self.size_bytes), dtype).reshape(self.shape)
        made = self.storage.gather(start, dtype, self.stored_shape, self.element_strides)
        return np.broadcast_to(made, self.shape) if self.is_expanded else made

    def stored(self) -> NDArray[Any]:
        """As ``array``, with every expanded dimension cut to one element."""
        return self.array()[tuple(slice(size) for size in self.stored_shape)] if self.is_expanded else self.array()

    def tensor(self) -> torch.Tensor:
        """The values as a torch tensor, copied. ``ValueError`` for packed and quantised dtypes and without values."""
        import numpy as np
        import torch

        if self.layout != "dense" or DTYPE_BITS[self.dtype] < 8:
            raise ValueError(f"{self.dtype} values are not plain numbers")
        array = np.array(self.array())
        if self.big_endian:
            array = array.astype(array.dtype.newbyteorder("="))
        raw = torch.from_numpy(np.ascontiguousarray(array).reshape(-1).view(np.uint8))
        made: torch.Tensor = raw.view(getattr(torch, self.dtype)).reshape(self.shape)
        return made


@dataclass(eq=False)
class Program:
    """An exported program (``torch.export``): what its ``model.json`` says, and its constants by name."""

    model: dict[str, Any]
    constants: dict[str, LazyTensor] = field(default_factory=dict)


def numpy_dtype(name: str) -> np.dtype[Any]:
    """The numpy (or ml_dtypes) dtype of one of ``facts.DTYPE_BITS`` of at least a byte; quantised ones as integers."""
    import numpy as np

    alias = {"qint8": "int8", "quint8": "uint8", "qint32": "int32"}
    packed = {"quint4x2", "quint2x4", "float4_e2m1fn_x2", "bits8", "bits1x8", "bits2x4", "bits4x2"}
    if name in packed:
        return np.dtype("uint8")
    if name == "bfloat16" or name.startswith("float8"):
        import ml_dtypes

        dtype: np.dtype[Any] = np.dtype(getattr(ml_dtypes, name))
        return dtype
    if name == "complex32":  # pairs of float16, no numpy type: seen as their bytes
        return np.dtype("uint32")
    if name == "bits16":
        return np.dtype("uint16")
    return np.dtype(alias.get(name, name))


@dataclass(eq=False)
class ModuleNode:
    """A module as found in a pickled file: its class is a name, its attributes plain data."""

    type_path: str
    """Dotted path of the class, such as ``torchvision.models.resnet.ResNet``."""
    attributes: dict[str, Any] = field(default_factory=dict)
    """Plain values only: None, bool, int, float, str, tuples, lists and dicts of them, and ``Opaque``."""
    parameters: dict[str, LazyTensor | None] = field(default_factory=dict)
    buffers: dict[str, LazyTensor | None] = field(default_factory=dict)
    children: dict[str, ModuleNode | None] = field(default_factory=dict)
    """The same node under two names is the same module object; cycles are possible."""
    hooks: tuple[str, ...] = ()

    def walk(self) -> Iterator[tuple[str, ModuleNode, bool]]:
        """Every module as ``(path, node, seen)``, parents first, in order; ``seen`` ones are not entered again."""
        seen: set[int] = set()
        todo: list[tuple[str, ModuleNode]] = [("", self)]
        while todo:
            path, node = todo.pop()
            again = id(node) in seen
            yield path, node, again
            if again:
                continue
            seen.add(id(node))
            children = [(f"{path}.{k}" if path else k, c) for k, c in node.children.items() if c is not None]
            todo.extend(reversed(children))


WRAPPERS = {
    "torch.nn.parallel.data_parallel.DataParallel": "module",
    "torch.nn.parallel.distributed.DistributedDataParallel": "module",
    "torch._dynamo.eval_frame.OptimizedModule": "_orig_mod",
    "torch.optim.swa_utils.AveragedModel": "module",
}
"""Class paths of modules that only wrap another, and the name it has inside."""


@dataclass(frozen=True)
class Opaque:
    """A value in a pickled file that is not plain data: the name it would be built by, and its plain arguments."""

    path: str
    arguments: tuple[Any, ...] = ()
    state: Any = None


@dataclass(eq=False)
class OptimizerGroup:
    """Parameters that share settings."""

    keys: tuple[str, ...]
    """Of ``OptimizerState.states``, one for each parameter, in the optimizer's order."""
    settings: dict[str, Any] = field(default_factory=dict)
    """Plain values: learning rate, betas, weight decay …"""
    names: tuple[str, ...] = ()
    """Names of the parameters, where the group carries them."""


@dataclass(eq=False)
class OptimizerState:
    """An optimizer's own memory, as far as the file holds it."""

    path: str
    """Where it lies in the file."""
    kind: str
    groups: tuple[OptimizerGroup, ...]
    states: dict[str, dict[str, LazyTensor | int | float]]
    """For each parameter that has one, by its key: an index, or the name of the parameter."""


@dataclass(eq=False)
class Checkpoint:
    """An opened checkpoint: facts about the source and lazy access to everything in it. Use as a context manager."""

    source: Source
    security: Security | Skipped
    tensors: tuple[LazyTensor, ...]
    """Of the chosen model, names without the stripped prefix, in file order."""
    extra: tuple[LazyTensor, ...] = ()
    """Tensors that are not weights of the model: optimizer state, other models in the file."""
    optimizers: tuple[OptimizerState, ...] = ()
    """The optimizers whose tensors are among ``extra``."""
    tree: ModuleNode | None = None
    """The pickled module tree, where the file holds one."""
    graph: Any = None
    """An ``onnx.ModelProto`` without external data loaded, where the file is ONNX."""
    program: Program | None = None
    """The graph of a torch.export archive, or of a live exported program."""
    config: dict[str, Any] | None = None
    """``config.json`` of a Hugging Face folder."""
    folder: Location | None = None
    named: tuple[str, ...] = ()
    """Names that an index lists, where none of the files it names is here; the second room finds their shapes."""
    adapter: dict[str, Any] | None = None
    """``adapter_config.json``, where the tensors are those of an adapter to another model."""
    base_folder: Location | None = None
    """Folder of that other model, where the second room found it."""
    base: Checkpoint | None = None
    """That other model, opened for its values."""
    base_missing: str = ""
    """Why its values are not at hand."""
    live: Any = None
    """The ``nn.Module`` itself when the caller gave one."""
    files: list[OpenFile] = field(default_factory=list)

    def check_unchanged(self) -> None:
        """``ChangedError`` when somebody has written to a file of this machine since it was opened."""
        for file in self.files:
            if file.near:
                file.check_unchanged()
        if self.base is not None:
            self.base.check_unchanged()

    def close(self) -> None:
        """Close all files."""
        for file in self.files:
            file.close()
        if self.base is not None:
            self.base.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(eq=False)
class Model:
    """An architecture that can run: the result of the second room."""

    identification: Identification
    module: Any
    """An ``nn.Module`` in eval mode; parameters on the meta device unless the caller gave it live."""
    renamed: dict[str, str] = field(default_factory=dict)
    """From the module's tensor names to the file's, where they differ."""
    joined: dict[str, str] = field(default_factory=dict)
    """From file names to the module's tensor that the library puts them into together with others."""
    precision: str = ""
    """``float16`` or ``bfloat16`` where most of the file's weights are that and a library built the module in float32:
    its pass is run in it where the module can."""
    stored: tuple[LazyTensor, ...] = ()
    """The file's tensors, for a real run of a small model whose code asks for values."""
    absent: Skipped | None = None
    """Why there is no module, where the architecture is known and its library is not installed."""
    ran: Any = None
    """Left behind by the third room for its own further questions: the module and the dummy input of its pass."""


ONNX_DTYPES = {
    1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 8: "string", 9: "bool",
    10: "float16", 11: "float64", 12: "uint32", 13: "uint64", 14: "complex64", 15: "complex128", 16: "bfloat16",
    17: "float8_e4m3fn", 18: "float8_e4m3fnuz", 19: "float8_e5m2", 20: "float8_e5m2fnuz", 21: "uint4", 22: "int4",
    23: "float4_e2m1fn", 24: "float8_e8m0fnu", 25: "uint2", 26: "int2", 27: "float6_e2m3", 28: "float6_e3m2",
}  # fmt: skip
"""TensorProto.DataType (onnx.proto) and our dtype names."""
EXPORT_DTYPES = {
    1: "uint8", 2: "int8", 3: "int16", 4: "int32", 5: "int64", 6: "float16", 7: "float32", 8: "float64",
    9: "complex32", 10: "complex64", 11: "complex128", 12: "bool", 13: "bfloat16", 28: "uint16",
    29: "float8_e4m3fn", 30: "float8_e5m2", 31: "float8_e4m3fnuz", 32: "float8_e5m2fnuz", 33: "float8_e8m0fnu",
    34: "uint32", 35: "uint64",
}  # fmt: skip
"""``ScalarType`` of ``torch/_export/serde/schema.py``: how exported programs write dtypes."""
ONNX_NAME_KEY = "modelreport.name"
"""``metadata_props`` key under which a tensor of ``Checkpoint.graph`` carries its name, where its graph's differs."""


def onnx_name(proto: Any, default: str) -> str:
    """Name in the report of a ``TensorProto`` of ``Checkpoint.graph``; ``default`` where it carries none."""
    return next((entry.value for entry in proto.metadata_props if entry.key == ONNX_NAME_KEY), default)


def onnx_subgraphs(node: Any, index: int) -> Iterator[tuple[str, Any]]:
    """The graphs in the attributes of the node at ``index``, each with its scope such as ``If_2.then_branch.``."""
    for attribute in node.attribute:
        graphs = [attribute.g] if attribute.HasField("g") else []
        for number, graph in enumerate([*graphs, *attribute.graphs]):
            suffix = "" if number == 0 else f"_{number}"
            yield f"{node.op_type}_{index}.{attribute.name}{suffix}.", graph
