"""Lines over depth, one for each role: layers that do the same work can be compared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from modelreport.render import format as text
from modelreport.render.charts.partition import thin
from modelreport.render.charts.spec import Line

ROLES: Final = 8
"""Lines that a reader can tell apart."""

DEPTHS: Final = 3
"""Fewer points are no line over depth."""

POINTS: Final = 200
"""Points of one line at most: more of them nobody sees."""

_COLOURS: Final = ("conv", "attention", "activation", "norm", "recurrent", "arithmetic", "linear", "embedding")

Series = tuple[str, Sequence[tuple[float, float, str]]]
"""Name of a line, and its points: x, y and what is said of it."""


def coloured(lines: Iterable[Series]) -> tuple[Line, ...]:
    """The first lines, each thinned and in a colour of its own."""
    return tuple(_line(name, colour, thin(points, POINTS))
                 for (name, points), colour in zip(lines, _COLOURS, strict=False))  # fmt: skip


def _line(name: str, colour: str, points: Sequence[tuple[float, float, str]]) -> Line:
    return Line(
        name=name,
        colour=colour,
        x=tuple(float(x) for x, _, _ in points),
        y=tuple(y for _, y, _ in points),
        hover=tuple(hover for _, _, hover in points),
    )


def short_names(roles: Sequence[str]) -> list[str]:
    """What distinguishes roles: what follows the last index, or the whole where that is not unique or only a number."""
    tails = [
        role.rpartition("#")[2].lstrip("./").removesuffix("weight").rstrip("./").replace(".weight (", " (")
        for role in roles
    ]
    return [
        text.name(tail if re.search(r"[^\W\d_]", tail) and tails.count(tail) == 1 else role, 60)
        for role, tail in zip(roles, tails, strict=True)
    ]
