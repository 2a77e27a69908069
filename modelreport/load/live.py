"""Live objects: an ``nn.Module``, or a mapping that holds tensors. Values are shared with the caller, not copied."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any

from modelreport.checkpoint import Checkpoint, LazyTensor, ModuleNode, Opaque, Storage
from modelreport.errors import LoadError
from modelreport.facts import DTYPE_BITS, Role, Skipped
from modelreport.load.assemble import Opened, assemble
from modelreport.load.contents import Candidate, Contents, Finder
from modelreport.load.modules import INTERNAL, tree_tensors
from modelreport.load.pickle_values import Made, Name, Pairs
from modelreport.load.storages import no_storages
from modelreport.load.tensors import Tensors

if TYPE_CHECKING:
    import torch

    from modelreport.options import Options

DEPTH_LIMIT = 8
ITEM_LIMIT = 10_000
LIVE = Skipped(stage="security", reason="The model was given as a live object; no file was opened.")


class LiveTensors:
    """Turns torch tensors and NumPy arrays into lazy tensors over the same memory; shared storages stay shared."""

    def __init__(self) -> None:
        self._storages: dict[tuple[str, int], tuple[Any, Storage]] = {}

    def read(self, tensor: Any, name: str, role: Role | None = None) -> LazyTensor:
        """The lazy tensor of a ``torch.Tensor`` or array; without values where they cannot be reached."""
        import numpy as np

        if isinstance(tensor, np.ndarray):
            return self._array(tensor, name, role)
        dtype = str(tensor.dtype).removeprefix("torch.")
        if dtype not in DTYPE_BITS or dtype in {"int1", "int2", "int4", "uint1", "uint2", "uint4"}:
            dtype = "int8" if dtype.startswith("int") else "uint8" if dtype.startswith("uint") else "unknown"
        trainable = bool(tensor.requires_grad) if role == "parameter" else None
        lazy = LazyTensor(name, dtype, (), None, role=role, trainable=trainable)
        try:
            lazy.shape = tuple(int(size) for size in tensor.shape)
            self._fill(lazy, tensor)
        except Exception as error:
            lazy.missing = f"its values cannot be reached ({type(error).__name__}: {str(error)[:100]})"
        return lazy

    def _fill(self, lazy: LazyTensor, tensor: torch.Tensor) -> None:
        import torch

        if tensor.is_meta:
            lazy.layout, lazy.missing = "meta", "on the meta device: there are no values"
            return
        if tensor.layout is not torch.strided:
            dense = tensor.detach()
            values = dense.coalesce().values() if tensor.layout is torch.sparse_coo else dense.values()
            lazy.note = f"{str(tensor.layout).removeprefix('torch.')} {'×'.join(map(str, tensor.shape))}, stored values"
            lazy.layout, tensor = "sparse", values
            lazy.shape = tuple(values.shape)
        if tensor.is_quantized:
            lazy.layout, lazy.note = "quantized", str(tensor.qscheme()).removeprefix("torch.")
        if tensor.device.type != "cpu":
            lazy.note = "; ".join(part for part in (lazy.note, f"copied from {tensor.device}") if part)
            tensor = tensor.detach().cpu()
        if tensor.is_conj() or tensor.is_neg():
            tensor = tensor.detach().resolve_conj().resolve_neg()
        lazy.storage = self._storage(tensor)
        lazy.offset = int(tensor.storage_offset())
        lazy.strides = tuple(int(step) for step in tensor.stride())
        if lazy.is_contiguous:
            lazy.strides = None

    def _storage(self, tensor: torch.Tensor) -> Storage:
        import torch

        untyped = tensor.untyped_storage()
        key = (str(untyped.device), untyped.data_ptr() or -id(untyped))
        if key not in self._storages:
            flat = torch.empty(0, dtype=torch.uint8).set_(untyped).numpy()  # keeps the storage alive
            flat.flags.writeable = False
            self._storages[key] = (untyped, Storage(flat.data, 0, flat.nbytes))
        return self._storages[key][1]

    def _array(self, array: Any, name: str, role: Role | None) -> LazyTensor:
        import numpy as np

        dtype = str(array.dtype.newbyteorder("="))
        if dtype not in DTYPE_BITS:
            return LazyTensor(
                name, "unknown", (0,), None, role=role, missing=f"its dtype {dtype[:50]} holds no numbers"
            )
        flat = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
        storage = Storage(flat.data.toreadonly(), 0, flat.nbytes)
        return LazyTensor(name, dtype, array.shape, storage, role=role, big_endian=array.dtype.str.startswith(">"))


def read_module(module: Any, options: Options) -> Checkpoint:
    """A checkpoint over a live module; ``LoadError`` when it is none."""
    import torch

    if not isinstance(module, torch.nn.Module):
        raise LoadError(
            f"An object of type {type(module).__name__} is neither a path, nor an nn.Module, nor a mapping of names to "
            "tensors.",
            "Give a model, its state_dict(), or the path of a file.",
        )
    tree = _tree(module)
    tensors = tree_tensors(tree)
    contents = Contents(candidates=[Candidate("", "module", tensors, tree)] if tensors or tree.children else [])
    opened = Opened(name=type(module).__name__, format_id="object", format_title="live module", kind="object")
    opened.security = LIVE
    opened.size_bytes = sum(tensor.size_bytes for tensor in tensors)
    checkpoint = assemble(opened, contents, options, "object")
    checkpoint.live = module
    return checkpoint


def read_mapping(values: Mapping[Any, Any], options: Options) -> Checkpoint:
    """A checkpoint over a mapping: a state_dict, or a training checkpoint as torch.load gives it."""
    finder = Finder(Tensors(no_storages("a live tensor has its own storage")))
    contents = finder.find(_Mirror().convert(values, 0))
    opened = Opened(name="state_dict", format_id="object", format_title="live mapping", kind="object")
    opened.security = LIVE
    opened.size_bytes = sum(t.size_bytes for candidate in contents.candidates for t in candidate.tensors)
    return assemble(opened, contents, options)


def _tree(root: torch.nn.Module) -> ModuleNode:
    """The module tree; the same module gives the same node."""
    reader = LiveTensors()
    known = {id(root): ModuleNode(_class_path(root))}
    todo = [root]
    while todo:
        module = todo.pop()
        node = known[id(module)]
        _fill(node, module, reader)
        for name, child in module._modules.items():  # noqa: SLF001 - children() drops repeats and empty slots
            if child is None:
                node.children[name] = None
                continue
            if id(child) not in known:
                known[id(child)] = ModuleNode(_class_path(child))
                todo.append(child)
            node.children[name] = known[id(child)]
    return known[id(root)]


def _class_path(value: Any) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}"


def _fill(node: ModuleNode, module: torch.nn.Module, reader: LiveTensors) -> None:
    for name, parameter in module._parameters.items():  # noqa: SLF001 - as above
        node.parameters[name] = None if parameter is None else reader.read(parameter, name, "parameter")
    transient = module._non_persistent_buffers_set  # noqa: SLF001 - there is no public way
    for name, buffer in module._buffers.items():  # noqa: SLF001 - as above
        node.buffers[name] = lazy = None if buffer is None else reader.read(buffer, name, "buffer")
        if lazy is not None and name in transient:
            lazy.note = "; ".join(part for part in (lazy.note, "not saved in a state_dict") if part)
    hooks = []
    for name, value in vars(module).items():
        if "_hooks" in name:
            if value:
                hooks.append(name)
        elif name not in INTERNAL:
            node.attributes[name] = plain(value)
    node.hooks = tuple(hooks)


def plain(value: Any, depth: int = 0) -> Any:
    """A live attribute as plain data, as ``ModuleNode.attributes`` holds it."""
    if value is None or type(value) in (bool, int, float, str):
        return value
    if depth >= DEPTH_LIMIT:
        return Opaque("…")
    if type(value) is tuple:
        return tuple(plain(item, depth + 1) for item in value[:ITEM_LIMIT])
    if type(value) is list:
        return [plain(item, depth + 1) for item in value[:ITEM_LIMIT]]
    if isinstance(value, dict):
        items = list(value.items())[:ITEM_LIMIT]
        return {key if type(key) in (int, str) else str(key)[:200]: plain(item, depth + 1) for key, item in items}
    if isinstance(value, Enum):
        return Opaque(_class_path(value), (plain(value.value, depth + 1),))
    if isinstance(value, tuple):  # torch.Size and named tuples
        return tuple(plain(item, depth + 1) for item in value)
    if type(value).__name__ in ("dtype", "device", "layout"):
        return Opaque(str(value))
    if callable(value) and hasattr(value, "__qualname__"):
        return Opaque(f"{getattr(value, '__module__', '')}.{value.__qualname__}")
    return Opaque(_class_path(value))


class _Mirror:
    """A live mapping as the values a pickle of it would give, tensors as lazy tensors."""

    def __init__(self) -> None:
        self._tensors = LiveTensors()
        self._known: dict[int, tuple[Any, Any]] = {}

    def convert(self, value: Any, depth: int) -> Any:
        """``value`` mirrored; an object that is met again gives the same mirror."""
        import numpy as np
        import torch

        if value is None or isinstance(value, (bool, int, float, str, bytes)) or depth > 50:
            return value if depth <= 50 else None
        if isinstance(value, (torch.Tensor, np.ndarray)):
            role: Role | None = "parameter" if isinstance(value, torch.nn.Parameter) else None
            return self._tensors.read(value, "", role)
        if isinstance(value, np.generic):
            return value.item()
        known = self._known.get(id(value))
        if known is None:
            known = (value, self._container(value, depth))
            self._known[id(value)] = known
        return known[1]

    def _container(self, value: Any, depth: int) -> Any:
        import torch

        if isinstance(value, Mapping):
            mirror = Pairs()
            self._known[id(value)] = (value, mirror)  # a mapping may hold itself
            mirror.pairs += [(key, self.convert(item, depth + 1)) for key, item in value.items()]
            return mirror
        if isinstance(value, (list, tuple)):
            return [self.convert(item, depth + 1) for item in value]
        if isinstance(value, torch.nn.Module):
            return self.convert(dict(value.state_dict()), depth + 1)
        name = Name(type(value).__module__, type(value).__qualname__)
        attributes = vars(value) if hasattr(value, "__dict__") and not callable(value) else {}
        state = Pairs([(key, self.convert(item, depth + 1)) for key, item in attributes.items()]) if depth < 5 else None
        return Made(name, (), "new", None, state if attributes else None)
