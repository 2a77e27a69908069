"""Odd one out: weights unlike those that do the same work at other depths."""

from __future__ import annotations

from modelreport.facts import Message, OddTensor, Report, Skipped, Weights
from modelreport.render import format as text
from modelreport.render.charts.peer_map import WORDS
from modelreport.render.language import _, tell
from modelreport.render.table import Cell, Column, Row, Table
from modelreport.render.weights.part import Part, Told

_MOST_ROWS = 500

_COLUMNS = (
    Column("name", "Tensor", "name"),
    Column("how", "Unlike in"),
    Column("value", "Value", "number"),
    Column("median", "Median of peers", "number"),
    Column("score", "Score", "number", "Distance to its peers in units of their usual spread"),
    Column("peers", "Peers", "number"),
)

_SCORES = (
    "Peers have the same name but for the number of the block, and the same kind of kernel. A score is the smallest of "
    "the distances to the median of all peers, to that of the four nearest, to a line through the nearest (Theil 1950) "
    "and to either neighbour, so that trends and steps over depth are not odd; its unit is 1.4826 times the median "
    "absolute distance (Iglewicz and Hoaglin 1993), at least a fixed share. The first and last of a role, and the "
    "first of a stage, need half as much again. A scale six times and eight spreads from the median of its shape is "
    "odd whatever its neighbours."
)
_FRESH = (
    "Freshly initialised means: mean, kurtosis, nine quantiles and the spread of the rows' norms are those of "
    "independent normal, truncated normal or uniform numbers, and the largest singular value is what such numbers have "
    "(Tracy and Widom 1996), while four in five of its peers are clearly not like that. It takes four layers of a "
    "role, 4,096 values and 32 rows, or all matrices of a block together; depthwise convolutions of normal numbers are "
    "told from 32,768 values on. Layers that were hardly trained, two that were swapped, and one from another model of "
    "the same kind look like their peers and are not found."
)


def context(report: Report, weights: Weights) -> Told | Skipped | None:  # noqa: ARG001 - the signature of every part
    """The map of scores and what is odd."""
    peers = weights.peers
    if isinstance(peers, Skipped):
        return peers
    judged = [role for role in peers.roles if role.judged]
    if not judged and not peers.odd:
        return None
    count = sum(len(role.members) for role in judged)
    return Told(line=_line(peers.odd, count), charts=("peer-map",), tables=_tables(peers.odd), notes=(_SCORES, _FRESH))


def _line(odd: tuple[OddTensor, ...], count: int) -> Message:
    if not odd:
        text_ = "Each of {tensor_count} repeated weights is like the same one at other depths."
        return Message(text=text_, values={"tensor_count": count})
    fresh = sum(bool(each.drawn) or each.statistic == "constant" for each in odd)
    values: dict[str, str | int | float | None] = {"odd_count": len(odd), "fresh_count": fresh, "worst": odd[0].name}
    if len(odd) == 1:
        words = "looks freshly initialised while its peers do not" if fresh else "is unlike its peers at other depths"
        return Message(text=f"{{worst}} {words}.", values=values)
    if fresh == len(odd):
        words = "{odd_count} tensors look freshly initialised while their peers do not, such as {worst}."
    elif fresh:
        words = "{odd_count} tensors are unlike their peers, {fresh_count} of them as if freshly initialised."
    else:
        words = "{odd_count} tensors are unlike their peers at other depths, {worst} the most."
    return Message(text=words, values=values)


def _tables(odd: tuple[OddTensor, ...]) -> tuple[Table, ...]:
    if not odd:
        return ()
    rows = tuple(Row(f"weights-peers-{i}", _cells(each)) for i, each in enumerate(odd[:_MOST_ROWS]))
    caption = _("Unlike their peers")
    if len(odd) > _MOST_ROWS:
        caption = _("Unlike their peers, the first {count} of {total}", count=_MOST_ROWS, total=text.exact(len(odd)))
    return (Table("weights-peers", caption, _COLUMNS, rows, noun=("tensor", "tensors")),)


def _cells(each: OddTensor) -> tuple[Cell, ...]:
    how, median = WORDS.get(each.statistic, each.statistic), _figure(each.median)
    if each.drawn:
        how = f"fresh {each.drawn} numbers by the spread of the rows"
    elif each.statistic == "constant":
        how, median = "one value throughout", Cell(_("not constant"))
    elif each.statistic == "zeros":
        return _row(each, how, Cell(text.share(each.value)), Cell(text.share(each.median)))
    return _row(each, how, _figure(each.value), median)


def _row(each: OddTensor, how: str, value: Cell, median: Cell) -> tuple[Cell, ...]:
    return (
        Cell.name(each.name),
        Cell(tell(how)),
        value,
        median,
        Cell(text.number(each.score)),
        Cell(text.exact(each.peers)),
    )


def _figure(value: float) -> Cell:
    return Cell(text.number(value), f"{value:.8g}")


PART = Part(id="peers", title="Odd one out", context=context, rules=r"W01\d")
