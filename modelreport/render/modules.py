"""The module tree as lines of a table: parents before children, repeated siblings gathered under one line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from modelreport.facts import ModuleFact, Structure

REPEATS: int = 3
"""Equal siblings in a row that are gathered under one ``×N`` line."""
OPEN_LINES: int = 40
"""Lines that an unfolded tree may have before the reader opens more."""


@dataclass(frozen=True)
class Line:
    """One line of the tree: a module, or several equal siblings together."""

    members: tuple[int, ...]
    """Indices in ``Structure.modules``: one module, or the siblings that the line stands for."""
    depth: int
    parent: int
    """Index of the line above it in the tree, -1 for the root's."""
    children: bool

    @property
    def module(self) -> int | None:
        """The module, ``None`` for a line that stands for several."""
        return self.members[0] if len(self.members) == 1 else None


def ordered(structure: Structure) -> list[Line]:
    """Every module once, depth first, each after its parent; three or more equal siblings in a row share a line."""
    below: dict[int, list[int]] = {}
    for index, module in enumerate(structure.modules):
        below.setdefault(module.parent if module.parent < index else -1, []).append(index)
    lines: list[Line] = []
    todo: list[tuple[tuple[int, ...], int, int]] = _grouped(structure.modules, below.get(-1, []), 0, -1)
    while todo:
        members, depth, parent = todo.pop()
        here = len(lines)
        if len(members) > 1:
            lines.append(Line(members, depth, parent, children=True))
            todo.extend(((member,), depth + 1, here) for member in reversed(members))
            continue
        inside = below.get(members[0], [])
        lines.append(Line(members, depth, parent, children=bool(inside)))
        todo.extend(_grouped(structure.modules, inside, depth + 1, here))
    return lines


def _grouped(
    modules: Sequence[ModuleFact], siblings: list[int], depth: int, parent: int
) -> list[tuple[tuple[int, ...], int, int]]:
    """Siblings as lines to be, last first, runs of equal ones together."""
    runs: list[list[int]] = []
    for index in siblings:
        signature = modules[index].signature
        if runs and signature and modules[runs[-1][-1]].signature == signature:
            runs[-1].append(index)
        else:
            runs.append([index])
    together: list[tuple[int, ...]] = []
    for run in runs:
        together.extend([tuple(run)] if len(run) >= REPEATS else [(index,) for index in run])
    return [(members, depth, parent) for members in reversed(together)]


def folded(lines: Sequence[Line]) -> list[bool]:
    """Which lines hide what is below them at first: all repeats, and every line from the depth where it gets long."""
    deepest = max((line.depth for line in lines), default=0)
    best = [line.children and (line.depth >= 1 or len(line.members) > 1) for line in lines]
    for depth in range(2, deepest + 2):
        tried = [line.children and (line.depth >= depth or len(line.members) > 1) for line in lines]
        if _open_lines(lines, tried) > OPEN_LINES:
            break
        best = tried
    return best


def _open_lines(lines: Sequence[Line], closed: Sequence[bool]) -> int:
    visible: list[bool] = []
    for line in lines:
        visible.append(line.parent < 0 or (visible[line.parent] and not closed[line.parent]))
    return sum(visible)
