"""Pickled ``nn.Module`` objects as a tree of names, attributes and lazy tensors; their classes stay names."""

from __future__ import annotations

from typing import Any

from modelreport.checkpoint import LazyTensor, ModuleNode, Opaque
from modelreport.facts import Role
from modelreport.load.pickle_values import Made, Name, mapping, state_of
from modelreport.load.plain import Plain
from modelreport.load.tensors import Tensors

MODULE_LIMIT = 200_000
DEPTH_LIMIT = 500
TENSOR_SLOTS = ("_parameters", "_buffers")
INTERNAL = frozenset(
    {
        "_parameters",
        "_buffers",
        "_modules",
        "_non_persistent_buffers_set",
        "_is_full_backward_hook",
        "_backend",
        "_compiled_call_impl",
        "_is_hf_initialized",
        "_version",
    }
)
"""Attributes that every module has for its own bookkeeping; hooks are told apart by their ending."""
WRAPPERS = {
    "torch.nn.parallel.data_parallel.DataParallel": "module",
    "torch.nn.parallel.distributed.DistributedDataParallel": "module",
    "torch._dynamo.eval_frame.OptimizedModule": "_orig_mod",
    "torch.optim.swa_utils.AveragedModel": "module",
}
"""Modules that only wrap another, and the name it has inside."""


def is_module(value: Any) -> bool:
    """Whether a value of a pickle is an ``nn.Module``: it has what every module has, whatever its class is called."""
    if not isinstance(value, Made) or value.state is None:
        return False
    return state_of(value).keys() >= {"_modules", "_parameters"}


def class_path(value: Made) -> str:
    """Dotted path of the class of an object."""
    if value.path in ("copyreg._reconstructor", "copy_reg._reconstructor", "copyreg.__newobj__"):
        arguments = value.arguments if isinstance(value.arguments, tuple) else ()
        if arguments and isinstance(arguments[0], Name):
            return arguments[0].path
    return value.path


class Modules:
    """Builds the trees of one pickle; the same object gives the same node, so that sharing and cycles stay visible."""

    def __init__(self, tensors: Tensors, plain: Plain) -> None:
        self._tensors = tensors
        self._plain = plain
        self._known: dict[int, ModuleNode] = {}
        self.notes: list[str] = []

    def tree(self, root: Made) -> ModuleNode:
        """The module ``root`` and everything below it; iterative, so that depth is no danger."""
        if id(root) in self._known:
            return self._known[id(root)]
        node = self._known[id(root)] = ModuleNode(class_path(root))
        todo = [(root, node, 0)]
        while todo:
            value, node, depth = todo.pop()
            for name, child in self._fill(value, node):
                known = self._known.get(id(child))
                if known is None and len(self._known) < MODULE_LIMIT and depth < DEPTH_LIMIT:
                    known = self._known[id(child)] = ModuleNode(class_path(child))
                    todo.append((child, known, depth + 1))
                node.children[name] = known
                if known is None and not self.notes:
                    self.notes.append(
                        f"The module tree is cut: it is over {DEPTH_LIMIT} deep or has over {MODULE_LIMIT:,} modules."
                    )
        return self._known[id(root)]

    def _fill(self, value: Made, node: ModuleNode) -> list[tuple[str, Made]]:
        """Set the node's own tensors and attributes; returns its children."""
        state = state_of(value)
        children: list[tuple[str, Made]] = []
        transient = _texts(state.get("_non_persistent_buffers_set"))
        hooks: list[str] = []
        for name, item in state.items():
            if name in INTERNAL:
                continue
            if name.endswith("_hooks") or "_hooks_" in name:
                if mapping(item):
                    hooks.append(name)
            else:
                node.attributes[name] = self._attribute(item, name)
        node.hooks = tuple(hooks)
        self._slot(state.get("_parameters"), node.parameters, "parameter", ())
        self._slot(state.get("_buffers"), node.buffers, "buffer", transient)
        for name, child in (mapping(state.get("_modules")) or {}).items():
            if isinstance(child, Made):
                children.append((name, child))
            node.children[name] = None
        return children

    def _slot(self, value: Any, into: dict[str, LazyTensor | None], role: Role, transient: tuple[str, ...]) -> None:
        for name, item in (mapping(value) or {}).items():
            parts = self._tensors.read(item, name)
            if parts is None:
                into[name] = None
                continue
            for tensor in parts.named(name):
                tensor.role = tensor.role if tensor.role == "constant" else role
                if name in transient:
                    tensor.note = "; ".join(part for part in (tensor.note, "not saved in a state_dict") if part)
                into[tensor.name] = tensor

    def _attribute(self, item: Any, name: str) -> Any:
        parts = self._tensors.read(item, name) if isinstance(item, Made) else None
        if parts is not None:
            return Opaque("torch.Tensor", (parts.main.dtype, parts.main.shape))
        return self._plain.convert(item)


def _texts(value: Any) -> tuple[str, ...]:
    """The texts in a set, whichever protocol wrote it."""
    items = getattr(value, "items", None) or ()
    arguments = value.arguments if isinstance(value, Made) and isinstance(value.arguments, tuple) else ()
    found = [*items, *(arguments[0] if arguments and isinstance(arguments[0], (list, tuple)) else ())]
    return tuple(item for item in found if isinstance(item, str))


def unwrap(root: ModuleNode) -> tuple[ModuleNode, str]:
    """The module inside ``DataParallel`` and the like, and the prefix that its names lose."""
    prefix = ""
    for _ in range(10):
        name = WRAPPERS.get(root.type_path, "")
        inner = root.children.get(name) if name else None
        if inner is None or inner is root:
            break
        prefix, root = f"{prefix}{name}.", inner
    return root, prefix


def tree_tensors(root: ModuleNode) -> list[LazyTensor]:
    """All parameters and buffers under their dotted names, each module once, in order of registration."""
    found: list[LazyTensor] = []
    for path, node, seen in root.walk():
        if seen:
            continue
        for slot in (node.parameters, node.buffers):
            for name, tensor in slot.items():
                if tensor is not None:
                    tensor.name = f"{path}.{name}" if path else name
                    found.append(tensor)
    return found
