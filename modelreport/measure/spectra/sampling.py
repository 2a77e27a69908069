"""Which weight matrices are decomposed, within an amount of arithmetic: the same ones on every machine."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Literal

from modelreport.measure.spectra import singular
from modelreport.measure.spectra.matrices import Matrix

BUDGET, BUDGET_PER_BYTE, LARGEST_BUDGET = 12e9, 10.0, 160e9
"""Floating-point operations of the sample: so many, more for a large file, never above the last. One processor does the
first in 0.3 to 0.4 s and the last in 5 s, which is less than a third of the time that reading such a file takes."""

LARGEST_SIDE = 4096
"""Shorter side up to which all singular values are computed: 134 MB for the Gram matrix, about 5 s for its values."""


@dataclass(frozen=True)
class Choice:
    """A matrix, and how much is computed of it."""

    matrix: Matrix
    level: Literal["full", "ranks", "largest"]
    """``ranks``: all singular values of a convolution, without those of its kernel positions for the power law."""

    @property
    def cost(self) -> float:
        """Arithmetic, in floating-point operations at the speed of a matrix product."""
        if self.level == "largest":
            return singular.projected_cost(self.matrix)
        whole = singular.full_cost(self.matrix)
        return whole + singular.law_cost(self.matrix) if self.level == "full" else whole


def everything(found: tuple[Matrix, ...]) -> list[Choice]:
    """Every matrix; of those larger than 4096 on both sides the largest singular values."""
    return [Choice(matrix, "full" if matrix.short <= LARGEST_SIDE else "largest") for matrix in found]


def budget_for(read_bytes: int) -> float:
    """Arithmetic that a sample of a file may take."""
    return min(LARGEST_BUDGET, BUDGET + BUDGET_PER_BYTE * read_bytes)


def sample(found: tuple[Matrix, ...], budget: float) -> list[Choice]:
    """As many matrices as the budget has arithmetic for, in the order of the model.

    The roles take turns, in each turn those first that take least, so that as many as possible are seen; in a role the
    first, the last, the middle, then the middles of what lies between. What the budget has no room for is passed over,
    so that smaller ones can follow. A matrix that would take more than a third of the budget is only looked at for its
    largest singular values. What is left then goes to the power laws of convolutions, which take several decompositions
    each.
    """
    chosen: dict[int, Choice] = {}
    left = budget
    for turn in _turns(found):
        usual = {index: _usual(found[index], budget) for index in turn}
        for index in sorted(turn, key=lambda index: usual[index].cost):
            if usual[index].cost <= left:
                chosen[index] = usual[index]
                left -= usual[index].cost
    for index, choice in chosen.items():
        if choice.level == "ranks":
            more = replace(choice, level="full")
            if more.cost - choice.cost <= left:
                chosen[index] = more
                left -= more.cost - choice.cost
    return [chosen[index] for index in sorted(chosen)]


def _usual(matrix: Matrix, budget: float) -> Choice:
    whole, part = Choice(matrix, "ranks" if matrix.kernel > 1 else "full"), Choice(matrix, "largest")
    if whole.cost <= part.cost or (matrix.short <= LARGEST_SIDE and whole.cost <= budget / 3):
        return whole
    return part


def _turns(found: tuple[Matrix, ...]) -> Iterator[list[int]]:
    roles: defaultdict[str, list[int]] = defaultdict(list)
    for index, matrix in enumerate(found):
        roles[matrix.role].append(index)
    turns = zip_longest(*([members[place] for place in spread(len(members))] for members in roles.values()))
    return ([index for index in turn if index is not None] for turn in turns)


def spread(count: int) -> list[int]:
    """The numbers below ``count``: the first, the last, the middle, then the middles of what lies between."""
    places = [0, count - 1] if count > 1 else [0]
    spans = [(0, count - 1)]
    for low, high in spans:  # grows while it is walked: breadth first
        middle = (low + high) // 2
        if low < middle:
            places.append(middle)
            spans += [(low, middle), (middle, high)]
    return places
