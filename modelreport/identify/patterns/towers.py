"""Residual blocks in a row: which follow which, in which stages, and what is in each layer."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from modelreport.identify.patterns.network import Network
from modelreport.identify.patterns.residual import Residual

NEAR = 400
"""Operations looked at for the block before a stage."""


@dataclass
class Tower:
    """Residual blocks of one width, each on top of the one before."""

    residuals: list[Residual]
    tags: list[frozenset[str]] = field(default_factory=list)
    """What is in the branch of each: ``self``, ``cross``, ``mlp``, ``experts``, ``conv``, ``state space`` …"""
    forms: list[object] = field(default_factory=list)
    """The same in more detail: equal for blocks that are told as one."""
    after: int | None = None
    """Index of the tower that this one follows."""

    def having(self, tag: str) -> list[Residual]:
        """Blocks whose branch holds something."""
        return [residual for residual, tags in zip(self.residuals, self.tags, strict=True) if tag in tags]

    @property
    def layers(self) -> int:
        """Layers: blocks that mix tokens where there are such, otherwise repetitions of the same row of blocks."""
        for tag in ("self", "state space", "cross"):
            number = len(self.having(tag))
            if number:
                return number + (len(self.having("state space")) if tag == "self" else 0)
        return len(self.forms) // _period(self.forms)


def _period(forms: list[object]) -> int:
    for period in range(1, min(4, len(forms)) + 1):
        if len(forms) % period == 0 and all(forms[i] == forms[i % period] for i in range(len(forms))):
            return period
    return 1


def build_towers(
    network: Network, residuals: list[Residual], tagged: Mapping[str, Iterable[int]], figures: Mapping[int, object]
) -> list[Tower]:
    """The towers, in the order in which they begin.

    ``tagged`` names operations that tell what a branch holds, ``figures`` what tells branches of one kind apart.
    """
    towers: list[Tower] = []
    home: dict[int, int] = {}
    marks: dict[int, set[str]] = {}
    for tag, members in tagged.items():
        for index in members:
            marks.setdefault(index, set()).add(tag)
    for residual in residuals:
        if residual.skip:
            continue
        before = network.origin(residual.trunk, ("same", "norm", "activation", "scale"))
        place = home.get(before)
        if place is None or not _alike(network, residual.index, before):
            after = place if place is not None else _tower_before(network, residual.trunk, home)
            towers.append(Tower([], after=after))
            place = len(towers) - 1
        inner = {other.index for other in residuals if other.index in residual.branch}
        tags = frozenset(tag for index in residual.branch for tag in marks.get(index, ()))
        home[residual.index] = place
        if not inner:
            towers[place].residuals.append(residual)
            towers[place].tags.append(tags)
            details = [figures[index] for index in sorted(residual.branch) if index in figures]
            towers[place].forms.append((tags, tuple(details)))
    settle_norms(network, towers)
    return towers


def _alike(network: Network, one: int, two: int) -> bool:
    """Whether two blocks give as much, and the same width, though perhaps in another form."""
    first, second = network.out(one), network.out(two)
    return math.prod(first) == math.prod(second) and bool({first[-1], first[1]} & {second[-1], second[1]})


def _tower_before(network: Network, start: int, home: dict[int, int]) -> int | None:
    """The tower of the nearest block that ``start`` is made from."""
    todo = {start}
    seen: set[int] = set()
    while todo and len(seen) < NEAR:
        index = max(todo)
        todo.remove(index)
        if index in home:
            return home[index]
        seen.add(index)
        if index >= 0:
            todo.update(s for s in network.live(index) if s not in seen)
    return None


def settle_norms(network: Network, towers: list[Tower]) -> None:
    """A norm after the sum is part of a block only where the next block starts from it; the last follows the others."""
    for tower in towers:
        trunks = {network.origin(residual.trunk) for residual in tower.residuals}
        proved = [
            residual.norm == "post" and any(reader in trunks for reader in network.ahead(residual.index))
            for residual in tower.residuals
        ]
        for place, residual in enumerate(tower.residuals):
            if residual.norm == "post" and not proved[place] and not (place and proved[place - 1]):
                last = network.origin(residual.end, ("same", "scale"))
                residual.norm = "end" if last >= 0 and network.kinds[last] == "norm" else ""
