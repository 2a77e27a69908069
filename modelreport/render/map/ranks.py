"""Which row each child of a box stands in, and in what order within the row: the first half of a layered drawing.

After Sugiyama, Tagawa and Toda (1981): longest-path rows, long edges made of invisible bends, rows ordered by
barycentre.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from dataclasses import dataclass, field

MAX_BENDS = 1500
"""Invisible bends of one drawing; with more, long edges run along its side instead."""
_SWEEPS = 8


@dataclass
class Rows:
    """Nodes 0 … ``count``-1 and the bends after them, in rows from top to bottom."""

    count: int
    rank: list[int]
    """Row of each node and bend."""
    rows: list[list[int]]
    up: list[list[int]]
    """Neighbours in the row above, for each node and bend."""
    down: list[list[int]]
    chains: list[list[int]] = field(default_factory=list)
    """For each edge: its source, bends and target."""
    tops: int = 0
    """First in-port among the nodes; ``tops_end`` is one past the last."""
    tops_end: int = 0
    sided: list[bool] = field(default_factory=list)
    """For each edge, whether it runs along the side because there were too many bends."""


def rank_nodes(
    widths: list[float], edges: list[tuple[int, int]], tops: int, bottom: bool, limit: float,
    spans: list[int] | None = None,
) -> list[int]:  # fmt: skip
    """The first row of each node; every edge goes from a lower to a higher number and gets at least one row.

    The first ``tops`` *after* the children (see ``make_rows``) share row 0 alone, the last node has the last row alone
    when ``bottom`` is set. A row is not wider than ``limit`` unless one node is. Children stand in ``spans`` rows.
    """
    total = len(widths)
    children = total - tops - int(bottom)
    spans = [*(spans or [1] * children), *[1] * (total - children)]
    above: list[list[int]] = [[] for _ in range(total)]
    below: list[list[int]] = [[] for _ in range(total)]
    for a, b in edges:
        above[b].append(a)
        below[a].append(b)
    rank = [0] * total
    used: dict[int, float] = {}
    for node in range(children):
        row = max((rank[source] + spans[source] for source in above[node]), default=1 if tops else 0)
        while used.get(row, 0.0) and used[row] + widths[node] > limit:
            row += 1
        for each in range(row, row + spans[node]):
            used[each] = used.get(each, 0.0) + widths[node]
        rank[node] = row
    _sink(rank, above, below, children, tops, spans)
    if bottom:
        rank[-1] = max((rank[node] + spans[node] for node in range(children)), default=1)
    return rank


def _sink(
    rank: list[int], above: list[list[int]], below: list[list[int]], children: int, tops: int, spans: list[int]
) -> None:
    """Pull what depends on nothing (constants and what is made of them) down to where it is used."""
    ports = range(children, children + tops)
    fixed = [False] * len(rank)
    for node in ports:
        fixed[node] = True
    for node in range(children):
        fixed[node] = any(fixed[source] for source in above[node])
    for node in reversed(range(children)):
        users = [rank[user] for user in below[node] if user < children]
        if not fixed[node] and users:
            rank[node] = max(rank[node], min(users) - spans[node])


def is_crowded(rank: list[int], edges: list[tuple[int, int]]) -> bool:
    """Whether there would be more bends than may be, so that long edges have none."""
    bends: dict[int, int] = {}
    for a, b in edges:
        bends[a] = max(bends.get(a, 0), rank[b] - rank[a] - 1)
    return sum(bends.values()) > MAX_BENDS


def make_rows(rank: list[int], edges: list[tuple[int, int]]) -> Rows:
    """Rows with the bends of long edges; edges of one source share their bends."""
    count, crowded = len(rank), is_crowded(rank, edges)
    made = Rows(count, list(rank), [[] for _ in range(max(rank) + 1)], [[] for _ in rank], [[] for _ in rank])
    shared: dict[tuple[int, int], int] = {}
    for a, b in edges:
        sided = crowded and rank[b] - rank[a] > 1
        made.sided.append(sided)
        chain = [a]
        for row in () if sided else range(rank[a] + 1, rank[b]):
            bend = shared.get((a, row))
            if bend is None:
                bend = shared[a, row] = _add_bend(made, row)
                _link(made, chain[-1], bend)
            chain.append(bend)
        if not sided:
            _link(made, chain[-1], b)
        made.chains.append([*chain, b])
    for node, row in enumerate(made.rank):
        made.rows[row].append(node)
    return made


def _add_bend(made: Rows, row: int) -> int:
    made.rank.append(row)
    made.up.append([])
    made.down.append([])
    return len(made.rank) - 1


def _link(made: Rows, a: int, b: int) -> None:
    if b not in made.down[a]:
        made.down[a].append(b)
        made.up[b].append(a)


def order_rows(made: Rows) -> None:
    """Sort each row so that few edges cross; real nodes keep to the left of bends where it costs nothing."""
    if all(len(row) < 2 for row in made.rows):
        return
    best, fewest = [list(row) for row in made.rows], _crossings(made)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        downward = sweep % 2 == 0
        place = _places(made)
        for row in made.rows[1:] if downward else made.rows[-2::-1]:
            near = made.up if downward else made.down
            key = {v: _barycentre([place[u] for u in near[v]], place[v]) for v in row}
            row.sort(key=key.__getitem__)
            for position, node in enumerate(row):
                place[node] = position
        crossings = _crossings(made)
        if crossings < fewest:
            best, fewest = [list(row) for row in made.rows], crossings
    made.rows = best


def _places(made: Rows) -> list[int]:
    place = [0] * len(made.rank)
    for row in made.rows:
        for position, node in enumerate(row):
            place[node] = position
    return place


def _barycentre(places: list[int], own: int) -> float:
    return sum(places) / len(places) if places else own


def _crossings(made: Rows) -> int:
    """Pairs of edges between neighbouring rows that cross."""
    place, total = _places(made), 0
    for row in made.rows:
        seen: list[int] = []
        for node in row:
            ends = sorted(place[below] for below in made.down[node])
            total += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return total
