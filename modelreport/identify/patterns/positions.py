"""What operations prove about positions: causal masks, rotations of queries and keys, tables of relative positions."""

from __future__ import annotations

from modelreport.identify.patterns.network import Network
from modelreport.identify.patterns.words import plain

NEAR = 40
"""Operations looked at between the products of an attention, and between a projection and its product."""


def mask_between(network: Network, first: int, softmax: int) -> str:
    """The mask that is added to (or selects among) the scores of ``first`` before the softmax."""
    scores = network.out(first)
    inside = network.between(first, softmax) or set()
    for index in sorted(inside | {softmax}):
        for source in network.operations[index].sources:
            if source not in inside and source != first and network.out(source)[-2:] == scores[-2:]:
                word = triangle(network, source)
                if word:
                    return word
    return ""


def triangle(network: Network, start: int) -> str:
    """``causal`` where a mask is made by comparing positions or by ``tril``; ``triangular`` for ``triu``."""
    todo = [start]
    seen: set[int] = set()
    while todo and len(seen) < NEAR * 3:
        index = todo.pop()
        if index < 0 or index in seen:
            continue
        seen.add(index)
        operation = network.operations[index]
        if network.kinds[index] == "triangle":
            return "causal" if plain(operation.name).startswith("tril") else "triangular"
        if network.kinds[index] == "compare" and _compares_positions(network, index):
            return "causal"
        if network.kinds[index] in {"linear", "conv", "product", "norm"}:
            continue
        todo.extend(operation.sources)
    return ""


def _compares_positions(network: Network, index: int) -> bool:
    """Key position ≤ query position: the smaller one varies along the last dimension, the other along that before."""
    shapes = [spec.shape for spec in network.operations[index].inputs[:2]]
    if len(shapes) < 2 or any(len(shape) < 2 for shape in shapes):
        return False
    name = plain(network.operations[index].name)
    low, high = shapes if name in {"le", "lt", "less", "lessorequal"} else shapes[::-1]
    return low[-2] == 1 and low[-1] > 1 and high[-1] == 1 and high[-2] == low[-1]


def rotary(network: Network, query: int) -> str:
    """Queries turned by sines and cosines: products with both, or with their turned halves."""
    todo, turned, mixed = [query], set(), False
    seen: set[int] = set()
    while todo and len(seen) < NEAR * 2:
        index = todo.pop()
        if index < 0 or index in seen or network.kinds[index] in {"linear", "conv", "norm", "product", "embedding"}:
            continue
        seen.add(index)
        name = plain(network.operations[index].name)
        if network.kinds[index] == "rotation":
            turned.add(name)
            continue
        if name in {"view_as_complex", "rotaryembedding", "polar"}:
            return "rotary"
        if network.kinds[index] in {"cat", "same"} and _turned_halves(network, index):
            mixed = True
        todo.extend(network.operations[index].sources)
    return "rotary" if {"cos", "sin"} <= turned or mixed else ""


def _turned_halves(network: Network, index: int) -> bool:
    """``cat(-second, first)`` or ``stack(-odd, even)`` of the same values."""
    if plain(network.operations[index].name) not in {"cat", "concat", "stack"}:
        return False
    sources = network.sources[index]
    negated = [s for s in sources if s >= 0 and plain(network.operations[s].name) == "neg"]
    if len(negated) != 1 or len(sources) != 2:
        return False
    bases = {network.origin(s, ("same", "part", "other")) for s in sources}
    return len(bases) == 1


def bias_between(network: Network, first: int, softmax: int) -> str:
    """Scores with a term from a stored table, one for each pair of positions: relative positions."""
    inside = network.between(first, softmax) or set()
    for index in sorted(inside):
        for source in network.operations[index].sources:
            if source < index and source not in inside and source != first and from_table(network, source):
                return "relative"
    return ""


def from_table(network: Network, start: int) -> bool:
    """Whether values come from rows looked up in a stored table by positions alone."""
    todo = [start]
    seen: set[int] = set()
    while todo and len(seen) < NEAR:
        index = todo.pop()
        if index < 0 or index in seen or not network.constant[index]:
            continue
        seen.add(index)
        operation = network.operations[index]
        if plain(operation.name) in {"embedding", "getitem", "index_select", "gather", "gathernd"}:
            shapes = [network.tensors[n].shape for n in operation.parameters if n in network.tensors]
            if any(len(shape) == 2 for shape in shapes):
                return True
        todo.extend(operation.sources)
    return False


def masked_between(network: Network, first: int, softmax: int) -> bool:
    """Whether scores are selected, or get a term that is no table of positions, before the softmax."""
    inside = network.between(first, softmax) or set()
    for index in inside:
        if plain(network.operations[index].name) in {"where", "masked_fill", "setitem"}:
            return True
        for source in network.operations[index].sources:
            if source not in inside and source != first and not from_table(network, source):
                return True
    return False
