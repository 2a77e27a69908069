"""Residual connections: sums of which one side by-passes what the other went through."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from modelreport.identify.patterns.network import Network
from modelreport.identify.patterns.words import plain

Placement = Literal["", "pre", "post", "end", "both"]
"""Where the norm is: first in the branch, after the sum, last in the branch, first and last."""
BUDGET = 3_000_000
"""Steps that all walks together may take, so that odd graphs cost no more than seconds."""
_LAYERS = frozenset({"linear", "conv", "attention", "product", "recurrent", "pool", "norm"})
_SHORT = ("same", "conv", "linear", "norm", "pool", "scale")
_LINEAR = frozenset({"linear", "same", "scale"})
_UPWARD = ("interpolate", "upsample", "resize", "conv_transpose", "convtranspose", "pixel_shuffle", "depthtospace")


@dataclass
class Residual:
    """One sum that closes a by-pass."""

    index: int
    trunk: int
    """What by-passes the branch: an operation, or an input of the model."""
    end: int
    """Last operation of the branch."""
    branch: set[int] = field(default_factory=set)
    projected: bool = False
    """Whether the by-pass itself has a layer, to change width or resolution."""
    norm: Placement = ""
    skip: bool = False
    """Whether it leaps over a way down in resolution and up again."""


def find_residuals(network: Network) -> tuple[list[Residual], bool]:
    """All residual connections in the order of execution, and whether the search came to its end."""
    found: list[Residual] = []
    spent = 0
    for index, kind in enumerate(network.kinds):
        sources = network.sources[index]
        if len(sources) != 2 or spent > BUDGET or plain(network.operations[index].name) not in {"add", "+"}:
            continue
        if any(network.out(source) != network.out(index) for source in sources):
            continue
        for short, long in ((sources[0], sources[1]), (sources[1], sources[0])):
            made, cost = _plain(network, index, short, long)
            spent += cost
            if made is not None:
                break
        else:
            made, cost = _projected(network, index, sources)
            spent += cost
        if made is not None and kind == "scale" and any(other.index in made.branch for other in found):
            made = None  # numbers added again and again, such as positions, not a by-pass
        if made is not None:
            made.skip = any(plain(network.operations[i].name).startswith(_UPWARD) for i in made.branch)
            network.kinds[index] = "add"
            made.norm = _placement(network, made)
            found.append(made)
    return found, spent <= BUDGET


def _plain(network: Network, index: int, short: int, long: int) -> tuple[Residual | None, int]:
    """``x + f(x)``."""
    trunk = network.origin(short)
    if long < 0 or trunk >= long:
        return None, 1
    back = network.behind(long, trunk)
    if back is None or trunk not in back:
        return None, len(back or ()) + 1
    branch = (network.between(trunk, long) or set()) | {long}
    cost = 2 * len(back)
    if not any(network.kinds[i] in _LAYERS for i in branch if i != trunk):
        return None, cost
    return Residual(index, trunk, long, branch), cost


def _projected(network: Network, index: int, sources: tuple[int, ...]) -> tuple[Residual | None, int]:
    """``p(x) + f(x)`` where ``p`` has fewer layers than ``f``."""
    spent = 0
    chains = [_chain(network, source) for source in sources]
    layers = [sum(network.kinds[i] in {"conv", "linear"} for i in chain if i >= 0) for chain in chains]
    for side in sorted((0, 1), key=lambda k: (layers[k], -sources[k])):
        long, passed = sources[1 - side], 0
        for trunk in chains[side][1:]:
            if trunk >= long:
                continue
            back = network.behind(long, trunk)
            spent += len(back or ()) + 1
            if back is None or trunk not in back:
                continue
            branch = (network.between(trunk, long) or set()) | {long}
            passed = sum(network.kinds[i] in {"conv", "linear", "pool"} for i in chains[side] if i > trunk)
            through = sum(network.kinds[i] in {"conv", "linear", "product", "attention"} for i in branch)
            if all(network.kinds[i] in _LINEAR for i in branch):
                return None, spent  # one linear map in two parts, as of a low-rank update
            if passed and through > passed:
                return Residual(index, trunk, long, branch, projected=True), spent
            return None, spent
    return None, spent


def _chain(network: Network, start: int) -> list[int]:
    """Steps back from ``start`` while there is one way only, through what a projecting by-pass is made of."""
    chain = [start]
    while len(chain) < 10 and chain[-1] >= 0 and network.kinds[chain[-1]] in _SHORT:
        sources = network.live(chain[-1])
        if len(sources) != 1:
            break
        chain.append(sources[0])
    return chain


def _placement(network: Network, made: Residual) -> Placement:
    """Where the norm stands, from the data flow alone."""
    begins = [
        i
        for i in made.branch
        if network.kinds[i] not in {"same", "inner"} and any(network.origin(s) == made.trunk for s in network.live(i))
    ]
    first = bool(begins) and all(network.kinds[i] == "norm" for i in begins)
    last = network.origin(made.end, ("same", "scale"))
    ends = last >= 0 and network.kinds[last] == "norm" and last in made.branch
    if first and ends and begins != [last]:
        return "both"
    if first:
        return "pre"
    readers = network.ahead(made.index)
    if readers and made.index not in network.final and len(readers) == 1 and network.kinds[readers[0]] == "norm":
        return "post"
    return "end" if ends else ""
