"""How unlike its peers each repeated weight is: a map of depth by role."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from modelreport.facts import OddTensor, Peer, Peers, Report, Skipped
from modelreport.render import format as text
from modelreport.render.charts.spec import Axis, Chart, Heat
from modelreport.render.charts.weight_depth import matrix_roles
from modelreport.render.language import mark

ROLES: Final = 40
COLUMNS: Final = 64

WORDS: Final = {
    "scale": "scale",
    "centre": "mean over deviation",
    "tails": "length of the tails",
    "rows": "spread of the rows",
    "zeros": "share of zeros",
    "constant": "constant",
}
"""The statistics, for people."""


class Cell(NamedTuple):
    """The member of a cell that is most unlike, and by what."""

    member: Peer
    statistic: str
    score: float
    odd: OddTensor | None


def peer_map(report: Report) -> Chart | Skipped:
    """The worst score of each matrix over depth and role; skipped when no layer is repeated often enough."""
    weights = report.weights
    if isinstance(weights, Skipped):
        return weights
    peers = weights.peers
    if isinstance(peers, Skipped):
        return peers
    roles = [(label, role) for label, role in matrix_roles(report, weights) if role.judged]
    if not roles:
        return Skipped(stage="measure", reason=f"No weight is repeated at {peers.enough} depths or more.")
    odd = {each.name: each for each in peers.odd}
    deepest = max(role.members[-1].depth for _, role in roles) + 1
    step = -(-deepest // COLUMNS)
    shown = roles[:ROLES]
    cells = [_cells(peers, role.members, odd, step, -(-deepest // step)) for _, role in shown]
    count = sum(each.name in {m.name for _, role in roles for m in role.members} for each in peers.odd)
    total = sum(len(role.members) for _, role in roles)
    return Chart(
        id="peer-map",
        title=_title(count, total),
        caption=_caption(peers, len(shown), len(roles), step),
        x=Axis(title=mark("depth"), categories=tuple(_column(i, step, deepest) for i in range(-(-deepest // step)))),
        y=Axis(categories=tuple(label for label, _ in shown)),
        layers=(
            Heat(
                levels=tuple(tuple(_level(cell, peers.threshold) for cell in line) for line in cells),
                hover=tuple(tuple(_hover(cell) for cell in line) for line in cells),
                marks=tuple(
                    (_place(part), f"{part * peers.threshold:+g}" if part else "0") for part in (-2, -1, 0, 1, 2)
                ),
            ),
        ),
        header=(mark("Weight"), mark("Most unlike"), mark("By"), mark("Score")),
        rows=tuple(_table_row(label, line) for (label, _), line in zip(shown, cells, strict=True)),
    )


def _title(count: int, total: int) -> str:
    if not count:
        return f"None of {text.exact(total)} weights stands out among those that do the same work"
    words = "weight stands" if count == 1 else "weights stand"
    return f"{text.exact(count)} of {text.exact(total)} {words} out among those that do the same work"


def _caption(peers: Peers, shown: int, total: int, step: int) -> str:
    words = (
        "Each weight against the same one at other depths: its most unlike statistic, in units of the usual spread "
        f"over depth; from ±{peers.threshold:g} on it is odd. What looks freshly initialised among trained ones has "
        "the full colour."
    )
    if shown < total:
        words += f" The {shown} largest of {total}."
    if step > 1:
        words += f" {step} depths in a column, the most unlike of them."
    return words


def _column(index: int, step: int, deepest: int) -> str:
    first, last = index * step, min((index + 1) * step, deepest) - 1
    return str(first) if first == last else f"{first}–{last}"


def _cells(
    peers: Peers, members: tuple[Peer, ...], odd: Mapping[str, OddTensor], step: int, columns: int
) -> list[Cell | None]:
    found: list[Cell | None] = [None] * columns
    for member in members:
        scored = [(abs(s), s, n) for s, n in zip(member.scores, peers.statistics, strict=True) if s is not None]
        each = odd.get(member.name)
        if not scored and each is None:
            continue
        _, score, name = max(scored, default=(0.0, 0.0, ""))
        cell = Cell(member, each.statistic if each else name, score, each)
        have = found[member.depth // step]
        if have is None or _weight(cell) > _weight(have):
            found[member.depth // step] = cell
    return found


def _weight(cell: Cell) -> tuple[bool, float]:
    return cell.odd is not None, abs(cell.score)


def _level(cell: Cell | None, threshold: float) -> float | None:
    if cell is None:
        return None
    if cell.odd is not None and (cell.odd.score is None or cell.odd.drawn):
        return 0.0 if cell.score < 0 else 1.0
    return round(_place(max(-2.0, min(2.0, cell.score / threshold))), 4)


def _place(part: float) -> float:
    return 0.5 + part / 4


def _hover(cell: Cell | None) -> str:
    if cell is None:
        return ""
    name = text.name(cell.member.name, 60)
    if cell.odd is not None and cell.odd.drawn:
        return f"{name}\nlike independent {cell.odd.drawn} random numbers"
    return f"{name}\n{WORDS.get(cell.statistic, cell.statistic)}: score {text.number(cell.score)}"


def _table_row(label: str, line: list[Cell | None]) -> tuple[str, ...]:
    cells = [cell for cell in line if cell is not None]
    if not cells:
        return (label, text.UNKNOWN, text.UNKNOWN, text.UNKNOWN)
    worst = max(cells, key=_weight)
    by = "freshly initialised" if worst.odd is not None and worst.odd.drawn else WORDS.get(worst.statistic, "")
    return (label, text.name(worst.member.name, 60), by, text.number(worst.score))
