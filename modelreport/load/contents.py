"""Finding the model in what a file holds: by what things are, whatever their keys are called."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal

from modelreport.checkpoint import LazyTensor, ModuleNode, OptimizerState
from modelreport.load.budget import Budget, ExhaustedError
from modelreport.load.describe import short
from modelreport.load.modules import Modules, is_module, tree_tensors, unwrap
from modelreport.load.optimizers import optimizer_state
from modelreport.load.pickle_values import (
    Blob,
    Group,
    Made,
    Name,
    Pairs,
    Persistent,
    key_text,
    mapping,
    state_of,
    state_size,
)
from modelreport.load.plain import Plain
from modelreport.load.tensors import Parts as TensorParts
from modelreport.load.tensors import Tensors
from modelreport.load.training import TrainingItems, is_optimizer, optimizer_class, optimizer_kind

DEPTH_LIMIT = 60
PATH_LIMIT = 1_000
PACKED_LIMIT = 8
"""Most tensors in one entry of a state_dict: quantised layers write weight and bias as a pair."""
_BESIDE = re.compile(r"(^|[._])(optim\w*|lr_sched\w*|scheduler\w*|scaler|grad_scaler|rng\w*|random_states?)([._]|$)")
_BUFFERS = ("running_mean", "running_var", "num_batches_tracked")


@dataclass
class Candidate:
    """A model found in the file."""

    path: str
    """Dotted keys that lead to it, empty for the root."""
    kind: Literal["module", "state_dict", "list"]
    tensors: list[LazyTensor]
    tree: ModuleNode | None = None
    prefix: str = ""
    """Prefix that was taken off all names."""

    @property
    def parameters(self) -> int:
        """Elements, views of the same storage once, running statistics left out."""
        seen: set[tuple[object, ...]] = set()
        total = 0
        for tensor in self.tensors:
            key = tensor.view_key
            if tensor.role in ("buffer", "constant") or tensor.name.endswith(_BUFFERS) or (key and key in seen):
                continue
            if key:
                seen.add(key)
            total += tensor.count
        return total


@dataclass
class Contents:
    """Everything found in one file."""

    candidates: list[Candidate] = field(default_factory=list)
    loose: list[LazyTensor] = field(default_factory=list)
    """Tensors that belong to no model and no optimizer, such as random states."""
    optimizer: list[LazyTensor] = field(default_factory=list)
    optimizers: list[OptimizerState] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    """Kinds of the optimizers found."""
    items: TrainingItems = field(default_factory=lambda: TrainingItems(Plain()))
    notes: list[str] = field(default_factory=list)


class Finder:
    """Walks the values of one file; iterative, every object once."""

    def __init__(self, tensors: Tensors) -> None:
        self.tensors = tensors
        self.plain = Plain()
        self.modules = Modules(tensors, self.plain)
        self.contents = Contents(items=TrainingItems(self.plain))
        self._seen: set[int] = set()
        self._todo: list[tuple[str, Any, int]] = []
        self._mixed: set[int] = set()
        """Mappings known to hold more than tensors and mappings of them."""
        self._budget = Budget()

    def find(self, root: Any) -> Contents:
        """Walk from ``root``."""
        self._todo.append(("", root, 0))
        try:
            self._walk()
        except ExhaustedError:
            self.contents.notes.append("The file holds more objects than are looked at; some are left out.")
        self._fall_back()
        self.contents.notes += [*self.modules.notes, *self.tensors.notes]
        return self.contents

    def _walk(self) -> None:
        while self._todo:
            path, value, depth = self._todo.pop()
            self._budget.spend(1)
            if isinstance(value, (Made, Pairs, list, tuple, Group)):
                if id(value) in self._seen or depth > DEPTH_LIMIT:
                    continue
                self._seen.add(id(value))
            if isinstance(value, Made):
                self._budget.spend(state_size(value))
            self._visit(path, value, depth)

    def _visit(self, path: str, value: Any, depth: int) -> None:
        parts = self.tensors.read(value, path)
        if parts is not None:
            self._loose(parts.named(path or "tensor"), path)
        elif isinstance(value, Made) and is_module(value):
            self._module(path, value)
        elif isinstance(value, (list, tuple)):
            self._sequence(path, value, depth)
        elif isinstance(value, (Made, Pairs)):
            self._entries(path, value, depth)
        elif path and not isinstance(value, (Blob, bytes, Name, Persistent)):
            self.contents.items.add(path, value)

    def _loose(self, tensors: list[LazyTensor], path: str) -> None:
        beside = "optim" in path.lower()
        for tensor in tensors:
            tensor.role = "optimizer" if beside else "other"
        (self.contents.optimizer if beside else self.contents.loose).extend(tensors)

    def _module(self, path: str, value: Made) -> None:
        tree, prefix = unwrap(self.modules.tree(value))
        self.contents.candidates.append(Candidate(path, "module", tree_tensors(tree), tree, prefix))

    def _sequence(self, path: str, values: list[Any] | tuple[Any, ...], depth: int) -> None:
        self._budget.spend(len(values))
        found = [self.tensors.read(value, _join(path, str(i))) for i, value in enumerate(values)]
        tensors = [t for i, parts in enumerate(found) if parts is not None for t in parts.named(str(i))]
        if len(tensors) > 1 and all(parts is not None for parts in found) and not _BESIDE.search(path):
            self.contents.candidates.append(Candidate(path, "list", tensors))
        elif any(isinstance(value, (Made, Pairs, list, tuple, LazyTensor)) for value in values):
            self._later([(_join(path, str(i)), value) for i, value in enumerate(values)], depth)
        elif path and values:
            self.contents.items.add(path, values)

    def _entries(self, path: str, value: Made | Pairs, depth: int) -> None:
        entries = mapping(value)
        if entries is None and isinstance(value, Made):
            entries = state_of(value)
            if not entries:
                self._opaque(path, value, depth)
                return
        entries = entries or {}
        if is_optimizer(entries):
            self._optimizer(path, value, entries)
            return
        if not _BESIDE.search(path):
            nested = self._nested_tree(value)
            if nested:
                self.contents.candidates.append(self._state_dict(path, nested))
                return
        own = {key: parts for key, item in entries.items() if (parts := self._own(key, item))}
        rest = [(_join(path, key), item) for key, item in entries.items() if key not in own]
        if own and 2 * len(own) >= len(entries) and not _BESIDE.search(path):
            tensors = [tensor for parts in own.values() for name, part in parts for tensor in part.named(name)]
            self.contents.candidates.append(self._state_dict(path, tensors))
        else:
            for key, parts in own.items():
                for name, part in parts:
                    self._loose(part.named(_join(path, name)), _join(path, key))
        self._later(rest, depth)

    def _own(self, key: str, item: Any) -> list[tuple[str, TensorParts]]:
        """The tensors of one entry of a state_dict with their names: one, or those that a quantised layer packs."""
        parts = self.tensors.read(item, key)
        if parts is not None:
            return [(key, parts)]
        if not isinstance(item, tuple) or "." not in key or not 0 < len(item) <= PACKED_LIMIT:
            return []
        found = [(f"{key}.{i}", self.tensors.read(value, key)) for i, value in enumerate(item) if value is not None]
        packed = [(name, parts) for name, parts in found if parts is not None]
        return packed if len(packed) == len(found) else []

    def _opaque(self, path: str, value: Made, depth: int) -> None:
        """An object without attributes: its items or arguments may still hold tensors."""
        inner = [*(value.items or ()), *value.positional]
        if any(isinstance(item, (Made, Pairs, list)) for item in inner):
            self._later([(path, item) for item in inner if isinstance(item, (Made, Pairs, list, tuple))], depth)
        elif path:
            self.contents.items.add(path, value)

    def _later(self, entries: list[tuple[str, Any]], depth: int) -> None:
        self._todo.extend((path, value, depth + 1) for path, value in reversed(entries))

    def _optimizer(self, path: str, value: Made | Pairs, entries: dict[str, Any]) -> None:
        kind = optimizer_kind(entries, optimizer_class(value))
        self.contents.kinds.append(kind)
        for tensor_path, tensor in self._tensors_below(path, entries["state"]):
            tensor.name, tensor.role = tensor_path, "optimizer"
            self.contents.optimizer.append(tensor)
        state = optimizer_state(_join(path, "state"), kind, entries, self.tensors, self.plain, self._budget)
        self.contents.optimizers.append(state)
        for index, group in enumerate(entries["param_groups"][:20]):
            for key, option in (mapping(group) or {}).items():
                if key not in ("params", "param_names"):
                    self.contents.items.add(_join(path, f"param_groups.{index}.{key}"), option)

    def _tensors_below(self, path: str, root: Any) -> list[tuple[str, LazyTensor]]:
        found: list[tuple[str, LazyTensor]] = []
        todo: list[tuple[str, Any, int]] = [(_join(path, "state"), root, 0)]
        while todo:
            self._budget.spend(1)
            where, value, depth = todo.pop()
            parts = self.tensors.read(value, where)
            if parts is not None:
                found += [(tensor.name, tensor) for tensor in parts.named(where)]
            elif isinstance(value, (Made, Pairs, list, tuple)) and id(value) not in self._seen and depth < 10:
                self._seen.add(id(value))
                todo.extend((name, item, depth + 1) for name, item in reversed(_children(where, value)))
        return found

    def _nested_tree(self, root: Made | Pairs) -> list[LazyTensor]:
        """The tensors of a tree of mappings (as JAX code writes), empty when ``root`` is no such tree."""
        found: list[LazyTensor] = []
        todo: list[tuple[str, Any, int, Any]] = [("", root, 0, root)]
        seen: set[int] = set()
        deepest = groups = 0
        while todo:
            path, value, depth, parent = todo.pop()
            self._budget.spend(1)
            parts = self.tensors.read(value, path)
            if parts is not None:
                found += parts.named(path)
                continue
            entries = mapping(value) if depth < 20 and id(value) not in seen and id(value) not in self._mixed else None
            if not entries or len(seen) > 100_000 or not all(map(_may_be_tree, entries, entries.values())):
                self._mixed |= {id(parent), id(value)}
                return []
            seen.add(id(value))
            deepest, groups = max(deepest, depth + 1), groups + (depth > 0)
            todo.extend((_join(path, key), item, depth + 1, value) for key, item in reversed(entries.items()))
        return found if deepest >= 3 or (deepest == 2 and groups >= 3) else []

    def _state_dict(self, path: str, tensors: list[LazyTensor]) -> Candidate:
        prefix = strip_prefix(tensors)
        return Candidate(path, "state_dict", tensors, prefix=prefix)

    def _fall_back(self) -> None:
        """Without any model, the loose tensors are what the file is about."""
        if not self.contents.candidates and self.contents.loose:
            tensors, self.contents.loose = self.contents.loose, []
            for tensor in tensors:
                tensor.role = None
            self.contents.candidates.append(self._state_dict("", tensors))


PREFIXES = ("module.", "_orig_mod.", "_fsdp_wrapped_module.", "model.", "_forward_module.")
"""Prefixes that wrappers give to every name."""
_INSIDE = re.compile(r"(?<=\.)(?:_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)\.")


def strip_prefix(tensors: list[LazyTensor]) -> str:
    """Take the wrappers' prefixes, however nested, off all names; returns what was taken off the front."""
    prefix = ""
    while len(prefix) < 200 and tensors:
        common = next((p for p in PREFIXES if all(t.name.startswith(p) and t.name != p for t in tensors)), "")
        if not common:
            break
        prefix += common
        for tensor in tensors:
            tensor.name = tensor.name[len(common) :]
    shorter = [_INSIDE.sub("", tensor.name) for tensor in tensors]
    if len(set(shorter)) == len({tensor.name for tensor in tensors}):
        for tensor, name in zip(tensors, shorter, strict=True):
            tensor.name = name
    return prefix


def _may_be_tree(key: str, value: Any) -> bool:
    return "." not in key and isinstance(value, (Made, Pairs, LazyTensor, Persistent))


def _children(path: str, value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, (list, tuple)):
        return [(_join(path, str(i)), item) for i, item in enumerate(value)]
    if isinstance(value, (Pairs, Made)):
        pairs = value.pairs or ()
        found = [  # a whole optimizer has the parameters themselves as keys
            (_join(path, str(i) if isinstance(key, Made) else key_text(key)), item)
            for i, (key, item) in enumerate(pairs)
        ]
        return found or ([(path, value.state)] if isinstance(value, Made) and value.state is not None else [])
    return []


def _join(path: str, key: str) -> str:
    """The path one key further; long parts are cut, since very many values may share them."""
    return f"{short(path, PATH_LIMIT)}.{short(key, PATH_LIMIT)}" if path else key
