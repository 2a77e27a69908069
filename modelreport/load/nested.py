"""Values that were saved flat, each with the path to it, as the nested state they came from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from modelreport.load.pickle_values import Pairs

Step = str | int


def nest(values: Iterable[tuple[tuple[Step, ...], Any]]) -> Any:
    """The nested state as a pickle would hold it: mappings, and lists where all keys are indices from 0 on.

    Of two values at one path, or at a path and inside it, the first counts.
    """
    root: dict[Step, Any] = {}
    for path, value in values:
        node: Any = root
        for step in path[:-1]:
            node = node.setdefault(step, {}) if isinstance(node, dict) else None
        if isinstance(node, dict) and path:
            node.setdefault(path[-1], _Leaf(value))
    return _freeze(root)


class _Leaf:
    """A value, told apart from the mappings around it."""

    def __init__(self, value: Any) -> None:
        self.value = value


def _freeze(node: Any) -> Any:
    if isinstance(node, _Leaf):
        return node.value
    if node and list(node) == list(range(len(node))):
        return [_freeze(item) for item in node.values()]
    return Pairs([(key, _freeze(item)) for key, item in node.items()])
