"""The module tree as lines of a table: parents before children, repeated siblings gathered under one line."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from modelreport.facts import ModuleFact, Structure

REPEATS: int = 3
"""Equal siblings in a row that are gathered under one ``×N`` line."""
LONGEST_PERIOD: int = 4
"""Different siblings that may take turns."""
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
    period: int = 1
    """Siblings in one repetition, where several take turns."""

    @property
    def module(self) -> int | None:
        """The module, ``None`` for a line that stands for several."""
        return self.members[0] if len(self.members) == 1 else None


def ordered(structure: Structure) -> list[Line]:
    """Every module once, depth first, each after its parent.

    Siblings that are repeated three times or more share a line, also where up to four take turns.
    """
    below: dict[int, list[int]] = {}
    inner = {module.parent for module in structure.modules}
    for index, module in enumerate(structure.modules):
        below.setdefault(module.parent if module.parent < index else -1, []).append(index)
    lines: list[Line] = []
    todo: list[tuple[tuple[int, ...], int, int, int]] = _grouped(structure.modules, below.get(-1, []), inner, 0, -1)
    while todo:
        members, depth, parent, period = todo.pop()
        here = len(lines)
        if len(members) > 1:
            lines.append(Line(members, depth, parent, children=True, period=period))
            todo.extend(((member,), depth + 1, here, 1) for member in reversed(members))
            continue
        inside = below.get(members[0], [])
        lines.append(Line(members, depth, parent, children=bool(inside)))
        todo.extend(_grouped(structure.modules, inside, inner, depth + 1, here))
    return lines


def _grouped(
    modules: Sequence[ModuleFact], siblings: list[int], inner: set[int], depth: int, parent: int
) -> list[tuple[tuple[int, ...], int, int, int]]:
    """Siblings as lines to be, last first, runs of equal ones together."""
    signatures = [modules[index].signature for index in siblings]
    # leaves that take turns are what a network is, not a repeat
    blocks = [key if index in inner else "" for index, key in zip(siblings, signatures, strict=True)]
    made: list[tuple[tuple[int, ...], int, int, int]] = []
    place = 0
    while place < len(siblings):
        count, period = run_of(blocks, place)
        if count == 1:
            count, period = run_of(signatures, place, 1)
        made.append((tuple(siblings[place : place + count * period]), depth, parent, period))
        place += count * period
    return made[::-1]


def run_of(keys: Sequence[Hashable], place: int, longest: int = LONGEST_PERIOD) -> tuple[int, int]:
    """Repetitions from ``place`` on, three or more, and how many things are in one: what covers the most.

    Of equal covers the shortest period; ``(1, 1)`` where nothing repeats. An empty key is equal to none.
    """
    best = (1, 1)
    for period in range(1, longest + 1):
        end = place + period
        while end < len(keys) and keys[end] and keys[place] and keys[end] == keys[end - period]:
            end += 1
        count = (end - place) // period
        if count >= REPEATS and count * period > best[0] * best[1]:
            best = (count, period)
    return best


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
