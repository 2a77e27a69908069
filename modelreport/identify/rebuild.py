"""A pickled module tree as a module that can run: the code of installed libraries, the data of the file.

Nothing in the file is run. A class is looked up among those the libraries define; its instance is made without its
constructor and without ``__setstate__``; it receives plain values only, and none that would hide a method.
"""

from __future__ import annotations

import enum
import functools
import inspect
import math
import weakref
from collections.abc import Callable, Iterator
from typing import Any

from modelreport.checkpoint import LazyTensor, ModuleNode, Opaque
from modelreport.identify.libraries import find_config_class, find_enum_class, find_module_class

DEEPEST = 200
"""Nested modules: torch walks modules by recursion, real ones are under 30 deep."""
LARGEST = 200_000
"""Modules in one tree."""


class RebuildError(Exception):
    """The tree cannot become a module; ``class_path`` names the class that is missing, if that is the reason."""

    def __init__(self, reason: str, class_path: str = "") -> None:
        super().__init__(reason)
        self.class_path = class_path


class _Unusable(Exception):  # noqa: N818 - a signal inside this file
    """A value that is not plain data and that no library explains."""


def no_class(path: str) -> Any:
    """Knows no classes: what finds those of the user where there is no code of the user's."""
    del path


def rebuild(root: ModuleNode, own: Callable[[str], Any] = no_class) -> Any:
    """An ``nn.Module`` in eval mode with the tree's structure, attributes and shapes, its tensors on the meta device.

    Classes are those of installed libraries, and those that ``own`` finds in code which the user gave. Raises
    ``RebuildError`` when a class is neither, or the tree is no tree.
    """
    from torch import nn

    order = _ordered(root)
    kinds: dict[str, type[Any]] = {}
    for node in order:
        if node.type_path not in kinds:
            kind = find_module_class(node.type_path) or own(node.type_path)
            if not isinstance(kind, type) or not issubclass(kind, nn.Module):
                raise RebuildError(f"the class {node.type_path} is not part of an installed library", node.type_path)
            kinds[node.type_path] = kind
    values = _Values(own)
    made = {id(node): _make(node, kinds[node.type_path], values) for node in order}
    for node in order:
        made[id(node)].__dict__["_modules"].update(
            {name: None if child is None else made[id(child)] for name, child in node.children.items()}
        )
    for module in made.values():
        _finish(module)
    return made[id(root)].eval()


def _ordered(root: ModuleNode) -> list[ModuleNode]:
    """Every module once; refuses cycles, and trees too deep or too large for torch's own walks."""
    done: dict[int, ModuleNode] = {}
    path: set[int] = {id(root)}
    stack: list[tuple[ModuleNode, Iterator[ModuleNode | None]]] = [(root, iter(root.children.values()))]
    while stack:
        node, children = stack[-1]
        for child in children:
            if child is None or id(child) in done:
                continue
            if id(child) in path:
                raise RebuildError("a module contains itself")
            if len(stack) >= DEEPEST or len(done) >= LARGEST:
                raise RebuildError(f"the tree is nested deeper than {DEEPEST} or has more than {LARGEST} modules")
            path.add(id(child))
            stack.append((child, iter(child.children.values())))
            break
        else:
            stack.pop()
            path.discard(id(node))
            done[id(node)] = node
    return list(done.values())


def _make(node: ModuleNode, kind: type[Any], values: _Values) -> Any:
    """One module without its children."""
    from torch import nn

    module = object.__new__(kind)
    nn.Module.__init__(module)
    reserved = set(module.__dict__) - {"training"}
    for name, value in node.attributes.items():
        if name in reserved or name.startswith("__") or _hides_code(kind, name):
            continue
        try:
            module.__dict__[name] = values.convert(value)
        except _Unusable:
            continue
    for name, tensor in node.parameters.items():
        module.__dict__["_parameters"][name] = None if tensor is None else values.parameter(tensor)
    for name, tensor in node.buffers.items():
        module.__dict__["_buffers"][name] = None if tensor is None else values.tensor(tensor)
    return module


def _hides_code(kind: type[Any], name: str) -> bool:
    """Whether an attribute of this name would replace a method, a property or a class of the library."""
    found = inspect.getattr_static(kind, name, None)
    return callable(found) or hasattr(type(found), "__get__")


def _finish(module: Any) -> None:
    """What constructors derive from parameters and pickles leave out or hold as references."""
    from torch import nn

    own = vars(module)["_parameters"]
    if isinstance(module, nn.RNNBase):
        names = [n for n in own if n.startswith(("weight_", "bias_"))]
        module.__dict__["_flat_weights_names"] = names
        module.__dict__["_flat_weights"] = [own[n] for n in names]
        module.__dict__["_flat_weight_refs"] = [None if own[n] is None else weakref.ref(own[n]) for n in names]
    if "weight_g" in own and own.get("weight_v") is not None and "weight" not in own:
        module.__dict__["weight"] = own["weight_v"].detach()  # weight_norm's hook computes it before each call


class _Values:
    """Plain values of a file as the objects they stood for; shared ones stay shared."""

    def __init__(self, own: Callable[[str], Any] = no_class) -> None:
        self._own = own
        self._tensors: dict[Any, Any] = {}
        self._opaque: dict[int, Any] = {}
        self._parameters: dict[Any, Any] = {}

    def tensor(self, tensor: LazyTensor) -> Any:
        """A meta tensor of the same shape and dtype, the same one for tied tensors."""
        import torch

        key = tensor.view_key or tensor
        if key not in self._tensors:
            dtype = getattr(torch, tensor.dtype, None)
            if not isinstance(dtype, torch.dtype):
                raise RebuildError(f"torch has no dtype {tensor.dtype}")
            if math.prod(max(n, 1) for n in tensor.shape) >= 1 << 58:  # bytes would overflow 64 bits
                raise RebuildError(f"the shape of {tensor.name} is impossible")
            self._tensors[key] = torch.empty(tensor.shape, dtype=dtype, device="meta")
        return self._tensors[key]

    def parameter(self, tensor: LazyTensor) -> Any:
        """As ``tensor``, as a parameter."""
        from torch import nn

        key = tensor.view_key or tensor
        if key not in self._parameters:
            value = self.tensor(tensor)
            trains = bool(tensor.trainable) and (value.is_floating_point() or value.is_complex())
            self._parameters[key] = nn.Parameter(value, requires_grad=trains)
        return self._parameters[key]

    def convert(self, value: Any, depth: int = 0) -> Any:
        """The value itself when it is plain, the library's object when it stands for one; ``_Unusable`` otherwise."""
        if value is None or isinstance(value, (bool, int, float, str)):
            return value
        if isinstance(value, LazyTensor):
            return self.tensor(value)
        if isinstance(value, Opaque):
            return self._known(value, depth)
        if depth > 8:
            raise _Unusable
        if isinstance(value, (list, tuple)):
            return type(value)(self.convert(v, depth + 1) for v in value)
        if isinstance(value, dict):
            return {self.convert(k, depth + 1): self.convert(v, depth + 1) for k, v in value.items()}
        raise _Unusable

    def _known(self, value: Opaque, depth: int) -> Any:
        if id(value) not in self._opaque:
            self._opaque[id(value)] = self._resolve(value, depth)
        return self._opaque[id(value)]

    def _resolve(self, value: Opaque, depth: int) -> Any:
        import torch

        if value.path in functions():
            return functions()[value.path]
        first, _, name = value.path.rpartition(".")
        if first == "torch" and isinstance(getattr(torch, name, None), torch.dtype):
            return getattr(torch, name)
        if value.path == "builtins.getattr" and (member := _enum_member(value)) is not None:
            return member
        plain = [self.convert(a, depth + 1) for a in value.arguments]
        if value.path == "torch.Size" and len(plain) == 1:
            return torch.Size(plain[0])
        if value.path == "builtins.set":
            members = plain[0] if len(plain) == 1 and isinstance(plain[0], list) else plain
            if not all(isinstance(m, (str, int, float, bool)) for m in members):
                raise _Unusable
            return set(members)
        if value.path == "torch.Tensor" and len(plain) == 2:
            return self.tensor(LazyTensor("an attribute", str(plain[0]), tuple(plain[1]), None))
        if len(plain) == 1 and isinstance(plain[0], (str, int)) and (kind := find_enum_class(value.path)) is not None:
            return next((member for member in kind if member.value == plain[0]), None)
        if isinstance(value.state, dict) and (config := find_config_class(value.path)) is not None:
            return self._config(config, value.state, depth)
        if (found := self._own(value.path)) is not None:
            return self._of_user(found, value, plain, depth)
        raise _Unusable

    def _of_user(self, found: Any, value: Opaque, plain: list[Any], depth: int) -> Any:
        """A function, class, member of an enumeration or plain object of the user's; no method of it is called."""
        if isinstance(found, type) and issubclass(found, enum.Enum) and len(plain) == 1:
            return next((member for member in found if member.value == plain[0]), None)
        if value.state is None and not plain:
            return found
        if plain or not isinstance(found, type) or not isinstance(value.state, dict) or _constructs(found):
            raise _Unusable
        made: Any = object.__new__(found)
        made.__dict__.update({k: self.convert(v, depth + 1) for k, v in value.state.items() if k.isidentifier()})
        return made

    def _config(self, kind: type[Any], state: dict[str, Any], depth: int) -> Any:
        """A configuration of transformers: the library's defaults, then the plain values of the file."""
        config = kind()
        for name, value in state.items():
            if name.startswith("__") or _hides_code(kind, name):
                continue
            try:
                config.__dict__[name] = self.convert(value, depth + 1)
            except _Unusable:
                continue
        return config


@functools.cache
def functions() -> dict[str, Callable[..., Any]]:
    """The activation functions that modules keep as attributes, by the names they have in pickles."""
    import torch
    from torch.nn import functional

    names = (
        "relu", "gelu", "silu", "mish", "elu", "selu", "celu", "leaky_relu", "relu6", "hardswish", "hardsigmoid",
        "hardtanh", "softplus", "softsign", "logsigmoid", "glu", "tanh", "sigmoid", "softmax", "log_softmax",
    )  # fmt: skip
    found: dict[str, Callable[..., Any]] = {}
    for name in names:
        for space, owner in (
            ("torch.nn.functional", functional),
            ("torch._C._nn", torch._C._nn),  # noqa: SLF001 - pickles name it
            ("torch", torch),
            ("torch._C._VariableFunctions", torch),
            ("torch._VariableFunctionsClass", torch),
        ):
            if callable(function := getattr(owner, name, None)):
                found[f"{space}.{name}"] = function
    return found


def _constructs(kind: type[Any]) -> bool:
    """Whether instances are made by code of the class: of a tuple, a number, or with a ``__new__`` of its own."""
    return getattr(kind, "__new__", None) is not getattr(object, "__new__", None)


def _enum_member(value: Opaque) -> Any:
    """A member of a library's enumeration, pickled as ``getattr(class, name)`` by Python 3.11.0 to 3.11.3."""
    match value.arguments:
        case (Opaque(path=path, arguments=()), str(name)) if (kind := find_enum_class(path)) is not None:
            return kind.__members__.get(name)
    return None
