"""Pickled ``nn.Module`` objects as a tree of names, attributes and lazy tensors; their classes stay names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from modelreport.checkpoint import WRAPPERS, LazyTensor, ModuleNode, Opaque
from modelreport.facts import Role
from modelreport.load.budget import TENSOR_COST, Budget, ExhaustedError
from modelreport.load.describe import short
from modelreport.load.pickle_values import Made, Name, mapping, state_of, state_size
from modelreport.load.plain import Plain
from modelreport.load.tensors import Tensors

MODULE_LIMIT = 200_000
DEPTH_LIMIT = 500
PATH_CHARACTERS = 3000
NAME_CHARACTERS = 1000
PACKED_LIMIT = 100
"""Most values that are looked at in each tuple of a compiled object."""
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


def grow(
    root: Made,
    node_of: Callable[[Made], ModuleNode],
    fill: Callable[[Made, ModuleNode], list[tuple[str, Made]]],
    note: Callable[[str], None],
) -> None:
    """Connect the nodes from ``root`` on, in the order in which ``ModuleNode.walk`` goes, so that paths stay short."""
    done: set[int] = set()
    todo = [(root, 0, 0)]
    while todo:
        value, depth, length = todo.pop()
        if id(value) in done:
            continue
        done.add(id(value))
        node = node_of(value)
        further = []
        for name, child in fill(value, node):
            longer = length + 1 + len(name)
            if depth >= DEPTH_LIMIT or longer > PATH_CHARACTERS or len(done) + len(todo) >= MODULE_LIMIT:
                note(f"The module tree is cut: it is over {DEPTH_LIMIT} deep or has over {MODULE_LIMIT:,} modules.")
                continue
            node.children[name] = node_of(child)
            further.append((child, depth + 1, longer))
        todo.extend(reversed(further))


def cut(name: str) -> str:
    """A name of at most a thousand characters: a long one may be shared by very many modules."""
    return short(name, NAME_CHARACTERS)


def is_module(value: Any) -> bool:
    """Whether a value of a pickle is an ``nn.Module``: it has what every module has, whatever its class is called."""
    if not isinstance(value, Made) or value.state is None:
        return False
    return state_of(value).keys() >= {"_modules", "_parameters"}


def class_path(value: Made) -> str:
    """Dotted path of the class of an object."""
    if value.path in ("copyreg._reconstructor", "copy_reg._reconstructor", "copyreg.__newobj__"):
        kind = value.positional[0] if value.positional else None
        if isinstance(kind, Name):
            return kind.path
    return value.path


class Modules:
    """Builds the trees of one pickle; the same object gives the same node, so that sharing and cycles stay visible."""

    def __init__(self, tensors: Tensors, plain: Plain) -> None:
        self._tensors = tensors
        self._plain = plain
        self._known: dict[int, tuple[Made, ModuleNode]] = {}
        self._budget = Budget()
        self.notes: list[str] = []

    def tree(self, root: Made) -> ModuleNode:
        """The module ``root`` and everything below it; iterative, so that depth is no danger."""
        try:
            grow(root, self._node, self._fill, self._note)
        except ExhaustedError:
            self._note("The module tree is cut: it is larger than is looked at.")
        return self._node(root)

    def _node(self, value: Made) -> ModuleNode:
        """The node of an object, the same for the same object."""
        known = self._known.get(id(value))
        if known is None:
            known = self._known[id(value)] = (value, ModuleNode(class_path(value)))
        return known[1]

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def _fill(self, value: Made, node: ModuleNode) -> list[tuple[str, Made]]:
        """Set the node's own tensors and attributes; returns its children."""
        self._budget.spend(1 + state_size(value))
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
            elif isinstance(item, Made) and class_path(item) == "torch.ScriptObject":
                self._packed(item, name, node)
            else:
                node.attributes[cut(name)] = self._attribute(item, name)
        node.hooks = tuple(hooks)
        self._slot(state.get("_parameters"), node.parameters, "parameter", ())
        self._slot(state.get("_buffers"), node.buffers, "buffer", transient)
        for name, child in (mapping(state.get("_modules")) or {}).items():
            self._budget.spend(1)
            node.children[cut(name)] = None
            if isinstance(child, Made):
                children.append((cut(name), child))
        return children

    def _slot(self, value: Any, into: dict[str, LazyTensor | None], role: Role, transient: tuple[str, ...]) -> None:
        for full, item in (mapping(value) or {}).items():
            self._budget.spend(TENSOR_COST)
            name = cut(full)
            parts = self._tensors.read(item, name)
            if parts is None:
                into[name] = None
                continue
            for tensor in parts.named(name):
                tensor.role = tensor.role if tensor.role == "constant" else role
                if name in transient:
                    tensor.note = "; ".join(part for part in (tensor.note, "not saved in a state_dict") if part)
                into[tensor.name] = tensor

    def _packed(self, item: Made, name: str, node: ModuleNode) -> None:
        """The tensors inside the compiled object in which a quantised layer keeps its weight and bias."""
        todo: list[Any] = [item.state]
        found = 0
        while todo:
            self._budget.spend(TENSOR_COST)
            value = todo.pop()
            parts = self._tensors.read(value, name)
            if parts is not None:
                for tensor in parts.named(cut(f"{name}.{found}")):
                    tensor.role = "parameter"
                    node.parameters[tensor.name] = tensor
                found += 1
            elif isinstance(value, (tuple, list)):
                todo.extend(reversed(value[:PACKED_LIMIT]))

    def _attribute(self, item: Any, name: str) -> Any:
        parts = self._tensors.read(item, name) if isinstance(item, Made) else None
        if parts is not None:
            return Opaque("torch.Tensor", (parts.main.dtype, parts.main.shape))
        return self._plain.convert(item)


def _texts(value: Any) -> tuple[str, ...]:
    """The texts in a set, whichever protocol wrote it."""
    items = getattr(value, "items", None) or ()
    arguments = value.positional if isinstance(value, Made) else ()
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
