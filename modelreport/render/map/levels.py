"""Edges between neighbouring rows that lead far aside: they run level in the gap, each tensor at a height of its own.

An S-curve that is much wider than high lies nearly flat on what is beside it; two of them can hardly be told apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from modelreport.render.map.column import Column

_STEEP: Final = 1.25
"""How many times as wide as the gap a curve may be."""
_APART: Final = 4.0
"""Between the ends of two level pieces at one height."""
Link = tuple[int, int]
"""Two nodes or bends of neighbouring rows, by their numbers in the column."""


def level_pieces(column: Column) -> dict[Link, float]:
    """Where in the gap, as a share of its height, the level piece of each link lies that is too wide for a curve.

    Links of one source, and those to one target, share a height.
    """
    found: dict[int, dict[Link, None]] = {}
    for link in _links(column):
        found.setdefault(column.made.rank[link[0]], {})[link] = None
    made: dict[Link, float] = {}
    for links in found.values():
        tracks = _tracks(list(links), column.x)
        count = max(tracks.values()) + 1
        made |= {link: (track + 1) / (count + 1) for link, track in tracks.items()}
    return made


def _links(column: Column) -> Iterator[Link]:
    """The links that are too wide for a curve."""
    x, rank = column.x, column.made.rank
    for chain, sided in zip(column.made.chains, column.made.sided, strict=True):
        for a, b in () if sided else pairwise(chain):
            gap = column.tops[rank[b]] - column.bottoms[rank[a]]
            if abs(x[b] - x[a]) > _STEEP * gap and not column.enters_aside(a, b):
                yield a, b


def _tracks(links: list[Link], x: list[float]) -> dict[Link, int]:
    """The height of each link, 0 the highest. Those that begin farther on in their direction are higher: none cross."""
    tracks: dict[Link, int] = {}
    lines: list[list[Link]] = []
    for link in sorted(links, key=lambda link: _order(x[link[0]], x[link[1]])):
        at = next((k for k, line in enumerate(lines) if not any(_clash(link, other, x) for other in line)), len(lines))
        if at == len(lines):
            lines.append([])
        lines[at].append(link)
        tracks[link] = at
    return tracks


def _order(start: float, end: float) -> tuple[bool, float]:
    return end < start, start if end < start else -start


def _clash(one: Link, other: Link, x: list[float]) -> bool:
    """Whether two links would run into each other at one height."""
    if one[0] == other[0] or one[1] == other[1]:
        return False
    (a, b), (c, d) = sorted((x[one[0]], x[one[1]])), sorted((x[other[0]], x[other[1]]))
    return a < d + _APART and c < b + _APART
