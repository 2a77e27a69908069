"""Horizontal places of the nodes of a layered drawing.

Places after Brandes and Köpf, *Fast and Simple Horizontal Coordinate Assignment* (2001), with the block graph of
Brandes, Walter and Zink's correction (2020): long edges are straight, and so is the main path.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from modelreport.render.map.ranks import Rows

_PORT = 1000
"""How much more an in-port counts than a node when the main path is sought."""


@dataclass(frozen=True)
class Gaps:
    """Distances in one drawing; they grow with what stands in it, so that large boxes keep apart at any zoom."""

    node: float = 22.0
    bend: float = 12.0
    row: float = 22.0
    track: float = 7.0
    """Between lines that run beside each other."""

    @classmethod
    def around(cls, sizes: list[float]) -> Gaps:
        """Gaps fit for children whose shorter sides are ``sizes``."""
        large = sorted(sizes)[-1 - len(sizes) // 4] if sizes else 0.0
        factor = max(1.0, min(8.0, large / 150.0))
        return cls(22.0 * factor, 12.0 * factor, 22.0 * factor, 7.0 * factor)


def place_across(
    made: Rows, left: list[float], right: list[float], gaps: Gaps, ghosts: frozenset[int] = frozenset()
) -> list[float]:
    """The x of each node's axis, from 0 at the left edge of the drawing. Extents are measured from the axis.

    ``ghosts`` are bends that keep as far from others as boxes do, being part of one.
    """
    if all(len(row) < 2 for row in made.rows):
        widest = max(left)
        return [widest] * len(made.rank)
    conflicts, weights = _conflicts(made), list(zip(_lengths(made), _readers(made), strict=True))
    up, down = _best(made.up, weights), _best(made.down, weights)
    solid = [node < made.count or node in ghosts for node in range(len(made.rank))]
    results = []
    for downward in (True, False):
        for leftward in (True, False):
            rows = made.rows if downward else made.rows[::-1]
            rows = rows if leftward else [row[::-1] for row in rows]
            sides = (left, right) if leftward else (right, left)
            near, back = (up, down) if downward else (down, up)
            roots = _align(rows, near, back, conflicts)
            xs = _compact(rows, roots, sides[0], sides[1], solid, gaps)
            results.append(xs if leftward else [-x for x in xs])
    return _balance(results, left, right)


def _conflicts(made: Rows) -> set[tuple[int, int]]:
    """Edges that cross a piece of a long edge: those pieces stay straight, these give way."""
    place = _places(made.rows, len(made.rank))
    found: set[tuple[int, int]] = set()
    for row in made.rows[1:]:
        inner = [(place[made.up[v][0]], place[v]) for v in row if v >= made.count and made.up[v][0] >= made.count]
        if not inner:
            continue
        for node in row:
            for above in made.up[node]:
                if node >= made.count and above >= made.count:
                    continue
                a, b = place[above], place[node]
                if any((a - top) * (b - low) < 0 for top, low in inner):
                    found.add((above, node))
    return found


def _places(rows: list[list[int]], total: int) -> list[int]:
    place = [0] * total
    for row in rows:
        for position, node in enumerate(row):
            place[node] = position
    return place


def _lengths(made: Rows) -> list[int]:
    """For each node, how many real nodes the longest way through it has: the main path has the most.

    Ways that begin at an in-port come before ways that begin at a constant.
    """
    up, down = [0] * len(made.rank), [0] * len(made.rank)
    for row in made.rows:
        for node in row:
            first = _PORT if made.tops <= node < made.tops_end else 1
            up[node] = max((up[other] for other in made.up[node]), default=0) + (first if node < made.count else 0)
    for row in made.rows[::-1]:
        for node in row:
            down[node] = max((down[other] for other in made.down[node]), default=0) + (node < made.count)
    return [a + b for a, b in zip(up, down, strict=True)]


def _readers(made: Rows) -> list[int]:
    """For each node, how many real nodes its tensor (the one its bends carry) goes to."""
    readers = [0] * len(made.rank)
    for row in made.rows[::-1]:
        for node in row:
            readers[node] = sum(1 if below < made.count else readers[below] for below in made.down[node])
    return readers


def _best(near: list[list[int]], weights: list[tuple[int, int]]) -> list[list[int]]:
    """For each node, the neighbours it may stand in line with: on the longest way, and read by the fewest."""
    best = []
    for others in near:
        ranks = {other: (weights[other][0], -weights[other][1]) for other in others}
        most = max(ranks.values(), default=(0, 0))
        best.append([other for other, rank in ranks.items() if rank == most])
    return best


def _align(
    rows: list[list[int]], near: list[list[int]], back: list[list[int]], conflicts: set[tuple[int, int]]
) -> list[int]:
    """The first node of each node's vertical block: nodes aligned with the median of the neighbours that suit both."""
    total = len(near)
    place = _places(rows, total)
    root, taken = list(range(total)), [False] * total
    for row in rows:
        last = -1
        for node in row:
            ordered = sorted((other for other in near[node] if node in back[other]), key=place.__getitem__)
            middle = (len(ordered) - 1) // 2, len(ordered) // 2
            for other in {ordered[k]: None for k in middle} if ordered else ():
                clash = (other, node) in conflicts or (node, other) in conflicts
                if root[node] == node and not taken[other] and place[other] > last and not clash:
                    root[node], taken[other], last = root[other], True, place[other]
    return root


def _compact(
    rows: list[list[int]], root: list[int], left: list[float], right: list[float], solid: list[bool], gaps: Gaps
) -> list[float]:
    """Blocks as far left as they go, then pulled right towards their neighbours."""
    total = len(root)
    after: list[dict[int, float]] = [{} for _ in range(total)]
    waiting = [0] * total
    for row in rows:
        for a, b in pairwise(row):
            gap = gaps.node if solid[a] and solid[b] else gaps.bend
            u, v, apart = root[a], root[b], right[a] + gap + left[b]
            if v not in after[u]:
                waiting[v] += 1
            after[u][v] = max(after[u].get(v, 0.0), apart)
    x = [0.0] * total
    order = [node for node in range(total) if root[node] == node and not waiting[node]]
    for node in order:
        for other, apart in after[node].items():
            x[other] = max(x[other], x[node] + apart)
            waiting[other] -= 1
            if not waiting[other]:
                order.append(other)
    for node in reversed(order):
        if after[node]:
            x[node] = max(x[node], min(x[other] - apart for other, apart in after[node].items()))
    return [x[root[node]] for node in range(total)]


def _balance(results: list[list[float]], left: list[float], right: list[float]) -> list[float]:
    """The mean of the two middle ones of the four alignments, shifted onto the narrowest one."""
    bounds = [(_low(xs, left), _high(xs, right)) for xs in results]
    low, high = min(bounds, key=lambda bound: bound[1] - bound[0])
    for number, xs in enumerate(results):
        shift = low - bounds[number][0] if number % 2 == 0 else high - bounds[number][1]
        results[number] = [x + shift for x in xs]
    middle = [sum(sorted(four)[1:3]) / 2 for four in zip(*results, strict=True)]
    start = _low(middle, left)
    return [x - start for x in middle]


def _low(xs: list[float], left: list[float]) -> float:
    return min(x - side for x, side in zip(xs, left, strict=True))


def _high(xs: list[float], right: list[float]) -> float:
    return max(x + side for x, side in zip(xs, right, strict=True))
