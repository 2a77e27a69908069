"""Module trees of all origins in one form: parents before children, in the order of registration."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from modelreport.checkpoint import ModuleNode
from modelreport.facts import Item
from modelreport.identify.attributes import attributes_of

_MANGLE = re.compile(r"\.?___torch_mangle_\d+")
DEEPEST_NAME = 64
"""Parts of a dotted tensor name that become modules; the rest stays one name."""
MOST_MODULES = 200_000
_slots = operator.attrgetter("_parameters", "_modules")


@dataclass(eq=False)
class Node:
    """One module of a tree."""

    path: str
    name: str
    type: str
    type_path: str
    parent: int
    """Index of the parent in the list; -1 for the root."""
    attributes: tuple[Item, ...] = ()
    shared_with: int = -1
    """Index of the node that is the same module object."""


def join(path: str, name: str) -> str:
    """Path of a child."""
    return f"{path}.{name}" if path else name


def class_name(type_path: str) -> str:
    """Last part of a class path; the mangling of TorchScript is taken off."""
    return _MANGLE.sub("", type_path).rpartition(".")[2] or "Module"


@dataclass(frozen=True)
class _Seen:
    """What a tree says of one module."""

    type: str
    type_path: str
    attributes: tuple[Item, ...]
    children: Mapping[str, Any]


def nodes_of_module(module: Any, name: str) -> list[Node]:
    """The tree of an ``nn.Module``. The second place of a shared module is a node without children."""

    def look(item: Any) -> _Seen:
        kind = type(item)
        type_name = str(getattr(item, "original_name", kind.__name__))  # ScriptModules are all of one class
        parameters, modules = _slots(item)
        own = [n for n, p in parameters.items() if p is not None]
        path = f"{kind.__module__}.{kind.__qualname__}"
        return _Seen(type_name, path, attributes_of(type_name, vars(item), own), modules)

    return _walk(module, name, look)


def nodes_of_tree(root: ModuleNode, name: str) -> list[Node]:
    """The tree found in a pickled file; shared modules as in ``nodes_of_module``."""

    def look(item: ModuleNode) -> _Seen:
        kind = class_name(item.type_path)
        own = [n for n, t in item.parameters.items() if t is not None]
        return _Seen(kind, item.type_path, attributes_of(kind, item.attributes, own), item.children)

    return _walk(root, name, look)


def _walk(root: Any, name: str, look: Callable[[Any], _Seen]) -> list[Node]:
    found: list[Node] = []
    first: dict[int, int] = {}
    todo: list[tuple[str, str, int, Any]] = [("", name, -1, root)]
    while todo and len(found) < MOST_MODULES:
        path, own_name, parent, item = todo.pop()
        seen = look(item)
        shared_with = first.setdefault(id(item), len(found))
        again = shared_with < len(found)
        found.append(
            Node(path, own_name, seen.type, seen.type_path, parent, seen.attributes, shared_with if again else -1)
        )
        if not again:
            children = [(join(path, k), k, len(found) - 1, c) for k, c in seen.children.items() if c is not None]
            todo.extend(reversed(children))
    return found


def split_name(name: str) -> list[str]:
    """The modules in a dotted tensor name and its own name, at most ``DEEPEST_NAME`` modules."""
    parts = name.split(".", DEEPEST_NAME)
    if len(parts) > DEEPEST_NAME:
        head, _, last = parts[-1].rpartition(".")
        parts[-1:] = [head, last] if head else [last]
    return parts


def nodes_of_paths(
    paths: Iterable[str], types: Mapping[str, tuple[str, str, tuple[Item, ...]]], name: str
) -> list[Node]:
    """A tree from dotted module paths in natural order; ``types`` has the type, type path and attributes of some.

    Children follow their parent in the order in which they are first named.
    """
    children: dict[str, dict[str, str]] = {"": {}}
    for path in paths:
        at = ""
        for part in split_name(path) if path else ():
            below = join(at, part) if at or part else part
            children[at].setdefault(below, part)
            if below not in children:
                children[below] = {}
            at = below
        if len(children) > MOST_MODULES:
            break
    found: list[Node] = []
    todo = [("", name, -1)]
    while todo:
        path, own_name, parent = todo.pop()
        kind, type_path, attributes = types.get(path, ("", "", ()))
        numbered = children[path] and all(part.isdigit() for part in children[path].values())
        found.append(
            Node(path, own_name, kind or ("Sequential" if numbered else "Module"), type_path, parent, attributes)
        )
        todo.extend((p, part, len(found) - 1) for p, part in reversed(children[path].items()) if p != path)
    return found
