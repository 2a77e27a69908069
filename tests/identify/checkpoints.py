"""Checkpoints made by hand: from a state dict, and from a module as a pickle of it reads."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any

import torch

from modelreport.checkpoint import Checkpoint, LazyTensor, ModuleNode, Opaque, Storage
from modelreport.facts import Skipped, Source


def make_checkpoint(
    tensors: Mapping[str, torch.Tensor] | list[LazyTensor] = (), name: str = "model.pth", **fields: Any
) -> Checkpoint:
    """A checkpoint whose tensors are those of a state dict, tied ones sharing their storage."""
    content = fields.pop("content", "state_dict")
    source = Source(
        name=name, kind="file", format="torch-zip", format_title="PyTorch checkpoint", content=content, files=(),
        size_bytes=0,
        **{k: fields.pop(k) for k in ("metadata", "training") if k in fields},
    )  # fmt: skip
    if isinstance(tensors, Mapping):
        lazy = Tensors()
        tensors = [lazy.make(value, key) for key, value in tensors.items()]
    return Checkpoint(source, Skipped(stage="security", reason="made by hand"), tuple(tensors), **fields)


class Tensors:
    """Lazy tensors over the storages of real or meta tensors."""

    def __init__(self) -> None:
        self.storages: dict[int, Storage] = {}

    def make(self, value: torch.Tensor, name: str, **fields: Any) -> LazyTensor:
        storage = value.untyped_storage()
        found = self.storages.get(storage._cdata)
        if found is None and not value.is_meta:
            data = torch.empty(0, dtype=torch.uint8).set_(storage).numpy().tobytes()
            found = self.storages[storage._cdata] = Storage(memoryview(data), 0, storage.nbytes())
        strides = None if value.is_contiguous() else tuple(value.stride())
        return LazyTensor(
            name, str(value.dtype)[6:], tuple(value.shape), found, strides, value.storage_offset(), **fields
        )


def path_of(kind: Any) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def pickled(value: Any) -> Any:
    """A value as it reads in a pickle taken as data."""
    if value is None or (isinstance(value, (bool, int, float, str)) and not isinstance(value, enum.Enum)):
        return value
    if isinstance(value, enum.Enum):
        return Opaque(path_of(type(value)), (value.value,))
    if isinstance(value, (torch.Size, torch.dtype)):
        return Opaque(str(value)) if isinstance(value, torch.dtype) else Opaque("torch.Size", (tuple(value),))
    if isinstance(value, (list, tuple)):
        return type(value)(pickled(v) for v in value)
    if isinstance(value, dict):
        return {k: pickled(v) for k, v in value.items()}
    if callable(value) and hasattr(value, "__name__") and not isinstance(value, torch.nn.Module):
        return Opaque(f"{value.__module__}.{value.__name__}")
    return Opaque(path_of(type(value)), (), {k: pickled(v) for k, v in getattr(value, "__dict__", {}).items()})


def make_tree(module: torch.nn.Module) -> tuple[ModuleNode, list[LazyTensor]]:
    """The tree that a pickle of the module shows, and its state dict."""
    lazy = Tensors()
    hidden = set(torch.nn.Module().__dict__) - {"training"}
    nodes: dict[int, ModuleNode] = {}

    def node_of(item: torch.nn.Module, prefix: str) -> ModuleNode:
        if id(item) in nodes:
            return nodes[id(item)]
        node = nodes[id(item)] = ModuleNode(path_of(type(item)))
        node.attributes = {
            k: pickled(v) for k, v in vars(item).items() if k not in hidden and not k.startswith("_flat_weight")
        }
        node.parameters = {
            k: None if p is None else lazy.make(p, prefix + k, role="parameter", trainable=p.requires_grad)
            for k, p in item._parameters.items()
        }
        node.buffers = {
            k: None if b is None else lazy.make(b, prefix + k, role="buffer") for k, b in item._buffers.items()
        }
        node.children = {k: None if c is None else node_of(c, f"{prefix}{k}.") for k, c in item._modules.items()}
        return node

    root = node_of(module, "")
    parameters = dict(module.named_parameters(remove_duplicate=False))
    tensors = [
        lazy.make(
            v,
            k,
            role="parameter" if k in parameters else "buffer",
            trainable=parameters[k].requires_grad if k in parameters else None,
        )
        for k, v in module.state_dict().items()
    ]
    return root, tensors


def make_pickled(module: torch.nn.Module, name: str = "model.pth") -> Checkpoint:
    """A checkpoint with the module pickled whole."""
    root, tensors = make_tree(module)
    return make_checkpoint(tensors, name, content="module", tree=root)
