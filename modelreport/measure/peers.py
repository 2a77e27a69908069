"""Every tensor against those that do the same work at other depths: which ones are unlike."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from statistics import median_low
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from modelreport.facts import QUANTILES, OddTensor, Peer, PeerRole, Peers, TensorFact, TensorStatistics
from modelreport.measure.drawn import Kind, Likeness, drawn, may_be_fresh, nearest, with_edge
from modelreport.measure.fresh import MOST_OF, among_peers, whole_blocks
from modelreport.measure.related import edge_scores
from modelreport.measure.roles import places
from modelreport.measure.scores import from_near, robust_scores, spread

if TYPE_CHECKING:
    from modelreport.measure.parts import Measured

STATISTICS = ("scale", "centre", "tails", "rows", "zeros")
_SCALE, _ROWS = STATISTICS.index("scale"), STATISTICS.index("rows")

ENOUGH = 6
"""Members of a role from which on they are judged: with fewer, one of them moves the median and the spread."""

THRESHOLD = 8.0
"""Units of the usual spread. Normal residuals would reach 5 once in 1.7 million; what differs from layer to layer in
trained networks has longer tails, and the spread is itself estimated from a few members."""

_ENDS = 1.5
"""The first and the last of a role, and the first of a stage, have other neighbours than the rest: they need this
multiple of the threshold."""

_LEAST = {"scale": 0.06, "centre": 0.03, "tails": 0.1, "rows": 0.25, "zeros": 0.02}
"""Smallest spread over depth that counts as usual, so that equal peers do not make a small difference a large score:
at the threshold the deviation differs by a factor of 1.6, the mean by a quarter of a deviation, the tails by a factor
of 2.2, the spread of the rows by 7, the share of zeros by 0.16."""

_LEAST_SCALE_OF_SHAPES = 0.2
"""The same for scales in a role of several shapes: whether they go with the inputs, the outputs or neither is a matter
of the initialisation."""

_RATIO = 6.0
"""Scale over the median of the peers of one shape from which a layer is odd though its neighbours are as far out: a
trend or a step over depth does not explain it, as it is also ``THRESHOLD`` spreads from that median."""

_ENOUGH_VALUES = 1024
"""Values of a matrix from which on its moments say something."""

_FEWEST_VALUES = 64
"""Values from which on a scale differs by the factor ``_RATIO`` for a reason: its standard error is 1/√(2n), 9 %."""

_FLOATS = frozenset({"float64", "float32", "float16", "bfloat16"})


class Member(NamedTuple):
    """A tensor in its role."""

    fact: TensorFact
    statistics: TensorStatistics
    indices: tuple[int, ...] = ()
    """Every number in its name that tells it from its peers."""
    depth: tuple[int, ...] = ()
    """Those of them that are depths."""


def peers(measured: Measured) -> Peers:
    """Roles of at least three members, each member's scores, and those that are odd; no roles, nothing odd."""
    facts = _weights(measured)
    found = _roles(facts)
    likes = _likes(measured, facts, found)
    values = {role: np.array([_values(m) for m in members], np.float64) for role, members in found.items()}
    judged = [r for r, members in found.items() if len(members) >= ENOUGH and len(members[0].fact.shape) > 1]
    fresh = _fresh(found, likes)
    usual = _usual([values[r] for r in judged if not _is_small(found[r])])
    made, odd = [], []
    for role, members in found.items():
        scores, far = None, dict[int, float]()
        if role in judged:
            scores, far = _scores(values[role], _least(members, usual)), _far(members, values[role])
            for i, score in far.items():
                scores[i, _SCALE] = far[i] = max(score, float(np.nan_to_num(scores[i, _SCALE])), key=abs)
        made.append(_role(role, members, values[role], scores))
        odd += _odd(role, members, values[role], scores, far, fresh)
    odd.sort(key=lambda o: (not o.drawn, o.score is not None, -abs(o.score or 0.0)))
    return Peers(
        statistics=STATISTICS,
        roles=tuple(made),
        odd=tuple(odd),
        drawn=tuple(name for name, like in likes.items() if like.distribution),
        related=tuple(name for name, like in likes.items() if like.related),
        enough=ENOUGH,
        threshold=THRESHOLD,
    )


def _weights(measured: Measured) -> list[Member]:
    """Floating-point parameters in the order of the file, without their depth."""
    statistics = {s.name: s for s in measured.weights.tensors}
    return [
        Member(t, statistics[t.name])
        for t in measured.structure.tensors
        if t.role == "parameter" and t.dtype in _FLOATS and not (t.tied_to or t.scheme) and t.name in statistics
    ]


def _roles(weights: Sequence[Member]) -> dict[str, list[Member]]:
    """Those of one role by depth, roles in the order of the file."""
    place = places((m.fact.name, m.fact.shape) for m in weights)
    roles: defaultdict[str, list[Member]] = defaultdict(list)
    for member in weights:
        if member.fact.name in place:
            where = place[member.fact.name]
            roles[where.role].append(member._replace(indices=where.indices, depth=where.depth))
    return {role: sorted(members, key=lambda m: m.indices) for role, members in roles.items() if len(members) >= 3}


def _likes(measured: Measured, weights: Sequence[Member], roles: Mapping[str, Sequence[Member]]) -> dict[str, Likeness]:
    """What each matrix is like; those that could be fresh, and their peers, by their largest singular value as well."""
    matrices = [m for m in weights if len(m.fact.shape) > 1]
    likes = {m.fact.name: _likeness(m) for m in matrices}
    doubtful = {m.fact.name for m in matrices if may_be_fresh(m.statistics)}
    for members in roles.values():
        mine = {m.fact.name: likes[m.fact.name] for m in members if m.fact.name in likes}
        kinds = {kind for like in mine.values() if (kind := nearest(like)) and like.misfits[kind] <= 1}
        doubtful |= {name for name, like in mine.items() if any(not like.clearly_not(kind) for kind in kinds)}
    scores = edge_scores(measured, doubtful)
    return {name: with_edge(like, scores.get(name)) for name, like in likes.items()}


def _likeness(member: Member) -> Likeness:
    return drawn(member.statistics, rows_spread(member.statistics, math.prod(member.fact.shape[1:])))


def _values(member: Member) -> tuple[float, ...]:
    """The statistics as they are compared, NaN where one means nothing: logarithms of scales and ratios."""
    fact, s = member.fact, member.statistics
    nothing = math.nan
    zeros = s.zeros / s.count if s.count else nothing
    if len(fact.shape) < 2:
        size = s.norm / math.sqrt(s.count) if s.norm and s.count else 0.0
        return (math.log(size) if size else nothing, nothing, nothing, nothing, zeros)
    if s.count < _FEWEST_VALUES or not s.std or s.mean is None:  # constant matrices are told elsewhere
        return (nothing,) * len(STATISTICS)
    inputs = math.prod(fact.shape[1:])
    if s.count < _ENOUGH_VALUES:
        return (math.log(s.std * math.sqrt(inputs)), *(nothing,) * (len(STATISTICS) - 1))
    rows = rows_spread(s, inputs)
    return (
        math.log(s.std * math.sqrt(inputs)),
        s.mean / s.std,
        math.log(tails) if (tails := tail_reach(s)) else nothing,
        math.log(rows) if rows else nothing,
        zeros,
    )


def rows_spread(s: TensorStatistics, inputs: int) -> float | None:
    """How much the norms of the rows differ, over what independent normal values would make them: 1 for those.

    The norm of n independent normal values has a deviation of σ/√2 and a mean of about σ√n, so that the distance of
    the quartiles, 1.349 deviations, is 1.349/√(2n) of the median.
    """
    if s.rows is None or not s.rows.norms[2] or inputs < 2:
        return None
    return (s.rows.norms[3] - s.rows.norms[1]) / s.rows.norms[2] * math.sqrt(2 * inputs) / 1.349


def tail_reach(s: TensorStatistics) -> float | None:
    """How far the tails reach, over what they do for normal values.

    It is the range of 99.8 % of the values over that of their middle half, which is 4.58 for normal values. One value
    far out does not move it, as it does the kurtosis.
    """
    if len(s.quantiles) != len(QUANTILES):
        return None
    low, lower, upper, high = (s.quantiles[QUANTILES.index(q)] for q in (0.001, 0.25, 0.75, 0.999))
    return (high - low) / (upper - lower) / 4.5815 if upper > lower else None


def _raw(statistic: str, value: float, member: Member) -> float:
    """A compared value in the unit that people know: the tensor's own deviation, a ratio."""
    if statistic == "scale":
        inputs = math.prod(member.fact.shape[1:]) if len(member.fact.shape) > 1 else 1
        return math.exp(value) / math.sqrt(inputs)
    return math.exp(value) if statistic in ("tails", "rows") else value


# --- scores ---------------------------------------------------------------------------------------------------------


def _is_small(members: Sequence[Member]) -> bool:
    """Whether some have so few values that only a scale far out says something of them."""
    return any(m.statistics.count < _ENOUGH_VALUES for m in members)


def _usual(roles: Sequence[NDArray[np.float64]]) -> list[float]:
    """The spread over depth that is usual for each statistic: the median of all roles, of each the values.

    A role of six alone tells its spread badly; all roles of the model together tell it well.
    """
    spreads: list[list[float]] = [[] for _ in STATISTICS]
    for values in roles:
        for i, found in enumerate(spreads):
            column = values[:, i]
            column = column[np.isfinite(column)]
            if column.size >= ENOUGH:
                found.append(spread(from_near(column)))
    return [
        max(median_low(found) if found else 0.0, _LEAST[name])  # of two roles one may be spoiled
        for name, found in zip(STATISTICS, spreads, strict=True)
    ]


def _least(members: Sequence[Member], usual: Sequence[float]) -> list[float]:
    """Smallest spread of each statistic for one role."""
    least = list(usual)
    if len({m.fact.shape for m in members}) > 1:
        least[_SCALE] = max(least[_SCALE], _LEAST_SCALE_OF_SHAPES)
    if _is_small(members):
        least[_SCALE] = max(least[_SCALE], math.log(_RATIO) / THRESHOLD)
    return least


def _far(members: Sequence[Member], values: NDArray[np.float64]) -> dict[int, float]:
    """Members whose scale is far from the median of those of their shape, with a score (Iglewicz and Hoaglin 1993).

    Two neighbours that are odd in the same way excuse each other in ``_scores``; here they do not.
    """
    found: dict[int, float] = {}
    for shape in dict.fromkeys(m.fact.shape for m in members):
        which = [i for i, m in enumerate(members) if m.fact.shape == shape and math.isfinite(values[i, _SCALE])]
        if len(which) < ENOUGH:
            continue
        away = values[which, _SCALE] - np.median(values[which, _SCALE])
        scores = away / max(spread(away), math.log(_RATIO) / THRESHOLD)
        found |= {i: float(score) for i, score in zip(which, scores, strict=True) if abs(score) >= THRESHOLD}
    return found


def _scores(values: NDArray[np.float64], usual: Sequence[float]) -> NDArray[np.float64]:
    """Scores of each member (rows) and statistic (columns), NaN where there are too few values."""
    made = np.full(values.shape, math.nan)
    for i, least in enumerate(usual):
        known = np.flatnonzero(np.isfinite(values[:, i]))
        if known.size >= ENOUGH:
            made[known, i] = robust_scores(values[known, i], least)
    return made


# --- what is odd ----------------------------------------------------------------------------------------------------


def _role(
    role: str, members: Sequence[Member], values: NDArray[np.float64], scores: NDArray[np.float64] | None
) -> PeerRole:
    numbers = all(len(m.depth) == 1 for m in members)
    ranks = {depth: i for i, depth in enumerate(dict.fromkeys(m.depth for m in members))}
    made = []
    for i, member in enumerate(members):
        raw = (_finite(_raw(name, values[i, j], member)) for j, name in enumerate(STATISTICS))
        marks = STATISTICS if scores is None else scores[i]
        made.append(
            Peer(
                name=member.fact.name,
                depth=member.depth[0] if numbers else ranks[member.depth],
                values=tuple(raw),
                scores=tuple(None if scores is None else _finite(mark) for mark in marks),
            )
        )
    return PeerRole(role=role, members=tuple(made), count=sum(m.fact.count for m in members), judged=scores is not None)


def _finite(value: object) -> float | None:
    number = float(value) if isinstance(value, float) else math.nan
    return number + 0.0 if math.isfinite(number) else None


def _odd(
    role: str,
    members: Sequence[Member],
    values: NDArray[np.float64],
    scores: NDArray[np.float64] | None,
    far: Mapping[int, float],
    fresh: Mapping[str, Kind],
) -> list[OddTensor]:
    """The members that are unlike the others, each once: freshly drawn, else constant, else by its worst score."""
    found: dict[str, OddTensor] = {}
    for i, member in enumerate(members):
        if member.fact.name in fresh:
            score = None if scores is None else _finite(float(scores[i, _ROWS]))
            odd = _unlike(role, i, members, values, _ROWS, score)
            found[odd.name] = msgspec.structs.replace(odd, drawn=fresh[odd.name])
    alone = _few_constant(members)
    for i, member in enumerate(members):
        name = member.fact.name
        if name in found or len(members) < ENOUGH:
            continue
        if alone and _is_constant(member):
            found[name] = _constant(role, i, members)
        elif i in far:
            found[name] = _unlike(role, i, members, values, _SCALE, far[i])
        elif scores is not None:
            marks = np.nan_to_num(np.abs(scores[i]))
            worst = int(np.argmax(marks))
            if marks[worst] >= THRESHOLD * (_ENDS if _at_end(i, members) else 1.0):
                found[name] = _unlike(role, i, members, values, worst, float(scores[i, worst]))
    return list(found.values())


def _fresh(roles: Mapping[str, Sequence[Member]], likes: Mapping[str, Likeness]) -> dict[str, Kind]:
    """What each matrix that looks freshly drawn among its peers is like, by name: alone, or with all of its block."""
    found: dict[str, Kind] = {}
    series: defaultdict[str, dict[tuple[int, ...], list[Member]]] = defaultdict(dict)
    for role, members in roles.items():
        if len(members[0].fact.shape) < 2:
            continue
        alone = among_peers([likes[member.fact.name] for member in members])
        found |= {members[i].fact.name: kind for i, kind in alone.items()}
        for member in members:
            if likes[member.fact.name].misfits:
                series[role.rpartition("#")[0]].setdefault(member.indices, []).append(member)
    for blocks in series.values():
        usual = Counter(len(block) for block in blocks.values()).most_common(1)[0][0]
        alike = [block for _, block in sorted(blocks.items()) if len(block) == usual]
        for i, kind in whole_blocks([[likes[m.fact.name] for m in block] for block in alike]).items():
            found = {m.fact.name: kind for m in alike[i]} | found
    return found


def _at_end(i: int, members: Sequence[Member]) -> bool:
    return i in (0, len(members) - 1) or members[i].fact.shape != members[i - 1].fact.shape


def _unlike(
    role: str, i: int, members: Sequence[Member], values: NDArray[np.float64], worst: int, score: float | None
) -> OddTensor:
    others = np.delete(values[:, worst], i)
    return OddTensor(
        name=members[i].fact.name,
        role=role,
        statistic=STATISTICS[worst],
        value=_raw(STATISTICS[worst], float(values[i, worst]), members[i]),
        median=_raw(STATISTICS[worst], float(np.nanmedian(others)), members[i]),
        score=score,
        peers=len(members) - 1,
    )


def _is_constant(member: Member) -> bool:
    s = member.statistics
    return s.minimum is not None and s.minimum == s.maximum and s.count > 1


def _few_constant(members: Sequence[Member]) -> bool:
    """Whether hardly any of some vectors has one value throughout, so that those that have are odd.

    Biases of 0 and scales of 1 are like that before training. Constant matrices are told elsewhere.
    """
    if len(members[0].fact.shape) > 1:
        return False
    return sum(not _is_constant(m) for m in members) >= MOST_OF * (len(members) - 1)


def _constant(role: str, i: int, members: Sequence[Member]) -> OddTensor:
    others = [m.statistics.std or 0.0 for m in members if m is not members[i]]
    return OddTensor(
        name=members[i].fact.name,
        role=role,
        statistic="constant",
        value=members[i].statistics.minimum or 0.0,
        median=float(np.median(others)),
        score=None,
        peers=len(members) - 1,
    )
