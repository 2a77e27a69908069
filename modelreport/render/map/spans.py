"""Tall boxes that stand beside several rows: what runs beside a box keeps its usual distances.

The rows after the first of such a box hold *ghosts* of it: the bends of its outgoing edges, made as wide as the box.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from modelreport.render.map.ranks import Rows

_PITCH: Final = 62.0
"""Height of a usual row with the gap below it."""
_TALL: Final = 1.6
"""How many usual rows high a box is at least to stand beside several."""


def choose_spans(heights: Sequence[float], edges: Sequence[tuple[int, int]], rank: Sequence[int]) -> list[int]:
    """How many rows each node stands in: as many as it is high, but no more than what runs beside it has.

    Edges among these nodes go from lower to higher numbers; others lead from and to the borders. ``rank`` is the row of
    each node where all stand in one. Only a box that something leaves can have several: its edges stand for it there.
    """
    count = len(heights)
    spans = [1] * count
    tall = {node for node in range(count) if heights[node] > _TALL * _PITCH} & {a for a, _ in edges}
    if not tall or len(set(rank)) == count:
        return spans
    before, after = [0] * count, [0] * count
    inner = [(a, b) for a, b in edges if a < count and b < count]
    for a, b in sorted(inner, key=lambda edge: edge[1]):
        before[b] |= before[a] | 1 << a
    for a, b in sorted(inner, reverse=True):
        after[a] |= after[b] | 1 << b
    for node in tall:
        beside = {rank[k] for k in range(count) if k != node and not (before[node] | after[node]) >> k & 1}
        spans[node] = max(1, min(round(heights[node] / _PITCH), len(beside)))
    return spans


def find_ghosts(made: Rows, spans: Sequence[int]) -> dict[int, list[int]]:
    """The bends that stand for each box in its further rows: all edges of one source share their bends."""
    found = {}
    for node, span in enumerate(spans):
        ghosts: list[int] = []
        here = node
        while len(ghosts) + 1 < span:
            (here,) = made.down[here]
            ghosts.append(here)
        if ghosts:
            found[node] = ghosts
    return found


def is_clear(made: Rows, ghosts: dict[int, list[int]], x: Sequence[float]) -> bool:
    """Whether every box stands straight over its ghosts, and no edge passes from one side of it to the other."""
    place = {node: number for row in made.rows for number, node in enumerate(row)}
    for node, below in ghosts.items():
        if any(abs(x[ghost] - x[node]) > 0.01 for ghost in below):
            return False
        for a, b in zip([node, *below], below, strict=False):
            for other in made.rows[made.rank[a]]:
                for end in made.down[other]:
                    if end != b and (place[other] < place[a]) != (place[end] < place[b]):
                        return False
    return True


def row_heights(
    rank: Sequence[int], heights: Sequence[float], spans: Sequence[int], between: Sequence[float]
) -> list[float]:
    """The height of each row: of the highest in it, and more where a box that stands in several needs it.

    ``rank``, ``heights`` and ``spans`` are by node, ``between`` is the gap below each row.
    """
    made = [0.0] * (max(row + span for row, span in zip(rank, spans, strict=True)))
    for row, height, span in zip(rank, heights, spans, strict=True):
        if span == 1:
            made[row] = max(made[row], height)
    for row, height, span in zip(rank, heights, spans, strict=True):
        lacking = height - sum(made[row : row + span]) - sum(between[row : row + span - 1])
        if span > 1 and lacking > 0:
            made[row : row + span] = [each + lacking / span for each in made[row : row + span]]
    return made
